package io.smtpd.autoconfigure.verify;

import java.time.Clock;

import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.SmtpServerProperties;
import org.xbill.DNS.lookup.LookupSession;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/**
 * {@link AutoConfiguration Auto-configuration} of the verification of incoming mail, and
 * of a DNS resolver where dnsjava is on the class path. Comes after the observation, so
 * that it runs inside it.
 */
@AutoConfiguration(after = SmtpServerAutoConfiguration.class,
		afterName = "io.smtpd.autoconfigure.metrics.SmtpServerObservationAutoConfiguration")
@ConditionalOnClass(SmtpServer.class)
@ConditionalOnBooleanProperty(name = "smtpd.enabled", matchIfMissing = true)
public final class SmtpVerifyAutoConfiguration {

	/** dnsjava's resolver; made only when something asks for it. */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(LookupSession.class)
	static final class DnsJavaConfiguration {

		@Bean
		@Lazy
		@ConditionalOnMissingBean(DnsResolver.class)
		DnsJavaResolver smtpdDnsResolver() {
			return new DnsJavaResolver(DnsJavaResolver.DEFAULT_TIMEOUT);
		}

	}

	/** The verification, when there is one. */
	@Configuration(proxyBeanMethods = false)
	@Conditional(OnVerification.class)
	@EnableConfigurationProperties(SmtpVerifyProperties.class)
	static final class VerificationConfiguration {

		@Bean
		@ConditionalOnMissingBean
		VerifyingMessageHandlers verifyingMessageHandlers(SmtpVerifyProperties properties,
				SmtpServerProperties serverProperties, ObjectProvider<DnsResolver> resolvers) {
			VerificationPolicy policy = new VerificationPolicy(properties.getSpf(), properties.getDkim(),
					properties.getDmarc());
			DnsResolver resolver = resolvers.getIfAvailable();
			if (resolver == null) {
				throw withoutResolver(properties);
			}
			return new VerifyingMessageHandlers(resolver, policy, serverProperties.getHostname(),
					properties.getTimeout(), Clock.systemUTC());
		}

		private static InvalidConfigurationPropertyValueException withoutResolver(SmtpVerifyProperties properties) {
			boolean spf = properties.getSpf() != SmtpVerifyProperties.Mode.OFF;
			boolean dkim = properties.getDkim() != SmtpVerifyProperties.Mode.OFF;
			String name = spf ? "spf" : dkim ? "dkim" : "dmarc";
			Object value = spf ? properties.getSpf() : dkim ? properties.getDkim() : properties.getDmarc();
			return new InvalidConfigurationPropertyValueException("smtpd.verify." + name, value,
					"verification asks the DNS and there is nothing to ask it with: add the dependency dnsjava:dnsjava "
							+ "or declare a bean of the type " + DnsResolver.class.getName());
		}

	}

}
