package io.smtpd;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * A reply to the client: a three-digit code, an enhanced status code and one or more
 * lines of text (RFC 5321 §4.2, RFC 2034, RFC 3463). Immutable.
 * <p>
 * The text is made safe when the reply is built: control characters become blanks, so a
 * reply that quotes the client cannot smuggle a second line, and text that does not fit
 * into a reply line (512 octets, §4.5.3.1.5) goes on in the next one.
 *
 * @param code the reply code, 200 to 599
 * @param enhancedStatus the enhanced status code such as {@code 5.1.1}, or null for none
 * @param lines the text, at least one line, without line ends
 */
public record SmtpReply(int code, @Nullable String enhancedStatus, List<String> lines) implements Serializable {

	/** What is left of 512 octets beside code, enhanced status code and line end. */
	private static final int MAX_TEXT = 480;

	/** The same where a character may take four octets. */
	private static final int MAX_UNICODE_TEXT = 120;

	/** 432 4.7.12: the user must change to another mechanism first (RFC 4954 §4.7.12). */
	public static final SmtpReply PASSWORD_TRANSITION_NEEDED = of(432, "4.7.12", "A password transition is needed");

	/** 450: the mail action was not taken, temporarily. */
	public static final SmtpReply MESSAGE_ERROR = of(450, "4.0.0", "Requested mail action not taken");

	/** 452: not enough storage at the moment. */
	public static final SmtpReply MESSAGE_EXCEEDS_STORAGE = of(452, "4.3.1",
			"Requested action not taken: insufficient system storage");

	/** 454: authentication could not be decided at the moment (RFC 4954 §6). */
	public static final SmtpReply TEMPORARY_AUTHENTICATION_FAILURE = of(454, "4.7.0",
			"Temporary authentication failure");

	/** 530: the client must authenticate first (RFC 4954 §6). */
	public static final SmtpReply AUTHENTICATION_REQUIRED = of(530, "5.7.0", "Authentication required");

	/** 535: wrong credentials (RFC 4954 §6). */
	public static final SmtpReply AUTHENTICATION_CREDENTIALS_INVALID = of(535, "5.7.8",
			"Authentication credentials invalid");

	/** 538: this mechanism is only taken inside TLS (RFC 4954 §6). */
	public static final SmtpReply ENCRYPTION_REQUIRED = of(538, "5.7.11",
			"Encryption required for requested authentication mechanism");

	/** 550: mailbox unavailable, or a lasting error of the server. */
	public static final SmtpReply SERVER_ERROR = of(550, "5.0.0", "Requested mail action not taken: server error");

	/** 552: the storage that is allotted is used up. */
	public static final SmtpReply EXCEEDED_STORAGE_ALLOCATION = of(552, "5.2.2",
			"Requested mail action aborted: exceeded storage allocation");

	/**
	 * Checks the codes and cleans the text.
	 * @throws IllegalArgumentException when the code is not between 200 and 599, when the
	 * enhanced status code is malformed or its class is not the code's first digit, or
	 * when there is no line
	 */
	public SmtpReply {
		if (code < 200 || code > 599 || code / 10 % 10 > 5) {
			throw new IllegalArgumentException("Not a reply code (RFC 5321 §4.2.1): " + code);
		}
		if (enhancedStatus != null && !isEnhancedStatus(enhancedStatus, code / 100)) {
			throw new IllegalArgumentException(
					"Not an enhanced status code for a reply of " + code + " (RFC 3463 §2): " + enhancedStatus);
		}
		if (lines.isEmpty()) {
			throw new IllegalArgumentException("A reply needs at least one line of text");
		}
		lines = isClean(lines) ? List.copyOf(lines) : cleaned(lines);
	}

	/** {@code class "." subject "." detail} (RFC 3463 §2). */
	private static boolean isEnhancedStatus(String status, int codeClass) {
		int dot = status.indexOf('.', 2);
		return status.length() > 4 && status.charAt(0) - '0' == codeClass && codeClass != 3 && status.charAt(1) == '.'
				&& isNumber(status, 2, dot) && isNumber(status, dot + 1, status.length());
	}

	private static boolean isNumber(String text, int from, int to) {
		if (to - from < 1 || to - from > 3) {
			return false;
		}
		for (int i = from; i < to; i++) {
			if (text.charAt(i) < '0' || text.charAt(i) > '9') {
				return false;
			}
		}
		return true;
	}

	/** The usual case, without a copy. */
	private static boolean isClean(List<String> lines) {
		for (String line : lines) {
			if (line.length() > MAX_TEXT) {
				return false;
			}
			for (int i = 0; i < line.length(); i++) {
				if (line.charAt(i) < ' ' || line.charAt(i) > '~') {
					return false;
				}
			}
		}
		return true;
	}

	private static List<String> cleaned(List<String> lines) {
		List<String> cleaned = new ArrayList<>(lines.size());
		for (String line : lines) {
			addClean(line, cleaned);
		}
		return List.copyOf(cleaned);
	}

	/**
	 * Makes a reply without an enhanced status code.
	 * @param code the reply code
	 * @param text the text, one or more lines
	 * @return the reply
	 * @throws IllegalArgumentException as the constructor does
	 */
	public static SmtpReply of(int code, String text) {
		return new SmtpReply(code, null, List.of(text));
	}

	/**
	 * Makes a reply.
	 * @param code the reply code
	 * @param enhancedStatus the enhanced status code, or null for none
	 * @param lines the text, one or more lines
	 * @return the reply
	 * @throws IllegalArgumentException as the constructor does
	 */
	public static SmtpReply of(int code, @Nullable String enhancedStatus, String... lines) {
		return new SmtpReply(code, enhancedStatus, List.of(lines));
	}

	/**
	 * Tells whether this is a refusal, temporary or permanent.
	 * @return whether the code is 400 or more
	 */
	public boolean isRefusal() {
		return this.code >= 400;
	}

	/**
	 * Tells whether the client may try the same again later (RFC 5321 §4.2.1).
	 * @return whether the code is 400 to 499
	 */
	public boolean isTemporary() {
		return this.code / 100 == 4;
	}

	/**
	 * Tells whether the session ends with this reply (RFC 5321 §3.8).
	 * @return whether the code is 421
	 */
	public boolean closesSession() {
		return this.code == 421;
	}

	/**
	 * Returns code, enhanced status code and text, the lines joined by " / ".
	 * @return the reply for a log
	 */
	@Override
	public String toString() {
		String status = (this.enhancedStatus != null) ? this.enhancedStatus + " " : "";
		return String.format(Locale.ROOT, "%d %s%s", this.code, status, String.join(" / ", this.lines));
	}

	private static void addClean(String line, List<String> target) {
		StringBuilder clean = new StringBuilder(line.length());
		line.codePoints()
			.forEach((character) -> clean
				.appendCodePoint((Character.isISOControl(character) || character == 0x2028 || character == 0x2029) ? ' '
						: character));
		boolean ascii = clean.chars().allMatch((character) -> character < 0x80);
		int most = ascii ? MAX_TEXT : MAX_UNICODE_TEXT;
		int from = 0;
		while (clean.length() - from > most) {
			int to = lastBlank(clean, from, from + most);
			target.add(clean.substring(from, to));
			from = to;
		}
		target.add(clean.substring(from));
	}

	private static int lastBlank(CharSequence text, int from, int to) {
		for (int i = to; i > from; i--) {
			if (text.charAt(i - 1) == ' ') {
				return i;
			}
		}
		return Character.isHighSurrogate(text.charAt(to - 1)) ? to - 1 : to;
	}

}
