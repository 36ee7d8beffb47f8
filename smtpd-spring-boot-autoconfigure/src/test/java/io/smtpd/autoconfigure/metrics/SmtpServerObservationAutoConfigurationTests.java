package io.smtpd.autoconfigure.metrics;

import java.util.concurrent.atomic.AtomicReference;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import io.smtpd.MessageHandler;
import io.smtpd.SmtpException;
import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.TestClient;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

class SmtpServerObservationAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(SmtpServerAutoConfiguration.class, SmtpServerObservationAutoConfiguration.class))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0");

	@Test
	void whenThereIsNoRegistryHandlersAreNotObserved() {
		this.runner.run((context) -> assertThat(context).hasSingleBean(SmtpServer.class)
			.doesNotHaveBean(ObservedMessageHandlers.class));
	}

	@Test
	void whenObservationIsNotOnTheClasspathHandlersAreNotObserved() {
		this.runner.withClassLoader(new FilteredClassLoader(ObservationRegistry.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(SmtpServer.class)
				.doesNotHaveBean("observedMessageHandlers"));
	}

	@Test
	void registryOfSpringBootIsFound() {
		this.runner.withConfiguration(AutoConfigurations.of(ObservationAutoConfiguration.class))
			.run((context) -> assertThat(context).hasSingleBean(ObservedMessageHandlers.class));
	}

	@Test
	void handlersRunInsideTheObservation() {
		AtomicReference<Observation> current = new AtomicReference<>();
		TestObservationRegistry registry = TestObservationRegistry.create();
		observe(registry, (peer, envelope) -> current.set(registry.getCurrentObservation()), "250 ");
		assertThat(current.get().getContext().getName()).isEqualTo("smtpd.handle");
		TestObservationRegistryAssert.assertThat(registry)
			.hasSingleObservationThat()
			.hasNameEqualTo("smtpd.handle")
			.hasBeenStarted()
			.hasBeenStopped()
			.hasLowCardinalityKeyValue("listener", "default")
			.hasLowCardinalityKeyValue("outcome", "accepted")
			.hasHighCardinalityKeyValueWithKey("smtpd.envelope.id")
			.doesNotHaveError();
	}

	@Test
	void refusalIsAnOutcomeAndNoError() {
		TestObservationRegistry registry = TestObservationRegistry.create();
		observe(registry, (peer, envelope) -> {
			throw new SmtpException(554, "5.7.1", "No");
		}, "554 5.7.1 No");
		TestObservationRegistryAssert.assertThat(registry)
			.hasSingleObservationThat()
			.hasLowCardinalityKeyValue("outcome", "rejected")
			.doesNotHaveError()
			.hasBeenStopped();
	}

	@Test
	void failureOfAHandlerIsAnError() {
		TestObservationRegistry registry = TestObservationRegistry.create();
		observe(registry, (peer, envelope) -> {
			throw new IllegalStateException("broken");
		}, "451 4.3.0 ");
		TestObservationRegistryAssert.assertThat(registry)
			.hasSingleObservationThat()
			.hasLowCardinalityKeyValue("outcome", "failed")
			.thenError()
			.isInstanceOf(IllegalStateException.class);
	}

	private void observe(TestObservationRegistry registry, MessageHandler handler, String reply) {
		this.runner.withBean(ObservationRegistry.class, () -> registry)
			.withBean(MessageHandler.class, () -> handler)
			.run((context) -> {
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					assertThat(client.mail("a@example.org", "b@example.org")).startsWith(reply);
				}
			});
	}

}
