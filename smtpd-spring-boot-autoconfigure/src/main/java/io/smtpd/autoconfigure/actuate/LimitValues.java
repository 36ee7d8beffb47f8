package io.smtpd.autoconfigure.actuate;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

import io.smtpd.SmtpLimits;
import io.smtpd.SmtpServer;

import org.springframework.boot.convert.DurationStyle;

/**
 * The limits that can be read and changed while the server runs, by property name.
 * Thread-safe.
 */
final class LimitValues {

	static final String MAX_CONNECTIONS = "max-connections";

	private static final String MAX_SESSION_DURATION = "max-session-duration";

	private final Map<String, Numbered> numbers = new LinkedHashMap<>();

	LimitValues() {
		add("max-errors", SmtpLimits::maxErrors, SmtpLimits::maxErrors);
		add("max-junk-commands", SmtpLimits::maxJunkCommands, SmtpLimits::maxJunkCommands);
		add("max-auth-failures", SmtpLimits::maxAuthFailures, SmtpLimits::maxAuthFailures);
		add("max-connections-per-address", SmtpLimits::maxConnectionsPerAddress, SmtpLimits::maxConnectionsPerAddress);
		add("connection-rate", SmtpLimits::connectionRate, SmtpLimits::connectionRate);
		add("message-rate", SmtpLimits::messageRate, SmtpLimits::messageRate);
		add("auth-failure-rate", SmtpLimits::authFailureRate, SmtpLimits::authFailureRate);
		add("max-messages-per-session", SmtpLimits::maxMessagesPerSession, SmtpLimits::maxMessagesPerSession);
		add("min-data-rate", SmtpLimits::minDataRate, SmtpLimits::minDataRate);
	}

	private void add(String name, Function<SmtpLimits, Integer> reader,
			BiFunction<SmtpLimits, Integer, SmtpLimits> writer) {
		this.numbers.put(name, new Numbered(reader, writer));
	}

	Map<String, Object> read(SmtpServer server) {
		Map<String, Object> values = new LinkedHashMap<>();
		values.put(MAX_CONNECTIONS, server.maxConnections());
		SmtpLimits limits = server.limits();
		this.numbers.forEach((name, number) -> values.put(name, number.reader().apply(limits)));
		values.put(MAX_SESSION_DURATION, limits.maxSessionDuration());
		return values;
	}

	/**
	 * Changes a limit.
	 * @throws IllegalArgumentException when there is no such limit, or it cannot have
	 * that value
	 */
	synchronized void write(SmtpServer server, String name, String value) {
		if (name.equals(MAX_CONNECTIONS)) {
			server.maxConnections(number(name, value));
			return;
		}
		if (name.equals(MAX_SESSION_DURATION)) {
			server.limits(server.limits().maxSessionDuration(duration(value)));
			return;
		}
		Numbered limit = this.numbers.get(name);
		if (limit == null) {
			throw new IllegalArgumentException("There is no limit '" + name + "'; there are " + read(server).keySet());
		}
		server.limits(limit.writer().apply(server.limits(), number(name, value)));
	}

	/** As in the properties, a number without a unit means seconds. */
	private static Duration duration(String value) {
		try {
			return DurationStyle.detectAndParse(value.trim(), ChronoUnit.SECONDS);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException(
					MAX_SESSION_DURATION + " needs a time such as 30m, or 0 for no limit, not '" + value + "'", ex);
		}
	}

	private static int number(String name, String value) {
		try {
			return Integer.parseInt(value.trim());
		}
		catch (NumberFormatException ex) {
			throw new IllegalArgumentException(name + " needs a number, or -1 for no limit, not '" + value + "'", ex);
		}
	}

	/** How a limit that is a number is read and changed. */
	private record Numbered(Function<SmtpLimits, Integer> reader, BiFunction<SmtpLimits, Integer, SmtpLimits> writer) {

	}

}
