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
		complainUnless(properties.getPort() >= 0 && properties.getPort() <= 65535, "port",
				"must be a port number from 1 to 65535, or 0 for any free one");
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
		limit("limits.maxErrors", properties.getLimits().getMaxErrors());
		limit("limits.maxJunkCommands", properties.getLimits().getMaxJunkCommands());
		limit("limits.maxAuthFailures", properties.getLimits().getMaxAuthFailures());
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

	private void limit(String field, int value) {
		complainUnless(value >= 1 || value == -1, field, "must be a whole number of at least 1, or -1 for no limit");
	}

	private void complainUnless(boolean allowed, String field, String rule) {
		if (!allowed) {
			this.errors.rejectValue(field, "smtpd", rule);
		}
	}

}
