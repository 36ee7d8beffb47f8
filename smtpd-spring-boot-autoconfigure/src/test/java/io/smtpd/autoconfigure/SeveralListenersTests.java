package io.smtpd.autoconfigure;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.Principal;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.MeterRegistry;
import io.smtpd.Authenticator;
import io.smtpd.MessageHandler;
import io.smtpd.Peer;
import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.actuate.SmtpServerActuatorAutoConfiguration;
import io.smtpd.autoconfigure.actuate.SmtpServerHealthIndicator;
import io.smtpd.autoconfigure.metrics.SmtpServerMetricsAutoConfiguration;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.mail.MailAuthenticationException;
import org.springframework.mail.MailException;
import org.springframework.mail.SimpleMailMessage;
import org.springframework.mail.javamail.JavaMailSenderImpl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/** What a mail system has, in one process, each with its own port. */
class SeveralListenersTests {

	@TempDir
	static Path folder;

	private static TestCertificate mx;

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(MetricsAutoConfiguration.class,
				SimpleMetricsExportAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
				SslAutoConfiguration.class, SmtpServerAutoConfiguration.class, SmtpServerMetricsAutoConfiguration.class,
				SmtpServerActuatorAutoConfiguration.class))
		.withUserConfiguration(Application.class)
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0", "smtpd.ssl.bundle=mx",
				"smtpd.listeners.submission.port=0", "smtpd.listeners.submission.force-tls=true",
				"smtpd.listeners.submission.auth.required=true", "smtpd.listeners.submissions.port=0",
				"smtpd.listeners.submissions.ssl.mode=implicit", "smtpd.listeners.submissions.auth.required=true",
				"smtpd.listeners.balanced.port=0", "smtpd.listeners.balanced.proxy-protocol.enabled=true",
				"smtpd.listeners.balanced.proxy-protocol.trusted-proxies=127.0.0.0/8,::1",
				"smtpd.listeners.elsewhere.port=0", "smtpd.listeners.elsewhere.proxy-protocol.enabled=true",
				"smtpd.listeners.elsewhere.proxy-protocol.trusted-proxies=192.0.2.1", "smtpd.listeners.delivery.port=0",
				"smtpd.listeners.delivery.protocol=lmtp", "smtpd.listeners.delivery.ssl.bundle=")
		.withPropertyValues(TestCertificate.bundle(folder, "mx"));

	@BeforeAll
	static void makeCertificate() {
		mx = TestCertificate.of("mx", folder).writeTo(folder, "mx");
	}

	@Test
	void eachListenerHasItsPort() {
		this.runner.run((context) -> {
			SmtpServer server = context.getBean(SmtpServer.class);
			assertThat(server.listeners()).containsExactly("default", "submission", "submissions", "balanced",
					"elsewhere", "delivery");
			assertThat(server.listeners()).extracting((name) -> port(context, name)).doesNotHaveDuplicates();
			assertThat(server.listeners())
				.allSatisfy((name) -> assertThat(port(context, name)).isEqualTo(server.localAddress(name).getPort()));
			assertThat(context.getEnvironment().getProperty("local.smtpd.port", Integer.class))
				.isEqualTo(port(context, "default"));
		});
	}

	@Test
	void mailSenderSubmitsWithStartTlsAndPassword() {
		this.runner.run((context) -> {
			JavaMailSenderImpl sender = sender(context, "submission", "alice", "secret");
			sender.getJavaMailProperties().put("mail.smtp.starttls.enable", "true");
			sender.getJavaMailProperties().put("mail.smtp.starttls.required", "true");
			sender.send(message());
			assertDelivered(context, "submission", "alice");
		});
	}

	@Test
	void mailSenderSubmitsWithImplicitTlsAndPassword() {
		this.runner.run((context) -> {
			JavaMailSenderImpl sender = sender(context, "submissions", "alice", "secret");
			sender.getJavaMailProperties().put("mail.smtp.ssl.enable", "true");
			sender.send(message());
			assertDelivered(context, "submissions", "alice");
		});
	}

	@Test
	void mailSenderWithTheWrongPasswordIsRefused() {
		this.runner.run((context) -> {
			JavaMailSenderImpl sender = sender(context, "submissions", "alice", "wrong");
			sender.getJavaMailProperties().put("mail.smtp.ssl.enable", "true");
			assertThatExceptionOfType(MailAuthenticationException.class).isThrownBy(() -> sender.send(message()));
		});
	}

	@Test
	void mailSenderWithoutPasswordCannotSubmit() {
		this.runner.run((context) -> {
			JavaMailSenderImpl sender = sender(context, "submissions", null, null);
			sender.getJavaMailProperties().put("mail.smtp.auth", "false");
			sender.getJavaMailProperties().put("mail.smtp.ssl.enable", "true");
			assertThatExceptionOfType(MailException.class).isThrownBy(() -> sender.send(message()))
				.withMessageContaining("530 5.7.0");
		});
	}

	@Test
	void defaultListenerTakesMailFromAnyone() {
		this.runner.run((context) -> {
			sender(context, "default", null, null).send(message());
			assertDelivered(context, "default", null);
		});
	}

	@Test
	void submissionWithoutTlsIsRefused() {
		this.runner.run((context) -> {
			try (TestClient client = TestClient.connect(port(context, "submission"))) {
				client.reply();
				client.send("EHLO client.example.org");
				assertThat(client.send("AUTH PLAIN " + base64("\0alice\0secret"))).startsWith("530 5.7.0 ");
			}
		});
	}

	@Test
	void listenerBehindABalancerSeesTheClientOfTheHeader() {
		this.runner.run((context) -> {
			try (TestClient client = TestClient.connect(port(context, "balanced"))) {
				client.write("PROXY TCP4 203.0.113.7 192.0.2.25 41022 25");
				assertThat(client.mail("a@example.org", "b@example.org")).startsWith("250 ");
			}
			Peer peer = assertDelivered(context, "balanced", null);
			assertThat(peer.remoteAddress().getAddress().getHostAddress()).isEqualTo("203.0.113.7");
		});
	}

	@Test
	void listenerBehindABalancerRefusesOthers() {
		this.runner.run((context) -> {
			try (TestClient client = TestClient.connect(port(context, "elsewhere"))) {
				assertThat(client.reply()).doesNotStartWith("2");
			}
			await().untilAsserted(() -> assertThat(context.getBean(MeterRegistry.class)
				.get("smtpd.connections")
				.tags("listener", "elsewhere", "outcome", "refused")
				.counter()
				.count()).isEqualTo(1));
		});
	}

	@Test
	void otherListenersDoNotReadAHeader() {
		this.runner.run((context) -> {
			try (TestClient client = TestClient.connect(port(context, "default"))) {
				client.reply();
				assertThat(client.send("PROXY TCP4 203.0.113.7 192.0.2.25 41022 25")).startsWith("500 ");
			}
		});
	}

	/** RFC 2033 §4.1. */
	@Test
	void deliveryListenerSpeaksLmtpWithoutTls() {
		this.runner.run((context) -> {
			try (TestClient client = TestClient.connect(port(context, "delivery"))) {
				client.reply();
				assertThat(client.send("EHLO client.example.org")).startsWith("500 ");
				assertThat(client.send("LHLO client.example.org")).startsWith("250 ");
				assertThat(client.send("STARTTLS")).startsWith("50");
				client.send("MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "RCPT TO:<c@example.org>", "DATA");
				assertThat(client.send("Subject: test\r\n\r\nHello\r\n.")).startsWith("250 ");
				assertThat(client.reply()).startsWith("250 ");
			}
			assertDelivered(context, "delivery", null);
		});
	}

	@Test
	void metricsAndHealthNameEachListener() {
		this.runner.run((context) -> {
			List<String> names = context.getBean(SmtpServer.class).listeners();
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			assertThat(names).allSatisfy(
					(name) -> assertThat(registry.get("smtpd.connections.active").tag("listener", name).gauge().value())
						.isZero());
			Health health = context.getBean(SmtpServerHealthIndicator.class).health();
			assertThat(health.getStatus()).isEqualTo(Status.UP);
			assertThat(health.getDetails()).extractingByKey("listeners")
				.asInstanceOf(InstanceOfAssertFactories.MAP)
				.containsOnlyKeys(names.toArray())
				.containsEntry("submission", Map.of("address", "127.0.0.1", "port", port(context, "submission")));
		});
	}

	private static JavaMailSenderImpl sender(ApplicationContext context, String listener, String username,
			String password) {
		JavaMailSenderImpl sender = new JavaMailSenderImpl();
		sender.setHost("127.0.0.1");
		sender.setPort(port(context, listener));
		Properties properties = sender.getJavaMailProperties();
		properties.put("mail.smtp.ssl.socketFactory", TestCertificate.trusting(mx).getSocketFactory());
		if (username != null) {
			sender.setUsername(username);
			sender.setPassword(password);
			properties.put("mail.smtp.auth", "true");
		}
		return sender;
	}

	private static SimpleMailMessage message() {
		SimpleMailMessage message = new SimpleMailMessage();
		message.setFrom("alice@example.org");
		message.setTo("bob@example.org");
		message.setText("Hello");
		return message;
	}

	private static Peer assertDelivered(ApplicationContext context, String listener, String user) throws Exception {
		Peer peer = context.getBean(Application.class).peers.poll(10, TimeUnit.SECONDS);
		assertThat(peer.listener()).isEqualTo(listener);
		Principal principal = peer.principal();
		assertThat((principal != null) ? principal.getName() : null).isEqualTo(user);
		return peer;
	}

	private static int port(ApplicationContext context, String listener) {
		return context.getEnvironment().getRequiredProperty("local.smtpd." + listener + ".port", Integer.class);
	}

	private static String base64(String text) {
		return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
	}

	@Configuration(proxyBeanMethods = false)
	static class Application {

		final BlockingQueue<Peer> peers = new LinkedBlockingQueue<>();

		@Bean
		MessageHandler inboxHandler() {
			return (peer, envelope) -> this.peers.add(peer);
		}

		@Bean
		Authenticator authenticator() {
			return Authenticator
				.passwords((peer, username, password) -> username.equals("alice") && password.equals("secret"));
		}

	}

}
