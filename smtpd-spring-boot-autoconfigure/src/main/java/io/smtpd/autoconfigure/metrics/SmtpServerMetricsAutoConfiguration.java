package io.smtpd.autoconfigure.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * {@link AutoConfiguration Auto-configuration} of the SMTP server's meters, where there
 * is a meter registry.
 */
@AutoConfiguration(after = SmtpServerAutoConfiguration.class,
		afterName = { "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
				"org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration" })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({ SmtpServer.class, MeterRegistry.class })
public final class SmtpServerMetricsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	SmtpServerMetrics smtpServerMetrics(MeterRegistry registry) {
		return new SmtpServerMetrics(registry);
	}

	@Bean
	@ConditionalOnMissingBean
	SmtpServerMeterBinder smtpServerMeterBinder(SmtpServer server) {
		return new SmtpServerMeterBinder(server);
	}

}
