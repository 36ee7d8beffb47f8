package io.smtpd.autoconfigure.verify;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * An SPF record that was read (RFC 7208 §4.6.1, §5, §6, §12). Immutable.
 *
 * @param mechanisms the mechanisms in their order
 * @param redirect where the rest of the policy is, or null
 */
record SpfRecord(List<Mechanism> mechanisms, @Nullable String redirect) {

	private static final String VERSION = "v=spf1";

	private static final String REDIRECT = "redirect";

	private static final Set<String> MECHANISMS = Set.of("all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists");

	/** Those that are followed by a prefix length. */
	private static final Set<String> WITH_PREFIX = Set.of("a", "mx", "ip4", "ip6");

	/** Returns whether a TXT record is an SPF record (RFC 7208 §4.5). */
	static boolean isRecord(String text) {
		return text.regionMatches(true, 0, VERSION, 0, VERSION.length())
				&& (text.length() == VERSION.length() || text.charAt(VERSION.length()) == ' ');
	}

	/**
	 * Reads a record.
	 * @throws SpfException when any part of it is malformed
	 */
	static SpfRecord parse(String text) throws SpfException {
		List<Mechanism> mechanisms = new ArrayList<>();
		Map<String, String> modifiers = new HashMap<>();
		for (String term : text.substring(VERSION.length()).split(" +")) {
			int end = nameEnd(term);
			if (end > 0 && end < term.length() && term.charAt(end) == '=') {
				modifier(term.substring(0, end).toLowerCase(Locale.ROOT), term.substring(end + 1), modifiers);
			}
			else if (!term.isEmpty()) {
				mechanisms.add(mechanism(term));
			}
		}
		return new SpfRecord(List.copyOf(mechanisms), modifiers.get(REDIRECT));
	}

	/** §6: the two that are known may each stand there once. */
	private static void modifier(String name, String value, Map<String, String> target) throws SpfException {
		if (!name.equals(REDIRECT) && !name.equals("exp")) {
			SpfMacros.check(value);
			return;
		}
		SpfMacros.checkDomain(value);
		if (target.putIfAbsent(name, value) != null) {
			throw SpfException.malformed();
		}
	}

	/** Where a name that begins with a letter ends; 0 when there is none. */
	private static int nameEnd(String term) {
		int i = 0;
		while (i < term.length() && (isLetter(term.charAt(i)) || (i > 0 && isNameCharacter(term.charAt(i))))) {
			i++;
		}
		return i;
	}

	private static boolean isNameCharacter(char c) {
		return isDigit(c) || "-_.".indexOf(c) >= 0;
	}

	private static Mechanism mechanism(String term) throws SpfException {
		SpfResult qualifier = switch (term.charAt(0)) {
			case '-' -> SpfResult.FAIL;
			case '~' -> SpfResult.SOFTFAIL;
			case '?' -> SpfResult.NEUTRAL;
			default -> SpfResult.PASS;
		};
		String directive = ("+-~?".indexOf(term.charAt(0)) >= 0) ? term.substring(1) : term;
		int end = nameEnd(directive);
		String name = directive.substring(0, end).toLowerCase(Locale.ROOT);
		String rest = directive.substring(end);
		if (!MECHANISMS.contains(name)) {
			throw SpfException.malformed();
		}
		int[] prefixes = { 32, 128 };
		if (WITH_PREFIX.contains(name)) {
			rest = prefixes(name, rest, prefixes);
		}
		String value = null;
		if (!rest.isEmpty()) {
			if (rest.charAt(0) != ':' || rest.length() == 1) {
				throw SpfException.malformed();
			}
			value = rest.substring(1);
		}
		check(name, value);
		return new Mechanism(qualifier, name, value, prefixes[0], prefixes[1]);
	}

	private static void check(String name, @Nullable String value) throws SpfException {
		boolean wanted = switch (name) {
			case "include", "exists", "ip4", "ip6" -> true;
			default -> value != null;
		};
		if (!wanted) {
			return;
		}
		if (value == null || name.equals("all")) {
			throw SpfException.malformed();
		}
		if (!name.startsWith("ip")) {
			SpfMacros.checkDomain(value);
		}
		else if (!SpfNetwork.isAddress(value, name.equals("ip6"))) {
			throw SpfException.malformed();
		}
	}

	/** Takes {@code /n} and {@code //n} off the end. */
	private static String prefixes(String name, String rest, int[] target) throws SpfException {
		String left = rest;
		boolean dual = name.equals("a") || name.equals("mx");
		if (dual) {
			int start = digitsBefore(left);
			if (start >= 2 && left.startsWith("//", start - 2)) {
				target[1] = prefix(left.substring(start), 128);
				left = left.substring(0, start - 2);
			}
		}
		int start = digitsBefore(left);
		if (start >= 1 && start < left.length() && left.charAt(start - 1) == '/') {
			boolean ipv6 = name.equals("ip6");
			target[ipv6 ? 1 : 0] = prefix(left.substring(start), ipv6 ? 128 : 32);
			left = left.substring(0, start - 1);
		}
		return left;
	}

	private static int digitsBefore(String text) {
		int i = text.length();
		while (i > 0 && isDigit(text.charAt(i - 1))) {
			i--;
		}
		return i;
	}

	private static int prefix(String digits, int most) throws SpfException {
		if (digits.isEmpty() || digits.length() > 3 || (digits.length() > 1 && digits.charAt(0) == '0')
				|| Integer.parseInt(digits) > most) {
			throw SpfException.malformed();
		}
		return Integer.parseInt(digits);
	}

	private static boolean isLetter(char c) {
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	}

	private static boolean isDigit(char c) {
		return c >= '0' && c <= '9';
	}

	/**
	 * A mechanism.
	 *
	 * @param qualifier what it means when it matches
	 * @param name its name in lower case
	 * @param value what follows the colon, or null
	 * @param ipv4Prefix how many bits of an IPv4 address count
	 * @param ipv6Prefix how many bits of an IPv6 address count
	 */
	record Mechanism(SpfResult qualifier, String name, @Nullable String value, int ipv4Prefix, int ipv6Prefix) {

	}

}
