package io.smtpd.autoconfigure.dkim;

import java.net.IDN;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * Finds the domain of the first mailbox in a From header field (RFC 5322 §3.4, §4.4), be
 * it alone, in a list or in a group, with comments, quoted strings and obsolete routes.
 */
final class FromDomain {

	private FromDomain() {
	}

	/**
	 * Returns the domain in lower case and as A-labels (RFC 5890 §2.3.2.1), or null when
	 * there is no mailbox or it has no domain name.
	 * @param value the field's value, unfolded
	 */
	static @Nullable String of(String value) {
		String mailbox = firstMailbox(withoutCommentsAndQuotes(value));
		int at = mailbox.lastIndexOf('@');
		return (at >= 0) ? normalized(mailbox.substring(at + 1).replaceAll("[ \t]", "")) : null;
	}

	/** Returns the domain as it is compared and written, or null when it is no name. */
	static @Nullable String normalized(String domain) {
		String ascii;
		try {
			ascii = IDN.toASCII(domain).toLowerCase(Locale.ROOT);
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
		if (ascii.endsWith(".")) {
			ascii = ascii.substring(0, ascii.length() - 1);
		}
		boolean name = ascii.length() <= 253
				&& ascii.matches("[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*");
		return name ? ascii : null;
	}

	/** Comments go, quoted strings become a letter: what is left has structure only. */
	private static String withoutCommentsAndQuotes(String value) {
		StringBuilder result = new StringBuilder(value.length());
		int commentDepth = 0;
		boolean quoted = false;
		for (int i = 0; i < value.length(); i++) {
			char c = value.charAt(i);
			if (c == '\\' && (quoted || commentDepth > 0)) {
				i++;
			}
			else if (c == '"' && commentDepth == 0) {
				quoted = !quoted;
				if (quoted) {
					result.append('q');
				}
			}
			else if (quoted) {
				continue;
			}
			else if (c == '(') {
				commentDepth++;
			}
			else if (c == ')' && commentDepth > 0) {
				commentDepth--;
			}
			else if (commentDepth == 0) {
				result.append(c);
			}
		}
		return result.toString();
	}

	private static String firstMailbox(String value) {
		StringBuilder token = new StringBuilder();
		boolean literal = false;
		for (int i = 0; i < value.length(); i++) {
			char c = value.charAt(i);
			if (c == '<') {
				int end = value.indexOf('>', i);
				return value.substring(i + 1, (end >= 0) ? end : value.length());
			}
			literal = (c == '[') || (literal && c != ']');
			if (literal || ":,;".indexOf(c) < 0) {
				token.append(c);
			}
			else if (c != ':' && token.indexOf("@") >= 0) {
				return token.toString();
			}
			else {
				token.setLength(0); // the name of a group, or an element that is empty
			}
		}
		return token.toString();
	}

}
