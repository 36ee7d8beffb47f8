package io.smtpd.autoconfigure;

import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

import io.smtpd.SmtpServer;
import io.smtpd.SmtpServerCustomizer;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;

/**
 * Builds the server when all is in the builder, and puts what the core complains about in
 * terms of properties and beans. The core has the last word, since a customizer may have
 * set what no property has.
 */
record ServerFactory(SmtpServerProperties properties, ObjectProvider<SmtpServerCustomizer> customizers) {

	/**
	 * Builds the server.
	 * @throws UnusableConfigurationException when it cannot be built
	 */
	SmtpServer build(SmtpServer.Builder builder) {
		if (ListenerSettings.of(this.properties).isEmpty() && this.customizers.stream().findAny().isEmpty()) {
			throw UnusableConfigurationException.of("smtpd.port", this.properties.getPort(),
					"switches the default listener off, and there is no other",
					"Set smtpd.listeners.<name>.port for another one, or smtpd.enabled to false for no server at all.",
					null);
		}
		this.customizers.orderedStream().forEach((customizer) -> customizer.customize(builder));
		try {
			return builder.build();
		}
		catch (IllegalArgumentException ex) {
			throw explained(ex);
		}
	}

	/** The core's messages begin with the option's name. */
	private UnusableConfigurationException explained(IllegalArgumentException ex) {
		String message = String.valueOf(ex.getMessage());
		if (message.startsWith("authRequired ")) {
			return UnusableConfigurationException.of(authRequiredProperty(), true,
					"there is nobody to authenticate with: neither an Authenticator nor a SaslMechanism",
					"Declare a bean of type Authenticator, ScramKeyStore or SaslMechanism, or set "
							+ "smtpd.auth.spring-security to true where Spring Security knows the users.",
					ex);
		}
		SmtpServerLimitsProperties limits = this.properties.getLimits();
		Map<String, Supplier<Integer>> rates = Map.of("connection-rate", limits::getConnectionRate, "message-rate",
				limits::getMessageRate, "auth-failure-rate", limits::getAuthFailureRate);
		String option = message.replaceFirst(" .*", "").replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
		Supplier<Integer> rate = rates.get(option);
		if (rate != null && rate.get() >= 0) {
			return UnusableConfigurationException.of("smtpd.limits." + option, rate.get(),
					"there is nobody to keep the rate: no bean of type RateLimiter",
					"Add the dependencies com.bucket4j:bucket4j_jdk17-core and com.github.ben-manes.caffeine:caffeine, "
							+ "with which there is one, or declare a bean of type RateLimiter.",
					ex);
		}
		return new UnusableConfigurationException("The SMTP server cannot be built: " + message,
				"Correct the bean that says so, for example of type SmtpServerCustomizer or EsmtpExtension.", ex);
	}

	private String authRequiredProperty() {
		return ListenerSettings.of(this.properties)
			.stream()
			.filter(ListenerSettings::authRequired)
			.map(ListenerSettings::name)
			.filter((name) -> Boolean.TRUE.equals(ownAuthRequired(name)))
			.findFirst()
			.map((name) -> ListenerSettings.property(name, "auth.required"))
			.orElse("smtpd.auth.required");
	}

	private @Nullable Boolean ownAuthRequired(String listener) {
		SmtpServerListenerProperties own = this.properties.getListeners().get(listener);
		return (own != null) ? own.getAuth().getRequired() : null;
	}

}
