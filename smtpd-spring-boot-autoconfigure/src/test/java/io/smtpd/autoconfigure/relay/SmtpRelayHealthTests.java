package io.smtpd.autoconfigure.relay;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.relay.RelayProbe;
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

class SmtpRelayHealthTests {

	private static final RelayProbe UP = new RelayProbe(true, true, "mx.example.net", null, Duration.ofMillis(3));

	private static final RelayProbe DOWN = new RelayProbe(false, false, null, "no route", Duration.ofMillis(3));

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(HealthContributorRegistryAutoConfiguration.class,
				HealthContributorAutoConfiguration.class, SmtpServerAutoConfiguration.class,
				SmtpRelayAutoConfiguration.class, SmtpRelayHealthAutoConfiguration.class))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0");

	@Test
	void whenUpstreamAnswersHealthIsUp() {
		try (Upstream upstream = Upstream.start()) {
			this.runner.withPropertyValues(upstream.properties()).run((context) -> {
				Health health = ((HealthIndicator) context.getBean(HealthContributorRegistry.class)
					.getContributor("smtpdRelay")).health();
				assertThat(health.getStatus()).isEqualTo(Status.UP);
				assertThat(health.getDetails()).containsEntry("upstream", "127.0.0.1:" + upstream.port())
					.containsEntry("tls", false)
					.containsEntry("greeting", "upstream.example.net ESMTP ready.")
					.containsKey("elapsed")
					.doesNotContainKey("problem");
			});
		}
	}

	@Test
	void whenUpstreamIsDownTheApplicationStartsAndHealthSaysWhy() {
		this.runner
			.withPropertyValues("smtpd.relay.host=127.0.0.1", "smtpd.relay.port=" + Upstream.deadPort(),
					"smtpd.relay.allowed-networks=127.0.0.1")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				Health health = context.getBean(SmtpRelayHealthIndicator.class).health();
				assertThat(health.getStatus()).isEqualTo(Status.DOWN);
				assertThat(health.getDetails().get("problem")).asString().containsIgnoringCase("refused");
			});
	}

	@Test
	void withoutRelayThereIsNoHealthOfIt() {
		this.runner.run((context) -> assertThat(context).doesNotHaveBean(SmtpRelayHealthIndicator.class));
	}

	@Test
	void healthCanBeSwitchedOff() {
		this.runner
			.withPropertyValues("smtpd.relay.host=127.0.0.1", "smtpd.relay.allowed-networks=127.0.0.1",
					"management.health.smtpd-relay.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(SmtpRelayHealthIndicator.class));
	}

	@Test
	void relayWorksWithoutActuator() {
		this.runner.withClassLoader(new FilteredClassLoader("org.springframework.boot.health.contributor"))
			.withPropertyValues("smtpd.relay.host=127.0.0.1", "smtpd.relay.allowed-networks=127.0.0.1")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("smtpdRelayHealthContributor"));
	}

	@Test
	void upstreamIsAskedAtMostOnceInTenSeconds() {
		AtomicLong now = new AtomicLong();
		AtomicInteger asked = new AtomicInteger();
		SmtpRelayHealthIndicator indicator = new SmtpRelayHealthIndicator(
				() -> (asked.incrementAndGet() == 1) ? DOWN : UP, "mx:25", now::get);
		assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
		now.addAndGet(Duration.ofSeconds(10).toNanos() - 1);
		assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
		assertThat(asked).hasValue(1);
		now.incrementAndGet();
		assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
		assertThat(asked).hasValue(2);
	}

	@Test
	void whileUpstreamIsAskedOthersGetTheAnswerBefore() throws Exception {
		AtomicLong now = new AtomicLong();
		AtomicInteger asked = new AtomicInteger();
		CountDownLatch asking = new CountDownLatch(1);
		CountDownLatch released = new CountDownLatch(1);
		SmtpRelayHealthIndicator indicator = new SmtpRelayHealthIndicator(() -> {
			if (asked.incrementAndGet() == 1) {
				return UP;
			}
			asking.countDown();
			await(released);
			return DOWN;
		}, "mx:25", now::get);
		indicator.health();
		now.addAndGet(Duration.ofSeconds(10).toNanos());
		CompletableFuture<Health> first = CompletableFuture.supplyAsync(indicator::health);
		assertThat(asking.await(10, TimeUnit.SECONDS)).isTrue();
		assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
		released.countDown();
		assertThat(first.get(10, TimeUnit.SECONDS).getStatus()).isEqualTo(Status.DOWN);
		assertThat(asked).hasValue(2);
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
