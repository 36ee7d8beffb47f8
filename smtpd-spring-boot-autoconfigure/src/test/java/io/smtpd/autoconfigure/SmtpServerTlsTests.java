package io.smtpd.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLPeerUnverifiedException;

import io.smtpd.Authenticator;
import io.smtpd.MessageHandler;
import io.smtpd.Peer;
import io.smtpd.SmtpServer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.awaitility.Awaitility.await;

@ExtendWith(OutputCaptureExtension.class)
class SmtpServerTlsTests {

	@TempDir
	static Path folder;

	private static TestCertificate mx;

	private static TestCertificate renewed;

	private static TestCertificate client;

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, SmtpServerAutoConfiguration.class))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0", "smtpd.ssl.bundle=mx")
		.withPropertyValues(TestCertificate.bundle(folder, "mx"));

	@BeforeAll
	static void makeCertificates() {
		mx = TestCertificate.of("mx", folder).writeTo(folder, "mx");
		renewed = TestCertificate.of("renewed", folder);
		client = TestCertificate.of("client", folder).writeTo(folder, "client");
	}

	@Test
	void bundleMakesTheServerOfferStartTls() {
		this.runner.withUserConfiguration(Inbox.class).run((context) -> {
			try (TestClient test = TestClient.connect(port(context.getBean(SmtpServer.class)))) {
				test.reply();
				test.send("EHLO client.example.org");
				assertThat(test.startTls(mx.context()).mailAfterGreeting("a@example.org", "b@example.org"))
					.startsWith("250 2.0.0 ");
				assertThat(test.tls().getPeerCertificates()).containsExactly(mx.certificate());
			}
			Peer peer = context.getBean(Inbox.class).peers.poll(10, TimeUnit.SECONDS);
			assertThat(peer.tls().getProtocol()).isEqualTo("TLSv1.3");
		});
	}

	@Test
	void withoutForceTlsClearTextIsAccepted() {
		this.runner.run((context) -> {
			try (TestClient test = TestClient.connect(context.getBean(SmtpServer.class))) {
				assertThat(test.mail("a@example.org", "b@example.org")).startsWith("250 ");
			}
		});
	}

	/** RFC 3207 §4. */
	@Test
	void withForceTlsClearTextIsRefused() {
		this.runner.withPropertyValues("smtpd.force-tls=true").run((context) -> {
			try (TestClient test = TestClient.connect(context.getBean(SmtpServer.class))) {
				test.reply();
				test.send("EHLO client.example.org");
				assertThat(test.send("MAIL FROM:<a@example.org>")).startsWith("530 5.7.0 ");
				assertThat(test.startTls(mx.context()).mailAfterGreeting("a@example.org", "b@example.org"))
					.startsWith("250 ");
			}
		});
	}

	/** RFC 8314 §3.3; it meets force-tls by itself. */
	@Test
	void withImplicitModeTlsBeginsAtOnce() {
		this.runner.withPropertyValues("smtpd.ssl.mode=implicit", "smtpd.force-tls=true").run((context) -> {
			try (TestClient test = TestClient.connect(port(context.getBean(SmtpServer.class)), mx.context())) {
				assertThat(test.mail("a@example.org", "b@example.org")).startsWith("250 ");
			}
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.2", "TLSv1.3" })
	void protocolsOfTheBundleAreHonoured(String protocol) {
		this.runner
			.withPropertyValues("smtpd.ssl.mode=implicit",
					"spring.ssl.bundle.pem.mx.options.enabled-protocols=" + protocol)
			.run((context) -> {
				try (TestClient test = TestClient.connect(port(context.getBean(SmtpServer.class)), mx.context())) {
					assertThat(test.reply()).startsWith("220 ");
					assertThat(test.tls().getProtocol()).isEqualTo(protocol);
				}
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256" })
	void cipherSuitesOfTheBundleAreHonoured(String suite) {
		this.runner.withPropertyValues("smtpd.ssl.mode=implicit", "spring.ssl.bundle.pem.mx.options.ciphers=" + suite)
			.run((context) -> {
				try (TestClient test = TestClient.connect(port(context.getBean(SmtpServer.class)), mx.context())) {
					assertThat(test.reply()).startsWith("220 ");
					assertThat(test.tls().getCipherSuite()).isEqualTo(suite);
				}
			});
	}

	/** RFC 6066 §3. */
	@Test
	void keyManagerOfTheBundleChoosesTheCertificateByTheNameThatTheClientAsksFor() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(SmtpServerAutoConfiguration.class))
			.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0", "smtpd.ssl.bundle=two",
					"smtpd.ssl.mode=implicit")
			.withBean(SslBundles.class,
					() -> new DefaultSslBundleRegistry("two", TestCertificate.bundleOf(mx, renewed)))
			.run((context) -> {
				int port = port(context.getBean(SmtpServer.class));
				assertThat(servedTo("mx.example.org", port)).isEqualTo(mx.certificate());
				assertThat(servedTo("renewed.example.org", port)).isEqualTo(renewed.certificate());
			});
	}

	@Test
	void byDefaultNoClientCertificateIsAskedFor() {
		assertThat(clientCertificate("smtpd.ssl.client-auth=none")).isNull();
	}

	@Test
	void wantedClientCertificateReachesThePeer() {
		assertThat(clientCertificate("smtpd.ssl.client-auth=want")).isEqualTo(client.certificate());
	}

	@Test
	void neededClientCertificateReachesThePeer() {
		assertThat(clientCertificate("smtpd.ssl.client-auth=need")).isEqualTo(client.certificate());
	}

	@Test
	void withoutTheNeededClientCertificateTheHandshakeFails() {
		trusting("smtpd.ssl.client-auth=need").run((context) -> assertThatException().isThrownBy(() -> {
			try (TestClient test = TestClient.connect(port(context.getBean(SmtpServer.class)),
					TestCertificate.trusting(mx))) {
				assertThat(test.reply()).as("greeting").isNull(); // TLS 1.3 tells late
				throw new IllegalStateException("closed");
			}
		}));
	}

	@Test
	void withoutTheWantedClientCertificateTheSessionGoesOn() {
		trusting("smtpd.ssl.client-auth=want").run((context) -> {
			try (TestClient test = TestClient.connect(port(context.getBean(SmtpServer.class)),
					TestCertificate.trusting(mx))) {
				assertThat(test.reply()).startsWith("220 ");
			}
		});
	}

	/** RFC 4422 appendix A. */
	@Test
	void clientCertificateIsEvidenceForExternal() {
		trusting("smtpd.ssl.client-auth=want")
			.withBean(Authenticator.class,
					() -> Authenticator
						.certificates((peer, certificate) -> certificate.chain().get(0).getSubjectX500Principal()))
			.run((context) -> {
				try (TestClient test = TestClient.connect(port(context.getBean(SmtpServer.class)),
						client.context(mx))) {
					test.reply();
					test.send("EHLO client.example.org");
					assertThat(test.send("AUTH EXTERNAL =")).startsWith("235 2.7.0 ");
				}
			});
	}

	@Test
	void certificateReplacedOnDiskServesTheNextConnectionWhileAnOldSessionFinishesItsMessage(CapturedOutput output) {
		mx.writeTo(folder, "reloaded");
		this.runner.withUserConfiguration(Inbox.class)
			.withPropertyValues(TestCertificate.bundle(folder, "reloaded"))
			.withPropertyValues("smtpd.ssl.bundle=reloaded", "spring.ssl.bundle.pem.reloaded.reload-on-update=true",
					"spring.ssl.bundle.watch.file.quiet-period=100ms")
			.run((context) -> {
				int port = port(context.getBean(SmtpServer.class));
				try (TestClient old = TestClient.connect(port)) {
					old.reply();
					old.send("EHLO client.example.org");
					old.startTls(mx.context());
					old.send("EHLO client.example.org", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA");
					old.write("Subject: half");
					renewed.writeTo(folder, "reloaded");
					await().atMost(Duration.ofSeconds(30))
						.untilAsserted(() -> assertThat(served(port)).isEqualTo(renewed.certificate()));
					assertThat(old.send("\r\nHello\r\n.")).startsWith("250 2.0.0 ");
					assertThat(old.tls().getPeerCertificates()).containsExactly(mx.certificate());
				}
				assertThat(output.getOut())
					.contains("SSL bundle 'reloaded' has changed and serves the next TLS handshake");
			});
	}

	@Test
	void bundleThatBecomesUnusableLeavesTheOneBefore(CapturedOutput output) {
		mx.writeTo(folder, "broken");
		this.runner.withPropertyValues(TestCertificate.bundle(folder, "broken"))
			.withPropertyValues("smtpd.ssl.bundle=broken", "spring.ssl.bundle.pem.broken.reload-on-update=true",
					"spring.ssl.bundle.watch.file.quiet-period=100ms")
			.run((context) -> {
				int port = port(context.getBean(SmtpServer.class));
				Files.writeString(folder.resolve("broken.crt"), "no certificate");
				await().atMost(Duration.ofSeconds(30))
					.untilAsserted(() -> assertThat(output.getOut())
						.contains("SSL bundle 'broken' has changed and cannot be used"));
				assertThat(served(port)).isEqualTo(mx.certificate());
			});
	}

	private Certificate clientCertificate(String property) {
		BlockingQueue<Peer> peers = new LinkedBlockingQueue<>();
		trusting(property).withBean(MessageHandler.class, () -> (peer, envelope) -> peers.add(peer)).run((context) -> {
			try (TestClient test = TestClient.connect(port(context.getBean(SmtpServer.class)), client.context(mx))) {
				assertThat(test.mail("a@example.org", "b@example.org")).startsWith("250 ");
			}
		});
		try {
			return peers.remove().tls().getPeerCertificates()[0];
		}
		catch (SSLPeerUnverifiedException ex) {
			return null;
		}
	}

	/** A server that speaks TLS at once and knows the client's certificate. */
	private ApplicationContextRunner trusting(String property) {
		return this.runner.withPropertyValues("smtpd.ssl.mode=implicit", property,
				"spring.ssl.bundle.pem.mx.truststore.certificate=" + folder.resolve("client.crt"));
	}

	/** What a new connection is shown. */
	private static Certificate served(int port) throws Exception {
		try (TestClient test = TestClient.connect(port)) {
			test.reply();
			test.send("EHLO client.example.org");
			test.startTls(TestCertificate.trusting(mx, renewed));
			return test.tls().getPeerCertificates()[0];
		}
	}

	private static Certificate servedTo(String name, int port) throws Exception {
		try (TestClient test = TestClient.connect(port, TestCertificate.trusting(mx, renewed),
				List.of(new SNIHostName(name)))) {
			assertThat(test.reply()).startsWith("220 ");
			return test.tls().getPeerCertificates()[0];
		}
	}

	private static int port(SmtpServer server) {
		return server.localAddress().getPort();
	}

	@Configuration(proxyBeanMethods = false)
	static class Inbox {

		final BlockingQueue<Peer> peers = new LinkedBlockingQueue<>();

		@Bean
		MessageHandler inboxHandler() {
			return (peer, envelope) -> this.peers.add(peer);
		}

	}

}
