package io.smtpd.autoconfigure.metrics;

import io.micrometer.observation.ObservationRegistry;
import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * {@link AutoConfiguration Auto-configuration} of the observation around the message
 * handlers, where there is an observation registry.
 */
@AutoConfiguration(after = SmtpServerAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@ConditionalOnClass(ObservationRegistry.class)
@ConditionalOnBean({ SmtpServer.class, ObservationRegistry.class })
public final class SmtpServerObservationAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	ObservedMessageHandlers observedMessageHandlers(ObservationRegistry registry,
			ObjectProvider<SmtpHandleObservationConvention> convention) {
		return new ObservedMessageHandlers(registry, convention.getIfAvailable());
	}

}
