package io.smtpd;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Reads paths and parameters as RFC 5321 §4.1.2 and RFC 6531 §3.3 write them, and nothing
 * else. Goes over a command's argument once, from left to right.
 */
final class PathParser {

	/** RFC 5321 §4.5.3.1.3, angle brackets included. */
	private static final int MOST_PATH_OCTETS = 256;

	/** RFC 5321 §4.5.3.1.2. */
	private static final int MOST_DOMAIN_OCTETS = 255;

	/** RFC 1035 §2.3.4. */
	private static final int MOST_LABEL_OCTETS = 63;

	private static final String ATOM_SPECIALS = "!#$%&'*+-/=?^_`{|}~";

	private static final char END = '\0';

	private final String text;

	private int at;

	PathParser(String text, int from) {
		this.text = text;
		this.at = from;
	}

	/**
	 * Reads {@code Reverse-path}: a path, or {@code <>} for the null reverse-path.
	 * @return the mailbox without brackets and source route; empty for {@code <>}
	 * @throws SmtpException 501 5.1.7
	 */
	String reversePath() {
		if (this.text.startsWith("<>", this.at)) {
			this.at += 2;
			return "";
		}
		return path(Replies.BAD_SENDER, false);
	}

	/**
	 * Reads {@code Forward-path}, or {@code <Postmaster>} in any case (§4.1.1.3).
	 * @return the mailbox without brackets and source route
	 * @throws SmtpException 501 5.1.3
	 */
	String forwardPath() {
		return path(Replies.BAD_RECIPIENT, true);
	}

	private String path(SmtpReply problem, boolean postmaster) {
		int start = this.at;
		expect('<', problem);
		if (peek() == '@') {
			sourceRoute(problem);
		}
		int mailbox = this.at;
		localPart(problem);
		int localEnd = this.at;
		if (peek() == '@') {
			this.at++;
			domainOrLiteral(problem);
		}
		else if (!postmaster || !isPostmaster(this.text.substring(mailbox, localEnd))) {
			throw new SmtpException(problem);
		}
		int end = this.at;
		expect('>', problem);
		if (octets(start, this.at) > MOST_PATH_OCTETS) {
			throw new SmtpException(501, problem.enhancedStatus(), "Path too long");
		}
		return this.text.substring(mailbox, end);
	}

	private static boolean isPostmaster(String localPart) {
		return isAscii(localPart) && localPart.equalsIgnoreCase("postmaster");
	}

	/** {@code A-d-l ":"}: taken and dropped (§4.1.1.3, appendix C). */
	private void sourceRoute(SmtpReply problem) {
		do {
			expect('@', problem);
			domain(problem);
		}
		while (skip(','));
		expect(':', problem);
	}

	private void localPart(SmtpReply problem) {
		if (peek() == '"') {
			quotedString(problem);
			return;
		}
		do {
			int start = this.at;
			while (isAtomCharacter(peek())) {
				this.at++;
			}
			if (this.at == start) {
				throw new SmtpException(problem);
			}
		}
		while (skip('.'));
	}

	private static boolean isAtomCharacter(char character) {
		return isLetterOrDigit(character) || isInternational(character) || ATOM_SPECIALS.indexOf(character) >= 0;
	}

	/**
	 * A control character is neither qtextSMTP nor may a backslash quote it; what RFC
	 * 6531 §3.3 adds is qtextSMTP, but not what a backslash may quote.
	 */
	private void quotedString(SmtpReply problem) {
		expect('"', problem);
		while (peek() != '"') {
			boolean quotedPair = skip('\\');
			char character = peek();
			if (character < ' ' || (character > '~' && (quotedPair || !isInternational(character)))) {
				throw new SmtpException(problem);
			}
			this.at++;
		}
		this.at++;
	}

	private void domainOrLiteral(SmtpReply problem) {
		if (peek() != '[') {
			domain(problem);
			return;
		}
		int close = this.text.indexOf(']', this.at);
		if (close < 0 || AddressLiteral.parse(this.text.substring(this.at + 1, close)) == null) {
			throw new SmtpException(problem);
		}
		this.at = close + 1;
	}

	private void domain(SmtpReply problem) {
		int start = this.at;
		do {
			subDomain(problem, false);
		}
		while (skip('.'));
		if (octets(start, this.at) > MOST_DOMAIN_OCTETS) {
			throw new SmtpException(problem);
		}
	}

	private void subDomain(SmtpReply problem, boolean underscore) {
		int start = this.at;
		char character = peek();
		while (isLetterOrDigit(character) || character == '-' || character >= 0x80
				|| (underscore && character == '_')) {
			this.at++;
			character = peek();
		}
		if (this.at == start || this.text.charAt(start) == '-' || this.text.charAt(this.at - 1) == '-'
				|| octets(start, this.at) > MOST_LABEL_OCTETS) {
			throw new SmtpException(problem);
		}
	}

	/**
	 * Reads {@code [SP esmtp-param *(SP esmtp-param)]} up to the end.
	 * @return the parameters in their order, keywords in upper case
	 * @throws SmtpException 501 5.5.4, also for a parameter that is given twice
	 */
	Map<String, String> parameters() {
		if (this.at == this.text.length()) {
			return Map.of();
		}
		Map<String, String> parameters = new LinkedHashMap<>();
		while (this.at < this.text.length()) {
			expect(' ', Replies.BAD_PARAMETER);
			String keyword = keyword();
			String value = skip('=') ? value() : "";
			if (parameters.put(keyword, value) != null) {
				throw new SmtpException(501, "5.5.4", "Parameter " + keyword + " is given twice");
			}
		}
		return parameters;
	}

	private String keyword() {
		int start = this.at;
		while (isLetterOrDigit(peek()) || (peek() == '-' && this.at > start)) {
			this.at++;
		}
		if (this.at == start) {
			throw new SmtpException(Replies.BAD_PARAMETER);
		}
		return this.text.substring(start, this.at).toUpperCase(Locale.ROOT);
	}

	private String value() {
		int start = this.at;
		while (peek() > ' ' && peek() != '=' && peek() != 0x7F) {
			this.at++;
		}
		if (this.at == start) {
			throw new SmtpException(Replies.BAD_PARAMETER);
		}
		return this.text.substring(start, this.at);
	}

	/**
	 * Tells whether a name may stand in HELO, EHLO or LHLO (§4.1.1.1). More lenient than
	 * a path, since a name is never routed to: an underscore is common in host names, and
	 * an address literal may lack the tag of IPv6.
	 */
	static boolean isHeloName(String name) {
		if (name.startsWith("[") && name.endsWith("]")) {
			String content = name.substring(1, name.length() - 1);
			return AddressLiteral.parse(content) != null || AddressLiteral.parseIpv6(content) != null;
		}
		if (name.length() > MOST_DOMAIN_OCTETS || !name.chars().allMatch((character) -> character < 0x80)) {
			return false;
		}
		PathParser parser = new PathParser(name, 0);
		try {
			do {
				parser.subDomain(Replies.BAD_HELO, true);
			}
			while (parser.skip('.') && parser.at < name.length()); // a dot may end it
			return parser.at == name.length();
		}
		catch (SmtpException ex) {
			return false;
		}
	}

	private char peek() {
		return (this.at < this.text.length()) ? this.text.charAt(this.at) : END;
	}

	private boolean skip(char character) {
		if (peek() != character) {
			return false;
		}
		this.at++;
		return true;
	}

	private void expect(char character, SmtpReply problem) {
		if (!skip(character)) {
			throw new SmtpException(problem);
		}
	}

	/** How many octets of UTF-8 a part of the text has. */
	private int octets(int from, int to) {
		int octets = to - from;
		for (int i = from; i < to; i++) {
			char character = this.text.charAt(i);
			if (character >= 0x80) {
				octets += (character < 0x800 || Character.isSurrogate(character)) ? 1 : 2;
			}
		}
		return octets;
	}

	/** {@code UTF8-non-ascii} (RFC 6531 §3.3), without what would control a terminal. */
	private static boolean isInternational(char character) {
		return character >= 0xA0 && character != 0x2028 && character != 0x2029;
	}

	private static boolean isLetterOrDigit(char character) {
		return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')
				|| (character >= '0' && character <= '9');
	}

	/** Tells whether an address needs SMTPUTF8 (RFC 6531 §3.3). */
	static boolean isAscii(String address) {
		for (int i = 0; i < address.length(); i++) {
			if (address.charAt(i) >= 0x80) {
				return false;
			}
		}
		return true;
	}

}
