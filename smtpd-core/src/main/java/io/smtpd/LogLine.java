package io.smtpd;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

import org.slf4j.Logger;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * A line of the log that is made of fields: {@code key=value} as text to grep, and the
 * same as key-value pairs for structured logs.
 */
final class LogLine {

	private static final int MOST_CHARACTERS = 256;

	private final StringJoiner text = new StringJoiner(" ");

	private final Map<String, Object> fields = new LinkedHashMap<>();

	/** Adds what is in the MDC already: a structured log must not get it twice. */
	LogLine context(String key, String value) {
		this.text.add(key + "=" + printable(value));
		return this;
	}

	LogLine field(String key, Object value) {
		this.text.add(key + "=" + printable(value.toString()));
		this.fields.put("smtpd." + key, (value instanceof Number) ? value : value.toString());
		return this;
	}

	void log(Logger logger) {
		LoggingEventBuilder event = logger.atInfo();
		for (Map.Entry<String, Object> field : this.fields.entrySet()) {
			event = event.addKeyValue(field.getKey(), field.getValue());
		}
		event.log(this.text.toString());
	}

	@Override
	public String toString() {
		return this.text.toString();
	}

	/** A user's name, for one, may be anything: it must not look like another field. */
	private static String printable(String value) {
		String shown = (value.length() > MOST_CHARACTERS) ? value.substring(0, MOST_CHARACTERS) + "..." : value;
		boolean plain = !shown.isEmpty()
				&& shown.chars().allMatch((character) -> character > ' ' && character < 0x7F && character != '"');
		return plain ? shown : '"' + shown.replaceAll("[\\p{C}\\p{Zl}\\p{Zp}\"]", "?") + '"';
	}

}
