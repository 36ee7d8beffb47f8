package io.smtpd.autoconfigure.actuate;

import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Statistic;
import io.smtpd.Authenticator;
import io.smtpd.ConnectionChecker;
import io.smtpd.MessageHandler;
import io.smtpd.RecipientChecker;
import io.smtpd.SmtpException;
import io.smtpd.autoconfigure.TestCertificate;
import io.smtpd.autoconfigure.TestClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** What was sent to a whole application is what meters, health and endpoint tell. */
class ExactCountTests {

	private static final String[] TO_RECIPIENT = { "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA" };

	@TempDir
	Path folder;

	private OperatedApplication application;

	@Test
	void metersHealthAndEndpointTellExactlyWhatWasSent() {
		TestCertificate certificate = TestCertificate.of("mx", this.folder).writeTo(this.folder, "mx");
		String keystore = "spring.ssl.bundle.pem.mx.keystore.";
		try (OperatedApplication started = OperatedApplication.start(Callbacks.class,
				keystore + "certificate=" + this.folder.resolve("mx.crt"),
				keystore + "private-key=" + this.folder.resolve("mx.key"), "smtpd.ssl.bundle=mx",
				"smtpd.max-connections=5", "smtpd.max-message-size=2000B", OperatedApplication.UNRESTRICTED)) {
			this.application = started;
			acceptedRefusedAndFailed();
			aborted();
			tooBig();
			tlsAndAuthentication(certificate);
			brokenHandshake();
			authenticationInClearText();
			overTheLimit();
			refusedByChecker();
			closedByOperator();
			compareMeters();
			compareHealthAndEndpoint();
		}
	}

	private void acceptedRefusedAndFailed() {
		try (TestClient client = this.application.client()) {
			client.send("EHLO client.example.org", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>");
			assertThat(client.send("RCPT TO:<unknown@example.org>")).startsWith("550 ");
			assertThat(client.send("DATA", "Hello\r\n.")).startsWith("250 ");
			client.send("MAIL FROM:<a@example.org>", "RCPT TO:<refused@example.org>", "DATA");
			assertThat(client.send("Hello\r\n.")).startsWith("554 ");
			client.send("MAIL FROM:<>", "RCPT TO:<broken@example.org>", "DATA");
			assertThat(client.send("Hello\r\n.")).startsWith("451 ");
			client.send("NOOP", "NOSUCH", "QUIT");
		}
		ended();
	}

	private void aborted() {
		try (TestClient client = this.application.client()) {
			client.send("EHLO client.example.org");
			client.send(TO_RECIPIENT);
			client.write("cut off");
		}
		ended();
	}

	private void tooBig() {
		try (TestClient client = this.application.client()) {
			client.send("EHLO client.example.org");
			client.send(TO_RECIPIENT);
			assertThat(client.send("0123456789\r\n".repeat(200) + ".")).startsWith("552 ");
			client.send("QUIT");
		}
		ended();
	}

	private void tlsAndAuthentication(TestCertificate certificate) {
		try (TestClient client = this.application.client()) {
			client.send("EHLO client.example.org");
			client.startTls(TestCertificate.trusting(certificate));
			client.send("EHLO client.example.org");
			assertThat(client.send("AUTH PLAIN " + plain("alice", "wrong"))).startsWith("535 ");
			assertThat(client.send("AUTH PLAIN " + plain("broken", "right"))).startsWith("454 ");
			assertThat(client.send("AUTH NOSUCH")).startsWith("504 ");
			assertThat(client.send("AUTH PLAIN " + plain("alice", "right"))).startsWith("235 ");
			client.send(TO_RECIPIENT);
			assertThat(client.send("Hello again\r\n.")).startsWith("250 ");
			JsonNode session = this.application.json("/actuator/smtpd").get("sessions").get(0);
			assertThat(session.get("user").asString()).isEqualTo("alice");
			assertThat(session.get("messages").asInt()).isEqualTo(1);
			client.send("QUIT");
		}
		ended();
	}

	private void brokenHandshake() {
		try (TestClient client = this.application.client()) {
			client.send("EHLO client.example.org", "STARTTLS");
			client.write("this is no handshake, this is no handshake");
			while (client.reply() != null) {
				assertThat(client).isNotNull(); // an alert, then the end
			}
		}
		catch (UncheckedIOException ex) {
			assertThat(ex).hasMessageContaining("reset");
		}
		ended();
	}

	private void authenticationInClearText() {
		try (TestClient client = this.application.client()) {
			client.send("EHLO client.example.org");
			assertThat(client.send("AUTH PLAIN " + plain("alice", "right"))).startsWith("538 ");
			client.send("QUIT");
		}
		ended();
	}

	private void overTheLimit() {
		this.application.post("/actuator/smtpd", "{\"limit\":\"max-connections\",\"value\":1}");
		try (TestClient first = this.application.client();
				TestClient second = TestClient.connect(this.application.server())) {
			assertThat(second.reply()).startsWith("421 4.3.2 ");
			first.send("QUIT");
		}
		ended();
		this.application.post("/actuator/smtpd", "{\"limit\":\"max-connections\",\"value\":5}");
	}

	private void refusedByChecker() {
		AtomicBoolean closed = this.application.bean(Callbacks.class).closed;
		closed.set(true);
		try (TestClient client = TestClient.connect(this.application.server())) {
			assertThat(client.reply()).startsWith("554 ");
		}
		ended();
		closed.set(false);
	}

	private void closedByOperator() {
		try (TestClient client = this.application.client()) {
			client.send("EHLO client.example.org");
			client.send(TO_RECIPIENT);
			String id = this.application.json("/actuator/smtpd").get("sessions").get(0).get("id").asString();
			assertThat(this.application.delete("/actuator/smtpd/" + id).statusCode()).isEqualTo(200);
			assertThat(client.reply()).startsWith("421 4.3.2 ");
		}
		ended();
	}

	private void ended() {
		await().until(() -> this.application.server().sessions().isEmpty());
	}

	private void compareMeters() {
		Map<String, Double> expected = new TreeMap<>();
		expected.put("smtpd.connections.max{listener=default}", 5.0);
		expected.put("smtpd.connections{listener=default, outcome=accepted}", 8.0);
		expected.put("smtpd.connections{listener=default, outcome=over-limit}", 1.0);
		expected.put("smtpd.connections{listener=default, outcome=refused}", 1.0);
		expected.put("smtpd.sessions{listener=default, outcome=quit}", 5.0);
		expected.put("smtpd.sessions{listener=default, outcome=lost}", 1.0);
		expected.put("smtpd.sessions{listener=default, outcome=refused}", 2.0);
		expected.put("smtpd.sessions{listener=default, outcome=shutdown}", 1.0);
		expected.put("smtpd.commands{code=250, command=EHLO}", 8.0);
		expected.put("smtpd.commands{code=250, command=MAIL}", 7.0);
		expected.put("smtpd.commands{code=250, command=RCPT}", 7.0);
		expected.put("smtpd.commands{code=550, command=RCPT}", 1.0);
		expected.put("smtpd.commands{code=250, command=DATA}", 2.0);
		expected.put("smtpd.commands{code=554, command=DATA}", 1.0);
		expected.put("smtpd.commands{code=451, command=DATA}", 1.0);
		expected.put("smtpd.commands{code=552, command=DATA}", 1.0);
		expected.put("smtpd.commands{code=250, command=NOOP}", 1.0);
		expected.put("smtpd.commands{code=500, command=unknown}", 1.0);
		expected.put("smtpd.commands{code=220, command=STARTTLS}", 2.0);
		expected.put("smtpd.commands{code=535, command=AUTH}", 1.0);
		expected.put("smtpd.commands{code=454, command=AUTH}", 1.0);
		expected.put("smtpd.commands{code=504, command=AUTH}", 1.0);
		expected.put("smtpd.commands{code=235, command=AUTH}", 1.0);
		expected.put("smtpd.commands{code=538, command=AUTH}", 1.0);
		expected.put("smtpd.commands{code=221, command=QUIT}", 5.0);
		expected.put("smtpd.messages{outcome=accepted}", 2.0);
		expected.put("smtpd.messages{outcome=rejected}", 2.0);
		expected.put("smtpd.messages{outcome=failed}", 1.0);
		expected.put("smtpd.messages{outcome=aborted}", 2.0);
		expected.put("smtpd.message.size{}", 2.0);
		expected.put("smtpd.recipients{outcome=accepted}", 7.0);
		expected.put("smtpd.recipients{outcome=rejected}", 1.0);
		expected.put("smtpd.auth{mechanism=PLAIN, outcome=success}", 1.0);
		expected.put("smtpd.auth{mechanism=PLAIN, outcome=failure}", 2.0);
		expected.put("smtpd.auth{mechanism=PLAIN, outcome=error}", 1.0);
		expected.put("smtpd.auth{mechanism=unknown, outcome=failure}", 1.0);
		expected.put("smtpd.tls.handshakes{outcome=success, protocol=TLSv1.3}", 1.0);
		expected.put("smtpd.tls.handshakes{outcome=failure, protocol=none}", 1.0);
		expected.put("smtpd.limits{reason=max-connections}", 1.0);
		expected.put("smtpd.limits{reason=max-message-size}", 1.0);
		expected.put("smtpd.handle{error=none, listener=default, outcome=accepted}", 2.0);
		expected.put("smtpd.handle{error=none, listener=default, outcome=rejected}", 1.0);
		expected.put("smtpd.handle{error=IllegalStateException, listener=default, outcome=failed}", 1.0);
		assertThat(nonZeroMeters()).isEqualTo(expected);
		DistributionSummary size = this.application.bean(MeterRegistry.class).get("smtpd.message.size").summary();
		assertThat(size.totalAmount()).isEqualTo(this.application.bean(Callbacks.class).octets.get());
	}

	/** The value of gauges and counters, the count of others. */
	private Map<String, Double> nonZeroMeters() {
		Map<String, Double> values = new TreeMap<>();
		for (Meter meter : this.application.bean(MeterRegistry.class).getMeters()) {
			if (meter.getId().getName().startsWith("smtpd.")) {
				Measurement first = meter.measure().iterator().next();
				assertThat(first.getStatistic()).isIn(Statistic.COUNT, Statistic.VALUE, Statistic.ACTIVE_TASKS);
				values.put(meter.getId().getName() + meter.getId()
					.getTags()
					.stream()
					.map((tag) -> tag.getKey() + "=" + tag.getValue())
					.collect(Collectors.joining(", ", "{", "}")), first.getValue());
			}
		}
		values.values().removeIf((value) -> value == 0);
		return values;
	}

	private void compareHealthAndEndpoint() {
		JsonNode health = this.application.json("/actuator/health").get("components").get("smtpd");
		assertThat(health.get("status").asString()).isEqualTo("UP");
		assertThat(health.get("details").get("connections").asInt()).isZero();
		assertThat(health.get("details").get("maxConnections").asInt()).isEqualTo(5);
		JsonNode shown = this.application.json("/actuator/smtpd");
		assertThat(shown.get("sessions")).isEmpty();
		assertThat(shown.get("listeners").get("default").get("connections").asInt()).isZero();
		Map<String, Long> totals = new TreeMap<>();
		shown.get("totals").properties().forEach((entry) -> totals.put(entry.getKey(), entry.getValue().asLong()));
		long octets = this.application.bean(Callbacks.class).octets.get();
		assertThat(totals).isEqualTo(Map.of("connectionsAccepted", 8L, "connectionsRefused", 2L, "messagesAccepted", 2L,
				"messagesRejected", 2L, "messagesFailed", 1L, "messagesAborted", 2L, "octetsAccepted", octets));
	}

	private static String plain(String user, String password) {
		return Base64.getEncoder().encodeToString(("\0" + user + "\0" + password).getBytes(StandardCharsets.UTF_8));
	}

	@Configuration(proxyBeanMethods = false)
	static class Callbacks {

		final AtomicBoolean closed = new AtomicBoolean();

		final AtomicLong octets = new AtomicLong();

		@Bean
		ConnectionChecker connectionChecker() {
			return (peer) -> {
				if (this.closed.get()) {
					throw new SmtpException(554, "5.7.1", "Closed today");
				}
			};
		}

		@Bean
		RecipientChecker recipientChecker() {
			return (peer, from, to) -> {
				if (to.startsWith("unknown@")) {
					throw new SmtpException(550, "5.1.1", "No such mailbox");
				}
			};
		}

		@Bean
		Authenticator authenticator() {
			return Authenticator.passwords((peer, username, password) -> {
				if (username.equals("broken")) {
					throw new IllegalStateException("no directory");
				}
				return password.equals("right");
			});
		}

		@Bean
		MessageHandler messageHandler() {
			return (peer, envelope) -> {
				switch (envelope.recipients().get(0).forwardPath()) {
					case "refused@example.org" -> throw new SmtpException(554, "5.7.1", "No");
					case "broken@example.org" -> throw new IllegalStateException("broken");
					default -> this.octets.addAndGet(envelope.size());
				}
			};
		}

	}

}
