package io.smtpd.autoconfigure.security;

import java.util.ArrayList;
import java.util.List;

import io.smtpd.autoconfigure.UnusableConfigurationException;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.security.authentication.AuthenticationEventPublisher;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.ProviderManager;
import org.springframework.security.authentication.dao.DaoAuthenticationProvider;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.crypto.password.PasswordEncoder;

/**
 * Finds who authenticates in this application: a bean that the application declares; or
 * what Spring Security's configuration has made; or, where there is neither, a manager of
 * the beans from which the latter would make one.
 */
record ApplicationAuthenticationManager(ObjectProvider<AuthenticationManager> managers,
		ObjectProvider<GlobalAuthenticationManager> global, ObjectProvider<AuthenticationProvider> providers,
		ObjectProvider<UserDetailsService> userDetailsServices, ObjectProvider<PasswordEncoder> passwordEncoders,
		ObjectProvider<AuthenticationEventPublisher> eventPublishers) {

	/**
	 * Finds the manager.
	 * @throws UnusableConfigurationException when there is none, or no telling which
	 */
	AuthenticationManager find() {
		try {
			AuthenticationManager manager = this.managers.getIfAvailable();
			if (manager == null) {
				GlobalAuthenticationManager configured = this.global.getIfAvailable();
				manager = (configured != null) ? configured.find() : null;
			}
			if (manager == null) {
				manager = ofProviders();
			}
			if (manager != null) {
				return manager;
			}
		}
		catch (NoUniqueBeanDefinitionException ex) {
			throw new UnusableConfigurationException(
					"smtpd.auth.spring-security is true, but it is not clear whom to ask: " + ex.getMessage(),
					"Mark the bean that knows the mail users with @Primary.", ex);
		}
		throw new UnusableConfigurationException(
				"smtpd.auth.spring-security is true, but Spring Security knows no users: there is neither an "
						+ "AuthenticationManager nor an AuthenticationProvider nor a UserDetailsService.",
				"Declare a bean of type AuthenticationManager, or of type UserDetailsService with a PasswordEncoder.",
				null);
	}

	private @Nullable AuthenticationManager ofProviders() {
		List<AuthenticationProvider> all = new ArrayList<>(this.providers.orderedStream().toList());
		UserDetailsService users = this.userDetailsServices.getIfAvailable();
		if (users != null) {
			DaoAuthenticationProvider provider = new DaoAuthenticationProvider(users);
			this.passwordEncoders.ifAvailable(provider::setPasswordEncoder);
			all.add(provider);
		}
		if (all.isEmpty()) {
			return null;
		}
		ProviderManager manager = new ProviderManager(all);
		this.eventPublishers.ifAvailable(manager::setAuthenticationEventPublisher);
		return manager;
	}

}
