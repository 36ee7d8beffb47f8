package io.smtpd.autoconfigure.ratelimit;

import io.smtpd.RateLimiter;
import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.TestClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

class SmtpServerRateLimiterAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(SmtpServerAutoConfiguration.class, SmtpServerRateLimiterAutoConfiguration.class))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0");

	@Test
	void whenLibrariesAreThereRatesHold() {
		this.runner.withPropertyValues("smtpd.limits.message-rate=1", "smtpd.limits.connection-rate=1")
			.run((context) -> {
				assertThat(context).hasSingleBean(InMemoryRateLimiter.class);
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					assertThat(client.mail("a@example.org", "b@example.org")).startsWith("250 ");
					assertThat(client.send("MAIL FROM:<a@example.org>")).startsWith("450 4.7.1 ");
				}
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					assertThat(client.reply()).startsWith("421 4.7.0 ");
				}
			});
	}

	@Test
	void trustedNetworksHaveNoRates() {
		this.runner
			.withPropertyValues("smtpd.limits.connection-rate=1", "smtpd.limits.trusted-networks=192.0.2.1,127.0.0.0/8")
			.run((context) -> {
				for (int i = 0; i < 3; i++) {
					try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
						assertThat(client.reply()).startsWith("220 ");
					}
				}
			});
	}

	@Test
	void whenUserHasRateLimiterOursBacksOff() {
		this.runner.withPropertyValues("smtpd.limits.connection-rate=1000")
			.withBean("own", RateLimiter.class, () -> (limit, client, perMinute) -> false)
			.run((context) -> {
				assertThat(context).hasSingleBean(RateLimiter.class).hasBean("own");
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					assertThat(client.reply()).startsWith("421 4.7.0 ");
				}
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "io.github.bucket4j", "com.github.benmanes.caffeine" })
	void whenALibraryIsMissingThereIsNoRateLimiterAndNoNeedForOne(String library) {
		this.runner.withClassLoader(new FilteredClassLoader(library))
			.run((context) -> assertThat(context).hasSingleBean(SmtpServer.class).doesNotHaveBean(RateLimiter.class));
	}

	@Test
	void whenEnabledIsFalseThereIsNoRateLimiter() {
		this.runner.withPropertyValues("smtpd.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(RateLimiter.class));
	}

}
