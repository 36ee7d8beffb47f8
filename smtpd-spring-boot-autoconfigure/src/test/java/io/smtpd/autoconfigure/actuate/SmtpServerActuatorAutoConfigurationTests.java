package io.smtpd.autoconfigure.actuate;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.smtpd.MessageHandler;
import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.TestClient;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration;
import org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class SmtpServerActuatorAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(SmtpServerAutoConfiguration.class, SmtpServerActuatorAutoConfiguration.class,
						HealthContributorRegistryAutoConfiguration.class, HealthContributorAutoConfiguration.class))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0");

	@Test
	void whenServerRunsHealthIsUpWithAddressAndPort() {
		this.runner.run((context) -> {
			Health health = context.getBean(SmtpServerHealthIndicator.class).health();
			assertThat(health.getStatus()).isEqualTo(Status.UP);
			int port = context.getBean(SmtpServer.class).localAddress().getPort();
			assertThat(health.getDetails())
				.isEqualTo(Map.of("listeners", Map.of("default", Map.of("address", "127.0.0.1", "port", port)),
						"connections", 0, "maxConnections", 100));
		});
	}

	@Test
	void contributorIsCalledSmtpd() {
		this.runner
			.run((context) -> assertThat(context.getBean(HealthContributorRegistry.class).getContributor("smtpd"))
				.isSameAs(context.getBean(SmtpServerHealthIndicator.class)));
	}

	@Test
	void whenServerIsClosedHealthIsDown() {
		this.runner.run((context) -> {
			context.getBean(SmtpServer.class).close();
			Health health = context.getBean(SmtpServerHealthIndicator.class).health();
			assertThat(health.getStatus()).isEqualTo(Status.DOWN);
			assertThat(health.getDetails()).containsEntry("listeners", Map.of("default", Map.of("accepting", false)));
		});
	}

	@Test
	void whileServerIsStoppingHealthIsOutOfService() {
		CountDownLatch entered = new CountDownLatch(1);
		CountDownLatch release = new CountDownLatch(1);
		this.runner.withBean(MessageHandler.class, () -> (peer, envelope) -> {
			entered.countDown();
			release.await();
		}).run((context) -> {
			SmtpServer server = context.getBean(SmtpServer.class);
			try (TestClient client = TestClient.connect(server)) {
				client.begin("a@example.org", "b@example.org").send("DATA");
				client.write("Hello\r\n.");
				assertThat(entered.await(10, TimeUnit.SECONDS)).isTrue();
				CompletableFuture<Void> stopped = CompletableFuture
					.runAsync(context.getSourceApplicationContext()::stop);
				await().until(server::isStopping);
				assertThat(context.getBean(SmtpServerHealthIndicator.class).health().getStatus())
					.isEqualTo(Status.OUT_OF_SERVICE);
				release.countDown();
				assertThat(client.reply()).startsWith("250 ");
				stopped.get(10, TimeUnit.SECONDS);
			}
		});
	}

	@Test
	void whenHealthIsDisabledThereIsNoContributor() {
		this.runner.withPropertyValues("management.health.smtpd.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(SmtpServerHealthIndicator.class));
	}

	@Test
	void whenServerIsDisabledThereIsNoContributor() {
		this.runner.withPropertyValues("smtpd.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(SmtpServerHealthIndicator.class));
	}

	@Test
	void whenUserHasContributorOursBacksOff() {
		this.runner.withBean("smtpdHealthContributor", HealthIndicator.class, () -> () -> Health.unknown().build())
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(SmtpServerHealthIndicator.class));
	}

	@Test
	void whenHealthIsNotOnTheClasspathThereIsNoContributor() {
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(SmtpServerAutoConfiguration.class, SmtpServerActuatorAutoConfiguration.class))
			.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0")
			// the condition class itself must stay visible
			.withClassLoader(new FilteredClassLoader("org.springframework.boot.health.contributor"))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(SmtpServer.class)
				.doesNotHaveBean("smtpdHealthContributor"));
	}

}
