package io.smtpd.autoconfigure.security;

import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.config.annotation.authentication.configuration.AuthenticationConfiguration;

/**
 * {@link AutoConfiguration Auto-configuration} of an authenticator that asks Spring
 * Security, for those who set {@code smtpd.auth.spring-security}.
 */
@AutoConfiguration(before = SmtpServerAutoConfiguration.class)
@ConditionalOnClass(AuthenticationManager.class)
@ConditionalOnBooleanProperty("smtpd.auth.spring-security")
@Import(ApplicationAuthenticationManager.class)
public final class SmtpServerSecurityAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	@ConditionalOnBooleanProperty(name = "smtpd.enabled", matchIfMissing = true)
	SpringSecurityAuthenticator smtpdSpringSecurityAuthenticator(ApplicationAuthenticationManager application) {
		return new SpringSecurityAuthenticator(application.find());
	}

	/** Only there with Spring Security's own configuration. */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(AuthenticationConfiguration.class)
	static class GlobalConfiguration {

		@Bean
		GlobalAuthenticationManager smtpdGlobalAuthenticationManager(
				ObjectProvider<AuthenticationConfiguration> configuration) {
			return () -> {
				AuthenticationConfiguration global = configuration.getIfAvailable();
				return (global != null) ? global.getAuthenticationManager() : null;
			};
		}

	}

}
