package io.smtpd.autoconfigure.metrics;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.MeterRegistry;
import io.smtpd.Authenticator;
import io.smtpd.MessageHandler;
import io.smtpd.SmtpException;
import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.TestClient;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Nothing that clients write makes new meters. With more sessions:
 *
 * <pre>{@code
 * mvn -pl smtpd-spring-boot-autoconfigure -am test -Dtest=CardinalityTests -Dsurefire.failIfNoSpecifiedTests=false -Dsmtpd.cardinality.sessions=10000
 * }</pre>
 */
class CardinalityTests {

	private static final int SESSIONS = Integer.getInteger("smtpd.cardinality.sessions", 300);

	private final Random random = new Random(5321);

	@Test
	void sessionsWithRandomVerbsAddressesAndUsersLeaveTheNumberOfMetersUnchanged() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(SmtpServerAutoConfiguration.class,
					SmtpServerMetricsAutoConfiguration.class, SmtpServerObservationAutoConfiguration.class,
					MetricsAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
					SimpleMetricsExportAutoConfiguration.class, ObservationAutoConfiguration.class))
			.withBean(MessageHandler.class, () -> (peer, envelope) -> {
				if (envelope.reversePath().contains("refuse")) {
					throw new SmtpException(550, "5.7.1", "Not from " + envelope.reversePath());
				}
			})
			.withBean(Authenticator.class,
					() -> Authenticator.passwords((peer, username, password) -> password.equals("right")))
			.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0", "smtpd.auth.allow-without-tls=true")
			.run((context) -> {
				SmtpServer server = context.getBean(SmtpServer.class);
				MeterRegistry registry = context.getBean(MeterRegistry.class);
				session(server);
				await().until(() -> server.sessions().isEmpty());
				Set<String> before = meters(registry);
				assertThat(before).hasSizeGreaterThan(30);
				for (int i = 0; i < SESSIONS; i++) {
					session(server);
				}
				await().until(() -> server.sessions().isEmpty());
				assertThat(meters(registry)).isEqualTo(before);
				assertThat(registry.get("smtpd.sessions").timer().count()).isEqualTo(SESSIONS + 1L);
			});
	}

	private void session(SmtpServer server) {
		try (TestClient client = TestClient.connect(server)) {
			client.reply();
			client.send("EHLO " + word() + ".example.org");
			assertThat(client.send("Z" + word() + " " + word())).startsWith("500 ");
			assertThat(client.send("AUTH Z" + word())).startsWith("504 ");
			assertThat(client.send("AUTH PLAIN " + plain(word(), word()))).startsWith("535 ");
			assertThat(client.send("AUTH PLAIN " + plain(word(), "right"))).startsWith("235 ");
			client.send("NoOp " + word(), "VRFY " + word());
			for (String kind : new String[] { "accept", "refuse" }) {
				client.send("MAIL FROM:<" + kind + word() + "@" + word() + ".example>");
				client.send("RCPT TO:<" + word() + "@" + word() + ".example>", "DATA");
				client.send("Subject: " + word() + "\r\n\r\n" + word() + "\r\n.");
			}
			client.send("QUIT");
		}
	}

	private String word() {
		return this.random.ints(1 + this.random.nextInt(12), 'a', 'z' + 1)
			.mapToObj((letter) -> String.valueOf((char) letter))
			.collect(Collectors.joining());
	}

	private static Set<String> meters(MeterRegistry registry) {
		return registry.getMeters().stream().map((meter) -> meter.getId().toString()).collect(Collectors.toSet());
	}

	private static String plain(String user, String password) {
		return Base64.getEncoder().encodeToString(("\0" + user + "\0" + password).getBytes(StandardCharsets.UTF_8));
	}

}
