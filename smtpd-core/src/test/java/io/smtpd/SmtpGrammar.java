package io.smtpd;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The grammar of RFC 5321 §4.1.2 and §4.1.3 with RFC 6531 §3.3 once more, as patterns:
 * slow, but as the RFCs write it.
 */
final class SmtpGrammar {

	private static final String INTERNATIONAL = "\\xA0-\\u2027\\u202A-\\uFFFF\\x{10000}-\\x{10FFFF}";

	private static final String LETTER_DIGIT = "A-Za-z0-9";

	private static final String ATOM = "[" + LETTER_DIGIT + "!#$%&'*+\\-/=?^_`{|}~" + INTERNATIONAL + "]++";

	private static final String DOT_STRING = ATOM + "(?:\\." + ATOM + ")*+";

	private static final String QUOTED_STRING = "\"(?:[ !#-\\[\\]-~" + INTERNATIONAL + "]|\\\\[ -~])*+\"";

	private static final String SUB_DOMAIN = "(?:[" + LETTER_DIGIT + INTERNATIONAL + "](?:[" + LETTER_DIGIT + "\\-"
			+ INTERNATIONAL + "]*[" + LETTER_DIGIT + INTERNATIONAL + "])?)";

	private static final String DOMAIN = SUB_DOMAIN + "(?:\\." + SUB_DOMAIN + ")*+";

	private static final String ROUTE = "(?:@" + DOMAIN + "(?:,@" + DOMAIN + ")*+:)?";

	private static final Pattern PATH = Pattern
		.compile("<" + ROUTE + "((?:" + DOT_STRING + "|" + QUOTED_STRING + ")(?:@(" + DOMAIN + "|\\[[^\\]]*+]))?)>");

	private static final Pattern DOMAINS = Pattern.compile("@(" + DOMAIN + ")");

	private static final Pattern PARAMETERS = Pattern
		.compile("(?: [A-Za-z0-9][A-Za-z0-9\\-]*+(?:=[^\\x00- =\\x7F]++)?)*+");

	private static final String SNUM = "(?:25[0-5]|2[0-4]\\d|[01]?\\d?\\d)";

	private static final Pattern IPV4 = Pattern.compile("(?:0{0,2}\\d|0?\\d\\d|1\\d\\d|2[0-4]\\d|25[0-5])"
			+ "(?:\\.(?:0{0,2}\\d|0?\\d\\d|1\\d\\d|2[0-4]\\d|25[0-5])){3}");

	private static final Pattern IPV4_TAIL = Pattern.compile("(?<=:)" + SNUM + "(?:\\." + SNUM + "){3}$");

	private static final Pattern IPV6_FULL = Pattern.compile("[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){7}");

	private static final Pattern IPV6_COMPRESSED = Pattern
		.compile("((?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)?)::((?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4})*)?)");

	private static final Pattern HELO_LABEL = Pattern.compile("[A-Za-z0-9_](?:[A-Za-z0-9_\\-]*[A-Za-z0-9_])?");

	private SmtpGrammar() {
	}

	/** A path at the start of a text. */
	record Path(String mailbox, String rest) {

	}

	/** Reads a path, or returns null. */
	static Path path(String text, boolean reverse) {
		if (reverse && text.startsWith("<>")) {
			return new Path("", text.substring(2));
		}
		Matcher matcher = PATH.matcher(text);
		if (!matcher.lookingAt() || octets(matcher.group()) > 256) {
			return null;
		}
		String mailbox = matcher.group(1);
		String domain = matcher.group(2);
		if (domain == null && (reverse || !mailbox.toLowerCase(Locale.ROOT).equals("postmaster"))) {
			return null;
		}
		if (domain != null && !(domain.startsWith("[") ? isLiteral(domain) : isShort(domain))) {
			return null;
		}
		String route = matcher.group().substring(0, matcher.start(1));
		if (!DOMAINS.matcher(route).results().allMatch((result) -> isShort(result.group(1)))) {
			return null;
		}
		return new Path(mailbox, text.substring(matcher.end()));
	}

	private static boolean isShort(String domain) {
		for (String label : domain.split("\\.", -1)) {
			if (octets(label) > 63) {
				return false;
			}
		}
		return octets(domain) <= 255;
	}

	private static int octets(String text) {
		return text.getBytes(StandardCharsets.UTF_8).length;
	}

	static boolean areParameters(String text) {
		return PARAMETERS.matcher(text).matches();
	}

	private static boolean isLiteral(String domain) {
		String content = domain.substring(1, domain.length() - 1);
		return (content.length() > 5 && content.substring(0, 5).equalsIgnoreCase("IPv6:"))
				? isIpv6(content.substring(5)) : isIpv4(content);
	}

	static boolean isIpv4(String text) {
		return IPV4.matcher(text).matches();
	}

	/** At least two groups are left out where the short form is used (§4.1.3). */
	static boolean isIpv6(String text) {
		String groups = IPV4_TAIL.matcher(text).replaceFirst("0:0");
		if (IPV6_FULL.matcher(groups).matches()) {
			return true;
		}
		Matcher matcher = IPV6_COMPRESSED.matcher(groups);
		return matcher.matches() && count(matcher.group(1)) + count(matcher.group(2)) <= 6;
	}

	private static int count(String groups) {
		return groups.isEmpty() ? 0 : groups.split(":").length;
	}

	static boolean isHeloName(String name) {
		if (name.startsWith("[") && name.endsWith("]") && name.length() > 1) {
			return isLiteral(name) || isIpv6(name.substring(1, name.length() - 1));
		}
		if (name.length() > 255 || name.equals(".")) {
			return false;
		}
		String[] labels = (name.endsWith(".") ? name.substring(0, name.length() - 1) : name).split("\\.", -1);
		for (String label : labels) {
			if (label.length() > 63 || !HELO_LABEL.matcher(label).matches()) {
				return false;
			}
		}
		return true;
	}

}
