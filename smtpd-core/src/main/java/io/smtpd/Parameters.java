package io.smtpd;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The parameters of a MAIL or RCPT command (RFC 5321 §4.1.2). */
final class Parameters {

	private Parameters() {
	}

	/** Unlike {@code Map.copyOf}, keeps the client's order. */
	static Map<String, String> unmodifiable(Map<String, String> parameters) {
		return parameters.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
	}

}
