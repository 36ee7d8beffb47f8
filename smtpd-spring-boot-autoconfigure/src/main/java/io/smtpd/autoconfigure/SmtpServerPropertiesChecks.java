package io.smtpd.autoconfigure;

import java.time.Duration;

import io.smtpd.SmtpServer;
import org.jspecify.annotations.Nullable;

import org.springframework.util.unit.DataSize;
import org.springframework.validation.Errors;

/**
 * What values the properties may have. Each complaint says what is allowed; the property,
 * its value and where that came from are added by {@link BadPropertyFailureAnalyzer}.
 */
final class SmtpServerPropertiesChecks {

	/** Longer ones are mistakes, and would overflow a deadline in nanoseconds. */
	private static final Duration LONGEST = Duration.ofDays(365);

	private final Errors errors;

	SmtpServerPropertiesChecks(Errors errors) {
		this.errors = errors;
	}

	void check(SmtpServerProperties properties) {
		hostname(properties.getHostname());
		complainUnless(properties.getPort() == -1 || isPort(properties.getPort()), "port",
				"must be a port number from 1 to 65535, 0 for any free one, or -1 for no default listener");
		timeout("readTimeout", properties.getReadTimeout());
		timeout("writeTimeout", properties.getWriteTimeout());
		timeout("dataTimeout", properties.getDataTimeout());
		limit("maxConnections", properties.getMaxConnections());
		DataSize size = properties.getMaxMessageSize();
		complainUnless(size != null && (size.toBytes() >= 1 || size.toBytes() == -1), "maxMessageSize",
				"must be a size of at least 1B such as 10MB, or -1 for no limit");
		limit("maxRecipients", properties.getMaxRecipients());
		complainUnless(properties.getBareLineEndings() != null, "bareLineEndings", "must be reject or keep");
		DataSize threshold = properties.getSpool().getMemoryThreshold();
		complainUnless(threshold != null && !threshold.isNegative(), "spool.memoryThreshold",
				"must be a size of at least 0B such as 256KB");
		DataSize spool = properties.getSpool().getMaxSize();
		complainUnless(spool != null && (spool.toBytes() >= 1 || spool.toBytes() == -1), "spool.maxSize",
				"must be a size of at least 1B such as 1GB, or -1 for no limit");
		durationOrZero("greetDelay", properties.getGreetDelay());
		limits(properties.getLimits());
		new ListenerChecks(this.errors).check(properties);
	}

	private void limits(SmtpServerLimitsProperties limits) {
		limit("limits.maxErrors", limits.getMaxErrors());
		limit("limits.maxJunkCommands", limits.getMaxJunkCommands());
		limit("limits.maxAuthFailures", limits.getMaxAuthFailures());
		limit("limits.maxConnectionsPerAddress", limits.getMaxConnectionsPerAddress());
		limit("limits.connectionRate", limits.getConnectionRate());
		limit("limits.messageRate", limits.getMessageRate());
		limit("limits.authFailureRate", limits.getAuthFailureRate());
		limit("limits.maxMessagesPerSession", limits.getMaxMessagesPerSession());
		durationOrZero("limits.maxSessionDuration", limits.getMaxSessionDuration());
		limit("limits.minDataRate", limits.getMinDataRate());
		new ListenerChecks(this.errors).ranges("limits.trustedNetworks", limits.getTrustedNetworks());
	}

	/** Only the core knows the grammar; a server that is built does nothing yet. */
	private void hostname(String hostname) {
		try (SmtpServer server = SmtpServer.builder().hostname(hostname).build()) {
			server.listeners();
		}
		catch (IllegalArgumentException ex) {
			complainUnless(false, "hostname",
					"must be a domain such as mx.example.org, or an address literal such as [192.0.2.1]");
		}
	}

	/** An empty value binds to null. */
	private void timeout(String field, @Nullable Duration value) {
		complainUnless(value != null && value.compareTo(Duration.ZERO) > 0 && value.compareTo(LONGEST) <= 0, field,
				"must be a duration of more than zero such as 60s or 5m, and of at most " + LONGEST.toDays() + "d");
	}

	private void durationOrZero(String field, @Nullable Duration value) {
		complainUnless(value != null && !value.isNegative() && value.compareTo(LONGEST) <= 0, field,
				"must be a duration such as 5s, at most " + LONGEST.toDays() + "d, or 0 for none");
	}

	private void limit(String field, int value) {
		complainUnless(value >= 1 || value == -1, field, "must be a whole number of at least 1, or -1 for no limit");
	}

	static boolean isPort(int value) {
		return value >= 0 && value <= 65535;
	}

	private void complainUnless(boolean allowed, String field, String rule) {
		if (!allowed) {
			this.errors.rejectValue(field, "smtpd", rule);
		}
	}

}
