package io.smtpd.autoconfigure.actuate;

import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * {@link AutoConfiguration Auto-configuration} of what Spring Boot's actuator shows of
 * the SMTP server.
 */
@AutoConfiguration(after = SmtpServerAutoConfiguration.class)
@ConditionalOnBean(SmtpServer.class)
public final class SmtpServerActuatorAutoConfiguration {

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
	@ConditionalOnEnabledHealthIndicator("smtpd")
	static class HealthConfiguration {

		@Bean
		@ConditionalOnMissingBean(name = { "smtpdHealthContributor", "smtpdHealthIndicator" })
		SmtpServerHealthIndicator smtpdHealthContributor(SmtpServer server) {
			return new SmtpServerHealthIndicator(server);
		}

	}

}
