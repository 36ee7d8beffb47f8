package io.smtpd.autoconfigure.verify;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Macro strings (RFC 7208 §7): whether they are well-formed, and what becomes of them.
 */
final class SpfMacros {

	private static final int MAX_NAME = 253;

	private static final String DELIMITERS = ".-+,/_=";

	private SpfMacros() {
	}

	/** Checks a {@code macro-string}. */
	static void check(String text) throws SpfException {
		expand(text, (letter) -> "");
	}

	/** Checks a {@code domain-spec}. */
	static void checkDomain(String text) throws SpfException {
		check(text);
		if (text.endsWith("}")) {
			return;
		}
		String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
		int dot = name.lastIndexOf('.');
		boolean macro = name.indexOf('%', Math.max(dot, 0)) >= 0;
		String label = name.substring(dot + 1);
		boolean top = label.matches("[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?") && !label.matches("[0-9]+");
		if (dot < 0 || macro || !top) {
			throw SpfException.malformed();
		}
	}

	/** Expands a {@code domain-spec} to a name (RFC 7208 §7.3). */
	static String domain(String text, Values values) throws SpfException {
		String name = expand(text, values);
		if (name.endsWith(".")) {
			name = name.substring(0, name.length() - 1);
		}
		while (name.length() > MAX_NAME && name.indexOf('.') >= 0) {
			name = name.substring(name.indexOf('.') + 1);
		}
		return name;
	}

	private static String expand(String text, Values values) throws SpfException {
		StringBuilder result = new StringBuilder();
		for (int i = 0; i < text.length(); i++) {
			char c = text.charAt(i);
			if (c < 0x21 || c > 0x7E) {
				throw SpfException.malformed();
			}
			if (c != '%') {
				result.append(c);
				continue;
			}
			i++;
			switch ((i < text.length()) ? text.charAt(i) : ' ') {
				case '%' -> result.append('%');
				case '_' -> result.append(' ');
				case '-' -> result.append("%20");
				case '{' -> {
					int end = text.indexOf('}', i);
					if (end < 0) {
						throw SpfException.malformed();
					}
					result.append(expandMacro(text.substring(i + 1, end), values));
					i = end;
				}
				default -> throw SpfException.malformed();
			}
		}
		return result.toString();
	}

	private static String expandMacro(String macro, Values values) throws SpfException {
		if (macro.isEmpty() || "slodiphv".indexOf(Character.toLowerCase(macro.charAt(0))) < 0) {
			throw SpfException.malformed(); // c, r and t are for explanations only
		}
		int i = 1;
		while (i < macro.length() && macro.charAt(i) >= '0' && macro.charAt(i) <= '9') {
			i++;
		}
		int kept = kept(macro.substring(1, i));
		boolean reversed = i < macro.length() && Character.toLowerCase(macro.charAt(i)) == 'r';
		String delimiters = macro.substring(reversed ? i + 1 : i);
		for (int k = 0; k < delimiters.length(); k++) {
			if (DELIMITERS.indexOf(delimiters.charAt(k)) < 0) {
				throw SpfException.malformed();
			}
		}
		char letter = macro.charAt(0);
		String value = values.of(Character.toLowerCase(letter));
		value = transform(value, kept, reversed, delimiters.isEmpty() ? "." : delimiters);
		return Character.isUpperCase(letter) ? escaped(value) : value;
	}

	private static int kept(String digits) throws SpfException {
		if (digits.isEmpty()) {
			return Integer.MAX_VALUE;
		}
		int kept = (digits.length() <= 4) ? Integer.parseInt(digits) : Integer.MAX_VALUE;
		if (kept == 0 || digits.matches("0+")) {
			throw SpfException.malformed();
		}
		return kept;
	}

	private static String transform(String value, int kept, boolean reversed, String delimiters) {
		List<String> parts = new ArrayList<>();
		int start = 0;
		for (int i = 0; i <= value.length(); i++) {
			if (i == value.length() || delimiters.indexOf(value.charAt(i)) >= 0) {
				parts.add(value.substring(start, i));
				start = i + 1;
			}
		}
		if (reversed) {
			Collections.reverse(parts);
		}
		return String.join(".", parts.subList(Math.max(0, parts.size() - kept), parts.size()));
	}

	/** RFC 3986 §2.3: all but the unreserved characters. */
	private static String escaped(String value) {
		StringBuilder result = new StringBuilder();
		for (byte octet : value.getBytes(StandardCharsets.UTF_8)) {
			char c = (char) (octet & 0xFF);
			boolean unreserved = c < 0x80 && (Character.isLetterOrDigit(c) || "-._~".indexOf(c) >= 0);
			result.append(unreserved ? String.valueOf(c) : String.format("%%%02X", (int) c));
		}
		return result.toString();
	}

	/** What stands for a macro letter. */
	@FunctionalInterface
	interface Values {

		String of(char letter) throws SpfException;

	}

}
