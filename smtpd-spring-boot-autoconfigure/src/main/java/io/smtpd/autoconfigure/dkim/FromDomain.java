package io.smtpd.autoconfigure.dkim;

import java.net.IDN;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Finds the domains of the mailboxes in a From header field (RFC 5322 §3.4, §4.4), be
 * they alone, in a list or in a group, with comments, quoted strings and obsolete routes.
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
		List<String> mailboxes = mailboxes(withoutCommentsAndQuotes(value));
		return mailboxes.isEmpty() ? null : domain(mailboxes.get(0));
	}

	/**
	 * Returns the domains of all mailboxes as {@link #of} does, each once; those without
	 * a domain name are left out.
	 */
	static Set<String> all(String value) {
		Set<String> domains = new LinkedHashSet<>();
		for (String mailbox : mailboxes(withoutCommentsAndQuotes(value))) {
			String domain = domain(mailbox);
			if (domain != null) {
				domains.add(domain);
			}
		}
		return domains;
	}

	private static @Nullable String domain(String mailbox) {
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

	private static List<String> mailboxes(String value) {
		List<String> result = new ArrayList<>();
		StringBuilder token = new StringBuilder();
		boolean literal = false;
		boolean taken = false;
		for (int i = 0; i < value.length(); i++) {
			char c = value.charAt(i);
			if (c == '<') {
				int end = value.indexOf('>', i);
				end = (end >= 0) ? end : value.length();
				result.add(value.substring(i + 1, end));
				taken = true;
				i = end;
				continue;
			}
			literal = (c == '[') || (literal && c != ']');
			if (literal || ":,;".indexOf(c) < 0) {
				token.append(c);
				continue;
			}
			if (c != ':') {
				addBare(token, taken, result);
			}
			token.setLength(0); // the name of a group, or an element that is empty
			taken = false;
		}
		addBare(token, taken, result);
		return result;
	}

	/** A mailbox without angle brackets; what stands around them is a name. */
	private static void addBare(StringBuilder token, boolean taken, List<String> target) {
		if (!taken && token.indexOf("@") >= 0) {
			target.add(token.toString());
		}
	}

}
