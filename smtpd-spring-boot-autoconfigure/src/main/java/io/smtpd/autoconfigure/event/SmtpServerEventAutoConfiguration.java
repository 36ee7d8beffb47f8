package io.smtpd.autoconfigure.event;

import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;

/**
 * {@link AutoConfiguration Auto-configuration} of the application events.
 */
@AutoConfiguration(after = SmtpServerAutoConfiguration.class)
@ConditionalOnBean(SmtpServer.class)
public final class SmtpServerEventAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	EventPublishingSessionListener eventPublishingSessionListener(ApplicationEventPublisher publisher) {
		return new EventPublishingSessionListener(publisher);
	}

}
