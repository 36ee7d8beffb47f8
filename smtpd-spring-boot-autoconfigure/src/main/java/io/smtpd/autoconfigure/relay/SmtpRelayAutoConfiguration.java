package io.smtpd.autoconfigure.relay;

import java.util.List;

import io.smtpd.ConnectionChecker;
import io.smtpd.RecipientChecker;
import io.smtpd.SenderChecker;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServerCustomizer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.SmtpServerProperties;
import io.smtpd.relay.HeaderSource;
import io.smtpd.relay.RelayHandler;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * {@link AutoConfiguration Auto-configuration} of a {@link RelayHandler} from the
 * {@code smtpd.relay.*} properties. It is the last of the message handlers, signs with
 * the {@link HeaderSource} beans, and is closed after the server has stopped. The server
 * is not built before somebody has decided who may relay.
 */
@AutoConfiguration(before = SmtpServerAutoConfiguration.class)
@ConditionalOnClass(SmtpServer.class)
@ConditionalOnBooleanProperty(name = "smtpd.enabled", matchIfMissing = true)
@ConditionalOnProperty("smtpd.relay.host")
@EnableConfigurationProperties({ SmtpServerProperties.class, SmtpRelayProperties.class })
public final class SmtpRelayAutoConfiguration {

	/** Before what an application has to ask a database for. */
	private static final int EARLY = Ordered.HIGHEST_PRECEDENCE + 100;

	@Bean(destroyMethod = "close")
	@Order(Ordered.LOWEST_PRECEDENCE)
	@ConditionalOnMissingBean
	RelayHandler smtpRelayHandler(SmtpRelayProperties properties, SmtpServerProperties serverProperties,
			ObjectProvider<SslBundles> sslBundles, ObjectProvider<HeaderSource> headerSources) {
		return new RelayHandlerFactory(properties, serverProperties.getHostname()).build(sslBundles.getIfAvailable(),
				headerSources);
	}

	@Bean
	SmtpServerCustomizer smtpRelayDecision(SmtpRelayProperties properties, SmtpServerProperties serverProperties,
			ObjectProvider<ConnectionChecker> connectionCheckers, ObjectProvider<SenderChecker> senderCheckers,
			ObjectProvider<RecipientChecker> recipientCheckers) {
		return new RelayDecision(properties, serverProperties, connectionCheckers, senderCheckers, recipientCheckers);
	}

	@Bean
	@Order(EARLY)
	@Conditional(OnAllowedNetworks.class)
	RecipientChecker smtpRelayAccess(SmtpRelayProperties properties) {
		return new RelayAccess(properties.getAllowedNetworks());
	}

	@Bean
	@Order(Ordered.LOWEST_PRECEDENCE)
	@ConditionalOnBooleanProperty("smtpd.relay.verify-recipients")
	RecipientChecker smtpRelayRecipientVerifier(RelayHandler relayHandler) {
		return relayHandler.recipientChecker();
	}

	/** A list that was written with indexes is no property of its own. */
	static final class OnAllowedNetworks extends SpringBootCondition {

		@Override
		public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
			boolean any = !Binder.get(context.getEnvironment())
				.bind("smtpd.relay.allowed-networks", Bindable.listOf(String.class))
				.orElse(List.of())
				.isEmpty();
			return new ConditionOutcome(any,
					ConditionMessage.of("smtpd.relay.allowed-networks " + (any ? "is set" : "is not set")));
		}

	}

}
