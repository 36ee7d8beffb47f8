package io.smtpd.autoconfigure;

import java.util.List;

import io.smtpd.Authenticator;
import io.smtpd.SaslMechanism;
import io.smtpd.SmtpServer;
import io.smtpd.sasl.ScramKeyStore;
import io.smtpd.sasl.ScramMechanism;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.util.ClassUtils;

/**
 * Who judges credentials and by which mechanisms they come, on their way into the
 * builder.
 */
record AuthenticationBeans(ObjectProvider<Authenticator> authenticators, ObjectProvider<SaslMechanism> mechanisms,
		ObjectProvider<ScramKeyStore> scramKeyStores) {

	private static final Logger logger = LoggerFactory.getLogger(SmtpServerAutoConfiguration.class);

	private static final String SPRING_SECURITY = "org.springframework.security.authentication.AuthenticationManager";

	/**
	 * Adds them, an application's own mechanisms first, then SCRAM, so that clients which
	 * take the first that they know take the better one.
	 */
	void addTo(SmtpServer.Builder builder, SmtpServerProperties properties) {
		if (properties.getAuth().isSpringSecurity() && !ClassUtils.isPresent(SPRING_SECURITY, null)) {
			throw UnusableConfigurationException.of("smtpd.auth.spring-security", true,
					"Spring Security is not on the class path",
					"Add the dependency "
							+ "org.springframework.boot:spring-boot-starter-security, or declare an Authenticator bean.",
					null);
		}
		Authenticator authenticator = only(this.authenticators, "Authenticator",
				"Join them with Authenticator.firstOf(…) in one that is marked @Primary");
		if (authenticator != null) {
			builder.authenticator(authenticator);
		}
		this.mechanisms.orderedStream().forEach(builder::mechanism);
		ScramKeyStore keyStore = only(this.scramKeyStores, "ScramKeyStore",
				"Mark the one that the server should ask with @Primary");
		if (keyStore != null) {
			ScramMechanism.of(keyStore).forEach(builder::mechanism);
		}
		warn(properties);
	}

	private static <T> @Nullable T only(ObjectProvider<T> beans, String type, String action) {
		try {
			return beans.getIfAvailable();
		}
		catch (NoUniqueBeanDefinitionException ex) {
			List<String> names = (ex.getBeanNamesFound() != null) ? List.copyOf(ex.getBeanNamesFound()) : List.of();
			throw new UnusableConfigurationException(
					"The SMTP server can ask one %s, but there are %d beans of that type: %s".formatted(type,
							ex.getNumberOfBeansFound(), String.join(", ", names)),
					action + ", or remove all but one.", ex);
		}
	}

	private static void warn(SmtpServerProperties properties) {
		if (properties.getAuth().isAllowWithoutTls()) {
			logger.warn("smtpd.auth.allow-without-tls is true: passwords can be read on their way to this server");
			return;
		}
		ListenerSettings.of(properties)
			.stream()
			.filter((listener) -> listener.authRequired() && listener.bundle() == null)
			.forEach((listener) -> logger.warn(
					"Listener '{}' requires authentication but has no TLS, in which alone passwords are taken: set {}",
					listener.name(), ListenerSettings.property(listener.name(), "ssl.bundle")));
	}

}
