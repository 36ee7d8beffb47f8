package io.smtpd.autoconfigure.relay;

import io.smtpd.relay.RelayHandler;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/**
 * {@link AutoConfiguration Auto-configuration} of the health contributor
 * {@code smtpdRelay}.
 */
@AutoConfiguration(after = SmtpRelayAutoConfiguration.class)
@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
@ConditionalOnBean({ RelayHandler.class, SmtpRelayProperties.class })
@ConditionalOnEnabledHealthIndicator("smtpd-relay")
public final class SmtpRelayHealthAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(name = { "smtpdRelayHealthContributor", "smtpdRelayHealthIndicator" })
	SmtpRelayHealthIndicator smtpdRelayHealthContributor(RelayHandler relayHandler, SmtpRelayProperties properties) {
		return new SmtpRelayHealthIndicator(relayHandler::probe, properties.getHost() + ":" + properties.getPort());
	}

}
