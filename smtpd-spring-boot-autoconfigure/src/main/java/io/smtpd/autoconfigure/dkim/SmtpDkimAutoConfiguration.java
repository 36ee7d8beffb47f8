package io.smtpd.autoconfigure.dkim;

import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.relay.SmtpRelayAutoConfiguration;
import io.smtpd.relay.HeaderSource;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ResourceLoader;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * {@link AutoConfiguration Auto-configuration} of a {@link DkimSigner} from the
 * {@code smtpd.dkim.*} properties, and of a {@link HeaderSource} with which the relay
 * signs.
 */
@AutoConfiguration(before = SmtpRelayAutoConfiguration.class)
@ConditionalOnClass(SmtpServer.class)
@ConditionalOnBooleanProperty(name = "smtpd.enabled", matchIfMissing = true)
public final class SmtpDkimAutoConfiguration {

	@Bean
	@ConditionalOnBean(DkimSigner.class)
	@ConditionalOnMissingBean(name = "dkimHeaderSource")
	HeaderSource dkimHeaderSource(DkimSigner signer) {
		return (peer, envelope) -> signer.sign(envelope);
	}

	@Configuration(proxyBeanMethods = false)
	@Conditional(OnDkimProperties.class)
	@ConditionalOnMissingBean(DkimSigner.class)
	@EnableConfigurationProperties(SmtpDkimProperties.class)
	static class SignerConfiguration {

		@Bean
		DkimSigner dkimSigner(SmtpDkimProperties properties, ResourceLoader resourceLoader) {
			return new DkimSignerFactory(properties, resourceLoader).build();
		}

	}

	/** Any of them: half a configuration is to be complained about. */
	static final class OnDkimProperties extends SpringBootCondition {

		@Override
		public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
			boolean any = Binder.get(context.getEnvironment())
				.bind("smtpd.dkim", Bindable.mapOf(String.class, Object.class))
				.isBound();
			return new ConditionOutcome(any,
					ConditionMessage.of("smtpd.dkim.* properties are " + (any ? "set" : "not set")));
		}

	}

}
