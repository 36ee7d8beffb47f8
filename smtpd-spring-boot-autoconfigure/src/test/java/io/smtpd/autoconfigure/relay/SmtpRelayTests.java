package io.smtpd.autoconfigure.relay;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.smtpd.Authenticator;
import io.smtpd.MessageHandler;
import io.smtpd.SmtpException;
import io.smtpd.SmtpServer;
import io.smtpd.TlsPolicy;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.TestCertificate;
import io.smtpd.autoconfigure.TestClient;
import jakarta.mail.internet.MimeMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.mail.javamail.JavaMailSenderImpl;
import org.springframework.mail.javamail.MimeMessageHelper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Mail through real sockets: a client, this server in its context, an upstream server.
 */
class SmtpRelayTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner().withConfiguration(AutoConfigurations
		.of(SslAutoConfiguration.class, SmtpServerAutoConfiguration.class, SmtpRelayAutoConfiguration.class));

	@Test
	void messageOfJavaMailSenderArrivesUpstreamOctetForOctetBelowItsTraceLine() {
		try (Upstream upstream = Upstream.start()) {
			this.runner.withPropertyValues(upstream.properties()).run((context) -> {
				JavaMailSenderImpl sender = new JavaMailSenderImpl();
				sender.setHost("127.0.0.1");
				sender.setPort(context.getBean(SmtpServer.class).localAddress().getPort());
				MimeMessage message = sender.createMimeMessage();
				MimeMessageHelper helper = new MimeMessageHelper(message, StandardCharsets.UTF_8.name());
				helper.setFrom("sender@example.org");
				helper.setTo("recipient@example.net");
				helper.setSubject("Relayed");
				helper.setText("Grüße\n.\n..a line that begins with dots\n");

				sender.send(message);

				ByteArrayOutputStream octets = new ByteArrayOutputStream();
				message.writeTo(octets);
				assertThat(upstream.messages()).singleElement()
					.asString()
					.startsWith("Received: from ")
					.endsWith(octets.toString(StandardCharsets.ISO_8859_1));
			});
		}
	}

	@Test
	void clientIsAnsweredOnlyAfterTheUpstreamServerHasAnswered() {
		CountDownLatch arrived = new CountDownLatch(1);
		CountDownLatch released = new CountDownLatch(1);
		try (Upstream upstream = Upstream.start((builder) -> builder.messageHandler(waiting(arrived, released)))) {
			this.runner.withPropertyValues(upstream.properties()).run((context) -> {
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					CompletableFuture<String> reply = send(client);
					assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
					assertThat(reply).isNotDone();
					released.countDown();
					assertThat(reply.get(10, TimeUnit.SECONDS)).startsWith("250 2.0.0 ");
				}
			});
		}
	}

	/** The relay must not be closed while the server still stops. */
	@Test
	void messageUnderWayIsRelayedWhileTheContextIsClosed() {
		CountDownLatch arrived = new CountDownLatch(1);
		CountDownLatch released = new CountDownLatch(1);
		try (Upstream upstream = Upstream.start((builder) -> builder.messageHandler(waiting(arrived, released)))) {
			this.runner.withPropertyValues(upstream.properties()).run((context) -> {
				SmtpServer server = context.getBean(SmtpServer.class);
				try (TestClient client = TestClient.connect(server)) {
					CompletableFuture<String> reply = send(client);
					assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
					ConfigurableApplicationContext closeable = context.getSourceApplicationContext();
					CompletableFuture<Void> closed = CompletableFuture.runAsync(closeable::close,
							SmtpRelayTests::inThreadOfItsOwn);
					await().until(server::isStopping);
					released.countDown();
					assertThat(reply.get(10, TimeUnit.SECONDS)).startsWith("250 2.0.0 ");
					closed.get(10, TimeUnit.SECONDS);
				}
			});
			assertThat(upstream.messages()).hasSize(1);
		}
	}

	@ParameterizedTest
	@CsvSource({ "550, 5.7.1, Not from here", "451, 4.7.1, Come again later", "552, 5.2.2, Full" })
	void refusalOfTheMessageGoesThroughAsItIs(int code, String status, String text) {
		try (Upstream upstream = Upstream.start((builder) -> builder.messageHandler((peer, envelope) -> {
			throw new SmtpException(code, status, text);
		}))) {
			assertThat(replyThrough(upstream)).isEqualTo(code + " " + status + " " + text);
		}
	}

	@Test
	void refusalOfARecipientIsTheReplyToTheMessage() {
		try (Upstream upstream = Upstream.start((builder) -> builder.recipientChecker((peer, from, to) -> {
			throw new SmtpException(550, "5.1.1", "No such mailbox");
		}))) {
			assertThat(replyThrough(upstream)).isEqualTo("550 5.1.1 No such mailbox");
			assertThat(upstream.messages()).isEmpty();
		}
	}

	@Test
	void withVerifyRecipientsTheRefusalIsTheReplyToRcpt() {
		try (Upstream upstream = Upstream.start((builder) -> builder.recipientChecker((peer, from, to) -> {
			if (to.startsWith("nobody")) {
				throw new SmtpException(550, "5.1.1", "No such mailbox");
			}
		}))) {
			this.runner.withPropertyValues(upstream.properties())
				.withPropertyValues("smtpd.relay.verify-recipients=true")
				.run((context) -> {
					try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
						client.begin("a@example.org");
						assertThat(client.send("RCPT TO:<nobody@example.net>")).isEqualTo("550 5.1.1 No such mailbox");
						assertThat(client.send("RCPT TO:<somebody@example.net>")).startsWith("250 ");
						assertThat(send(client, "DATA").get(10, TimeUnit.SECONDS)).startsWith("250 ");
					}
				});
			assertThat(upstream.messages()).hasSize(1);
		}
	}

	@Test
	void whenUpstreamIsDownTheApplicationStartsAndTheClientIsToldToComeAgain() {
		this.runner
			.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0", "smtpd.relay.host=127.0.0.1",
					"smtpd.relay.port=" + Upstream.deadPort(), "smtpd.relay.allowed-networks=127.0.0.1")
			.run((context) -> {
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					assertThat(client.mail("a@example.org", "b@example.net")).startsWith("451 4.4.1 ");
				}
			});
	}

	@Test
	void messageThatAnotherHandlerRefusedIsNotRelayed() {
		try (Upstream upstream = Upstream.start()) {
			this.runner.withPropertyValues(upstream.properties())
				.withBean(MessageHandler.class, () -> (peer, envelope) -> {
					throw new SmtpException(554, "5.7.1", "Spam");
				})
				.run((context) -> {
					try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
						assertThat(client.mail("a@example.org", "b@example.net")).isEqualTo("554 5.7.1 Spam");
					}
				});
			assertThat(upstream.messages()).isEmpty();
		}
	}

	@Test
	void outsiderMayNotRelayUnlessAuthenticated() {
		try (Upstream upstream = Upstream.start()) {
			this.runner.withPropertyValues(upstream.properties())
				.withPropertyValues("smtpd.relay.allowed-networks=10.0.0.0/8,2001:db8::/32",
						"smtpd.auth.allow-without-tls=true")
				.withBean(Authenticator.class,
						() -> Authenticator.passwords((peer, user, password) -> password.equals("secret")))
				.run((context) -> {
					try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
						client.begin("a@example.org");
						assertThat(client.send("RCPT TO:<b@example.net>")).isEqualTo("554 5.7.1 Relay access denied");
						client.send("RSET");
						assertThat(client.send("AUTH PLAIN " + plain("joe", "secret"))).startsWith("235 ");
						client.send("MAIL FROM:<a@example.org>");
						assertThat(client.send("RCPT TO:<b@example.net>")).startsWith("250 ");
					}
				});
		}
	}

	@Test
	void relayAuthenticatesItselfAndSaysItsName() {
		try (Upstream upstream = Upstream.start((builder) -> builder.authRequired(true)
			.authAllowWithoutTls(true)
			.authenticator(Authenticator.passwords((peer, user, password) -> password.equals("secret"))))) {
			String[] credentials = { "smtpd.relay.username=relay", "smtpd.relay.password=secret",
					"smtpd.hostname=relay.example.org" };
			assertThat(replyThrough(upstream, credentials)).startsWith("250 ");
			assertThat(upstream.peers()).singleElement().satisfies((peer) -> {
				assertThat(peer.principal().getName()).isEqualTo("relay");
				assertThat(peer.heloName()).isEqualTo("relay.example.org");
			});
			assertThat(replyThrough(upstream, "smtpd.relay.username=relay", "smtpd.relay.password=wrong"))
				.startsWith("451 4.7.0 ");
			assertThat(replyThrough(upstream, "smtpd.relay.helo-name=[192.0.2.7]", credentials[0], credentials[1]))
				.startsWith("250 ");
			assertThat(upstream.peers().get(1).heloName()).isEqualTo("[192.0.2.7]");
		}
	}

	@Test
	void bundleTellsWhomToTrust(@TempDir Path folder) {
		TestCertificate certificate = TestCertificate.of("upstream", folder).writeTo(folder, "upstream");
		try (Upstream upstream = Upstream.startWith(TlsPolicy.startTls(certificate::context))) {
			assertThat(replyThrough(upstream, "smtpd.relay.tls=required", "smtpd.relay.ssl.bundle=upstream",
					"spring.ssl.bundle.pem.upstream.truststore.certificate=" + folder.resolve("upstream.crt")))
				.startsWith("250 ");
			assertThat(upstream.peers()).singleElement().satisfies((peer) -> assertThat(peer.secure()).isTrue());
			assertThat(replyThrough(upstream)).startsWith("451 4.7.5 ");
			assertThat(replyThrough(upstream, "smtpd.relay.tls=none")).startsWith("250 ");
		}
	}

	private String replyThrough(Upstream upstream, String... properties) {
		String[] reply = new String[1];
		this.runner.withPropertyValues(upstream.properties()).withPropertyValues(properties).run((context) -> {
			try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
				reply[0] = client.mail("a@example.org", "b@example.net");
			}
		});
		return reply[0];
	}

	private static CompletableFuture<String> send(TestClient client) {
		return send(client.begin("a@example.org", "b@example.net"), "DATA");
	}

	private static CompletableFuture<String> send(TestClient client, String data) {
		assertThat(client.send(data)).startsWith("354 ");
		client.write("Subject: test\r\n\r\nHello\r\n.");
		return CompletableFuture.supplyAsync(client::reply, SmtpRelayTests::inThreadOfItsOwn);
	}

	/** The common pool may have one thread only, and that waits for the reply. */
	private static void inThreadOfItsOwn(Runnable task) {
		new Thread(task, "test").start();
	}

	private static MessageHandler waiting(CountDownLatch arrived, CountDownLatch released) {
		return (peer, envelope) -> {
			arrived.countDown();
			assertThat(released.await(10, TimeUnit.SECONDS)).isTrue();
		};
	}

	private static String plain(String username, String password) {
		return Base64.getEncoder().encodeToString(("\0" + username + "\0" + password).getBytes(StandardCharsets.UTF_8));
	}

}
