package io.smtpd.autoconfigure.metrics;

import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

import io.micrometer.common.KeyValues;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import io.micrometer.tracing.Tracer;
import io.smtpd.Envelope;
import io.smtpd.MessageHandler;
import io.smtpd.Peer;
import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.TestClient;
import io.smtpd.autoconfigure.metrics.SmtpServerObservation.HighCardinality;
import io.smtpd.autoconfigure.metrics.SmtpServerObservation.LowCardinality;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.micrometer.tracing.autoconfigure.MicrometerTracingAutoConfiguration;
import org.springframework.boot.micrometer.tracing.brave.autoconfigure.BraveAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

class SmtpHandleTracingTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(SmtpServerAutoConfiguration.class, SmtpServerObservationAutoConfiguration.class))
		.withBean(Handler.class)
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0");

	@Test
	void whatAHandlerLogsCarriesTheIdsOfTraceAndSession() {
		AtomicReference<Map<String, String>> mdc = new AtomicReference<>();
		AtomicReference<String> trace = new AtomicReference<>();
		this.runner
			.withConfiguration(AutoConfigurations.of(ObservationAutoConfiguration.class,
					MicrometerTracingAutoConfiguration.class, BraveAutoConfiguration.class))
			.withPropertyValues("management.tracing.sampling.probability=1")
			.run((context) -> {
				Tracer tracer = context.getBean(Tracer.class);
				context.getBean(Handler.class).action = () -> {
					mdc.set(MDC.getCopyOfContextMap());
					trace.set(tracer.currentSpan().context().traceId());
				};
				String reply = mail(context);
				String envelopeId = reply.substring(reply.lastIndexOf(' ') + 1);
				assertThat(mdc.get()).containsEntry("traceId", trace.get())
					.containsKey("spanId")
					.containsEntry("smtpd.session", envelopeId.split("\\.")[0])
					.containsKey("smtpd.peer");
				assertThat(trace.get()).hasSize(32);
			});
	}

	@Test
	void keysAreTheDocumentedOnesLowAndHighApart() {
		TestObservationRegistry registry = TestObservationRegistry.create();
		this.runner.withBean(ObservationRegistry.class, () -> registry).run((context) -> {
			String reply = mail(context);
			String envelopeId = reply.substring(reply.lastIndexOf(' ') + 1);
			TestObservationRegistryAssert.assertThat(registry)
				.hasSingleObservationThat()
				.hasNameEqualTo("smtpd.handle")
				.hasContextualNameEqualTo("smtpd handle")
				.hasOnlyKeys("listener", "outcome", "smtpd.envelope.id", "smtpd.session.id", "smtpd.message.size",
						"smtpd.recipients")
				.hasLowCardinalityKeyValue(LowCardinality.LISTENER.asString(), "default")
				.hasLowCardinalityKeyValue(LowCardinality.OUTCOME.asString(), "accepted")
				.hasHighCardinalityKeyValue(HighCardinality.ENVELOPE_ID.asString(), envelopeId)
				.hasHighCardinalityKeyValue(HighCardinality.SESSION_ID.asString(), envelopeId.split("\\.")[0])
				.hasHighCardinalityKeyValue(HighCardinality.RECIPIENTS.asString(), "1");
		});
		assertThat(SmtpServerObservation.HANDLE.getDefaultConvention())
			.isEqualTo(DefaultSmtpHandleObservationConvention.class);
		assertThat(SmtpServerObservation.HANDLE.getLowCardinalityKeyNames()).isEqualTo(LowCardinality.values());
		assertThat(SmtpServerObservation.HANDLE.getHighCardinalityKeyNames()).isEqualTo(HighCardinality.values());
	}

	@Test
	void conventionOfTheApplicationTakesThePlaceOfOurs() {
		TestObservationRegistry registry = TestObservationRegistry.create();
		this.runner.withBean(ObservationRegistry.class, () -> registry)
			.withBean(SmtpHandleObservationConvention.class, OwnConvention::new)
			.run((context) -> {
				mail(context);
				TestObservationRegistryAssert.assertThat(registry)
					.hasSingleObservationThat()
					.hasNameEqualTo("inbox.store")
					.hasLowCardinalityKeyValue("tenant", "example.org")
					.doesNotHaveLowCardinalityKeyValueWithKey("listener");
			});
	}

	private String mail(AssertableApplicationContext context) {
		try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
			String reply = client.mail("a@example.org", "b@example.org");
			assertThat(reply).startsWith("250 2.0.0 ");
			return reply;
		}
	}

	static final class Handler implements MessageHandler {

		volatile Runnable action = () -> {
		};

		@Override
		public void handle(Peer peer, Envelope envelope) {
			this.action.run();
		}

	}

	static final class OwnConvention implements SmtpHandleObservationConvention {

		@Override
		public String getName() {
			return "inbox.store";
		}

		@Override
		public KeyValues getLowCardinalityKeyValues(SmtpHandleContext context) {
			String recipient = context.envelope().recipients().get(0).forwardPath();
			return KeyValues.of("tenant", recipient.substring(recipient.indexOf('@') + 1));
		}

	}

}
