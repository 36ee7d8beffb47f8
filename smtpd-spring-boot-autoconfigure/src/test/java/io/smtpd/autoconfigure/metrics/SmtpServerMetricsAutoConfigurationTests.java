package io.smtpd.autoconfigure.metrics;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

import javax.net.ssl.SSLSession;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.smtpd.ConnectionChecker;
import io.smtpd.MessageHandler;
import io.smtpd.Peer;
import io.smtpd.RecipientChecker;
import io.smtpd.SessionListener.AuthOutcome;
import io.smtpd.SessionListener.Limit;
import io.smtpd.SmtpException;
import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.TestClient;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.prometheus.PrometheusMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

class SmtpServerMetricsAutoConfigurationTests {

	private final ApplicationContextRunner server = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(SmtpServerAutoConfiguration.class, SmtpServerMetricsAutoConfiguration.class))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0");

	private final ApplicationContextRunner runner = this.server
		.withConfiguration(AutoConfigurations.of(MetricsAutoConfiguration.class,
				CompositeMeterRegistryAutoConfiguration.class, SimpleMetricsExportAutoConfiguration.class));

	@Test
	void whenThereIsNoRegistryThereAreNoMeters() {
		this.server.run((context) -> assertThat(context).hasSingleBean(SmtpServer.class)
			.doesNotHaveBean(SmtpServerMetrics.class)
			.doesNotHaveBean(SmtpServerMeterBinder.class));
	}

	@Test
	void whenMicrometerIsNotOnTheClasspathThereAreNoMeters() {
		this.server.withClassLoader(new FilteredClassLoader("io.micrometer.core"))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(SmtpServer.class)
				.doesNotHaveBean("smtpServerMetrics"));
	}

	@Test
	void whenServerIsDisabledThereAreNoMeters() {
		this.runner.withPropertyValues("smtpd.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(SmtpServerMetrics.class));
	}

	@Test
	void whenUserHasMetersOursBackOff() {
		this.runner.withBean("mine", SmtpServerMetrics.class, () -> new SmtpServerMetrics(new SimpleMeterRegistry()))
			.run((context) -> {
				assertThat(context).hasSingleBean(SmtpServerMetrics.class);
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					client.reply();
				}
				assertThat(context.getBean(MeterRegistry.class).find("smtpd.connections").meters()).isEmpty();
			});
	}

	@Test
	void metersTellExactlyWhatHappened() {
		this.runner.withUserConfiguration(Callbacks.class).run((context) -> {
			SmtpServer smtpServer = context.getBean(SmtpServer.class);
			try (TestClient client = TestClient.connect(smtpServer)) {
				client.reply();
				client.send("EHLO client.example.org", "NOOP", "NOSUCH", "MAIL FROM:<a@example.org>",
						"RCPT TO:<b@example.org>", "RCPT TO:<c@example.org>", "RCPT TO:<unknown@example.org>", "DATA");
				client.send("Hello\r\n.", "MAIL FROM:<a@example.org>", "RCPT TO:<refused@example.org>", "DATA");
				client.send("Hello\r\n.", "MAIL FROM:<a@example.org>", "RCPT TO:<failing@example.org>", "DATA");
				client.send("Hello\r\n.", "QUIT");
				assertThat(client.reply()).isNull();
			}
			await().until(() -> smtpServer.sessions().isEmpty());
			Map<String, Double> expected = new HashMap<>();
			expected.put("gauge smtpd.connections.active{listener=default}", 0.0);
			expected.put("gauge smtpd.connections.max{listener=default}", 100.0);
			expected.put("counter smtpd.connections{listener=default, outcome=accepted}", 1.0);
			expected.put("timer smtpd.sessions{listener=default, outcome=quit}", 1.0);
			expected.put("timer smtpd.commands{code=250, command=EHLO}", 1.0);
			expected.put("timer smtpd.commands{code=250, command=NOOP}", 1.0);
			expected.put("timer smtpd.commands{code=500, command=unknown}", 1.0);
			expected.put("timer smtpd.commands{code=250, command=MAIL}", 3.0);
			expected.put("timer smtpd.commands{code=250, command=RCPT}", 4.0);
			expected.put("timer smtpd.commands{code=550, command=RCPT}", 1.0);
			expected.put("timer smtpd.commands{code=250, command=DATA}", 1.0);
			expected.put("timer smtpd.commands{code=554, command=DATA}", 1.0);
			expected.put("timer smtpd.commands{code=451, command=DATA}", 1.0);
			expected.put("timer smtpd.commands{code=221, command=QUIT}", 1.0);
			expected.put("timer smtpd.messages{outcome=accepted}", 1.0);
			expected.put("timer smtpd.messages{outcome=rejected}", 1.0);
			expected.put("timer smtpd.messages{outcome=failed}", 1.0);
			expected.put("timer smtpd.messages{outcome=aborted}", 0.0);
			expected.put("summary smtpd.message.size{}", 1.0);
			expected.put("counter smtpd.recipients{outcome=accepted}", 4.0);
			expected.put("counter smtpd.recipients{outcome=rejected}", 1.0);
			for (Limit limit : Limit.values()) {
				expected.put("counter smtpd.limits{reason=" + limit.propertyName() + "}", 0.0);
			}
			assertThat(meters(context.getBean(MeterRegistry.class))).containsExactlyInAnyOrderEntriesOf(expected);
			assertThat(context.getBean(MeterRegistry.class).get("smtpd.message.size").summary().totalAmount())
				.isEqualTo(context.getBean(Callbacks.class).size.get());
		});
	}

	@Test
	void messageThatEndsWithItsConnectionIsAborted() {
		this.runner.run((context) -> {
			try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
				client.begin("a@example.org", "b@example.org").send("DATA");
				client.write("Hello");
			}
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			await().until(() -> registry.find("smtpd.sessions").tag("outcome", "lost").timer() != null);
			assertThat(registry.get("smtpd.messages").tag("outcome", "aborted").timer().count()).isOne();
			assertThat(registry.get("smtpd.message.size").summary().count()).isZero();
		});
	}

	@Test
	void refusedConnectionsAreCounted() {
		this.runner.withBean(ConnectionChecker.class, () -> (peer) -> {
			throw new SmtpException(554, "5.7.1", "No");
		}).run((context) -> {
			try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
				assertThat(client.reply()).startsWith("554 ");
				assertThat(client.reply()).isNull();
			}
			Map<String, Double> meters = meters(context.getBean(MeterRegistry.class));
			assertThat(meters).containsEntry("counter smtpd.connections{listener=default, outcome=refused}", 1.0)
				.containsEntry("timer smtpd.sessions{listener=default, outcome=refused}", 1.0)
				.doesNotContainKey("counter smtpd.connections{listener=default, outcome=accepted}");
		});
	}

	@Test
	void connectionsOverTheLimitAreCountedAndShownByGauges() {
		this.runner.withPropertyValues("smtpd.max-connections=1").run((context) -> {
			SmtpServer smtpServer = context.getBean(SmtpServer.class);
			try (TestClient first = TestClient.connect(smtpServer)) {
				first.reply();
				try (TestClient second = TestClient.connect(smtpServer)) {
					assertThat(second.reply()).startsWith("421 ");
				}
				MeterRegistry registry = context.getBean(MeterRegistry.class);
				await().until(() -> registry.find("smtpd.connections").tag("outcome", "over-limit").counter() != null);
				assertThat(meters(registry))
					.containsEntry("counter smtpd.connections{listener=default, outcome=over-limit}", 1.0)
					.containsEntry("counter smtpd.connections{listener=default, outcome=accepted}", 1.0)
					.containsEntry("counter smtpd.limits{reason=max-connections}", 1.0)
					.containsEntry("gauge smtpd.connections.active{listener=default}", 1.0)
					.containsEntry("gauge smtpd.connections.max{listener=default}", 1.0)
					.doesNotContainKey("timer smtpd.sessions{listener=default, outcome=refused}");
			}
		});
	}

	@Test
	void limitsAreCountedByTheirPropertysName() {
		this.runner.withPropertyValues("smtpd.max-recipients=1").run((context) -> {
			try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
				client.begin("a@example.org", "b@example.org", "c@example.org");
			}
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			assertThat(registry.get("smtpd.limits").tag("reason", "max-recipients").counter().count()).isOne();
		});
	}

	@Test
	void handshakesAndAuthenticationsAreMeasured() {
		SimpleMeterRegistry registry = new SimpleMeterRegistry();
		SmtpServerMetrics metrics = new SmtpServerMetrics(registry);
		Peer clear = new Peer("id", "default", address(), address(), null, Peer.Protocol.SMTP, null, null);
		SSLSession session = mock(SSLSession.class);
		given(session.getProtocol()).willReturn("TLSv1.3");
		Peer secure = new Peer("id", "default", address(), address(), null, Peer.Protocol.SMTP, session, null);
		metrics.tlsHandshake(secure, true, Duration.ofMillis(5));
		metrics.tlsHandshake(clear, false, Duration.ofMillis(7));
		metrics.authenticated(secure, "PLAIN", AuthOutcome.SUCCESS);
		metrics.authenticated(secure, "PLAIN", AuthOutcome.FAILURE);
		metrics.authenticated(secure, "PLAIN", AuthOutcome.FAILURE);
		metrics.authenticated(secure, "unknown", AuthOutcome.ERROR);
		metrics.limitReached(secure, Limit.MAX_AUTH_FAILURES);
		assertThat(meters(registry)).containsEntry("timer smtpd.tls.handshakes{outcome=success, protocol=TLSv1.3}", 1.0)
			.containsEntry("timer smtpd.tls.handshakes{outcome=failure, protocol=none}", 1.0)
			.containsEntry("counter smtpd.auth{mechanism=PLAIN, outcome=success}", 1.0)
			.containsEntry("counter smtpd.auth{mechanism=PLAIN, outcome=failure}", 2.0)
			.containsEntry("counter smtpd.auth{mechanism=unknown, outcome=error}", 1.0)
			.containsEntry("counter smtpd.limits{reason=max-auth-failures}", 1.0);
	}

	@Test
	void prometheusShowsTheMeters() {
		this.server
			.withConfiguration(AutoConfigurations.of(MetricsAutoConfiguration.class,
					CompositeMeterRegistryAutoConfiguration.class, PrometheusMetricsExportAutoConfiguration.class))
			.run((context) -> {
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					client.mail("a@example.org", "b@example.org");
				}
				assertThat(context.getBean(PrometheusMeterRegistry.class).scrape())
					.contains("smtpd_connections_total{listener=\"default\",outcome=\"accepted\"} 1.0")
					.contains("smtpd_messages_seconds_count{outcome=\"accepted\"} 1")
					.contains("smtpd_message_size_bytes_count 1")
					.contains("smtpd_connections_max{listener=\"default\"} 100.0");
			});
	}

	private static InetSocketAddress address() {
		return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
	}

	/** All of ours: the value of counters and gauges, the count of others. */
	private static Map<String, Double> meters(MeterRegistry registry) {
		Map<String, Double> values = new TreeMap<>();
		for (Meter meter : registry.getMeters()) {
			if (meter.getId().getName().startsWith("smtpd.")) {
				assertThat(meter.getId().getDescription()).as(meter.getId().getName()).isNotBlank();
				String tags = meter.getId()
					.getTags()
					.stream()
					.map((tag) -> tag.getKey() + "=" + tag.getValue())
					.collect(Collectors.joining(", ", "{", "}"));
				meter.use((gauge) -> values.put("gauge " + name(gauge) + tags, gauge.value()),
						(counter) -> values.put("counter " + name(counter) + tags, counter.count()),
						(timer) -> values.put("timer " + name(timer) + tags, (double) timer.count()),
						(summary) -> values.put("summary " + name(summary) + tags, (double) summary.count()),
						(other) -> {
						}, (other) -> {
						}, (other) -> {
						}, (other) -> {
						}, (other) -> {
						});
			}
		}
		return values;
	}

	private static String name(Meter meter) {
		return meter.getId().getName();
	}

	@Configuration(proxyBeanMethods = false)
	static class Callbacks {

		final AtomicLong size = new AtomicLong();

		@Bean
		RecipientChecker recipientChecker() {
			return (peer, from, to) -> {
				if (to.startsWith("unknown@")) {
					throw new SmtpException(550, "5.1.1", "No such mailbox");
				}
			};
		}

		@Bean
		MessageHandler messageHandler() {
			return (peer, envelope) -> {
				switch (envelope.recipients().get(0).forwardPath()) {
					case "refused@example.org" -> throw new SmtpException(554, "5.7.1", "No");
					case "failing@example.org" -> throw new IllegalStateException("broken");
					default -> this.size.addAndGet(envelope.size());
				}
			};
		}

	}

}
