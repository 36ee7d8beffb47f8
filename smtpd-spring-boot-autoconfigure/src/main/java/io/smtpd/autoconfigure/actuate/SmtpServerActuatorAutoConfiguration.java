package io.smtpd.autoconfigure.actuate;

import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.SmtpServerLifecycle;

import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
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

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ Endpoint.class, ConditionalOnAvailableEndpoint.class })
	@ConditionalOnAvailableEndpoint(SmtpServerEndpoint.class)
	static class EndpointConfiguration {

		@Bean
		@ConditionalOnMissingBean
		SmtpServerTotals smtpServerTotals() {
			return new SmtpServerTotals();
		}

		@Bean
		@ConditionalOnMissingBean
		@ConditionalOnBean(SmtpServerLifecycle.class)
		SmtpServerEndpoint smtpServerEndpoint(SmtpServer server, SmtpServerLifecycle lifecycle,
				SmtpServerTotals totals) {
			return new SmtpServerEndpoint(server, lifecycle, totals);
		}

		@Bean
		@ConditionalOnMissingBean
		@ConditionalOnBean(SmtpServerEndpoint.class)
		@ConditionalOnAvailableEndpoint(exposure = EndpointExposure.WEB)
		SmtpServerWebEndpointExtension smtpServerWebEndpointExtension(SmtpServerEndpoint endpoint) {
			return new SmtpServerWebEndpointExtension(endpoint);
		}

	}

}
