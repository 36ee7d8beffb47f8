package io.smtpd;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.smtpd.SessionListener.SessionOutcome;
import org.jspecify.annotations.Nullable;

/**
 * Goes through both sides of a dialogue as RFC 5321 has it, knowing nothing of the
 * engine: a line is answered by one reply, mail data after 354 by another, no verb is
 * answered by what belongs to another, and only what was ended by CRLF.CRLF and answered
 * by 250 is a message.
 */
final class DialogueObserver {

	/** RFC 5321 §4.2, with an enhanced status code or without (RFC 2034 §4). */
	private static final Pattern REPLY_LINE = Pattern
		.compile("(?s)([2-5])[0-5][0-9][ -](?:([245])\\.\\d{1,3}\\.\\d{1,3} )?[^\\x00-\\x1F\\x7F]*");

	/** RFC 5321 §4.5.3.1.5, without the line end. */
	private static final int MOST_REPLY_OCTETS = 510;

	/** No command is longer, whatever its extensions (RFC 4954 §4). */
	private static final int MOST_LINE_OCTETS = 12_288;

	/** Which verbs a good reply may answer; what is not named here never comes. */
	private static final Map<String, Set<String>> VERBS = Map.of("214", Set.of("HELP"), "220",
			Set.of("STARTTLS", "XCLIENT"), "221", Set.of("QUIT"), "235", Set.of("AUTH"), "250",
			Set.of("HELO", "EHLO", "LHLO", "MAIL", "RCPT", "RSET", "NOOP"), "252", Set.of("VRFY"), "334",
			Set.of("AUTH"), "354", Set.of("DATA"));

	private static final Set<String> RESETTING = Set.of("HELO", "EHLO", "LHLO", "RSET", "XCLIENT", "STARTTLS");

	private static final Set<String> OUTSIDE_TRANSACTION = Set.of("MAIL", "AUTH", "XCLIENT", "STARTTLS");

	private final byte[] sent;

	private final boolean lmtp;

	private final List<String> replies = new ArrayList<>();

	private final List<Delivery> deliveries = new ArrayList<>();

	private int at;

	private int reply;

	private boolean authenticating;

	private @Nullable String mail;

	private List<String> recipients = new ArrayList<>();

	/** A message as the dialogue has it: the lines that began it, and its data. */
	record Delivery(String mail, List<String> recipients, String data) {

	}

	/**
	 * Takes a dialogue, and splits what the server wrote into replies.
	 * @param lmtp whether data is answered once for each recipient (RFC 2033 §4.2)
	 */
	DialogueObserver(byte[] sent, byte[] written, boolean lmtp) {
		this.sent = sent;
		this.lmtp = lmtp;
		String text = new String(written, StandardCharsets.ISO_8859_1);
		check(text.endsWith("\r\n"), "output ends within a line", text);
		boolean utf8 = new String(sent, StandardCharsets.ISO_8859_1).toUpperCase(Locale.ROOT).contains("SMTPUTF8");
		String begun = null;
		for (String line : text.substring(0, text.length() - 2).split("\r\n", -1)) {
			checkLine(line, utf8);
			String code = line.substring(0, 3);
			check(begun == null || begun.equals(code), "code changes within a reply", line);
			begun = (line.charAt(3) == '-') ? code : null;
			if (begun == null) {
				this.replies.add(line);
			}
		}
		check(begun == null, "a reply without its last line", text);
	}

	DialogueObserver(byte[] sent, byte[] written) {
		this(sent, written, false);
	}

	private static void checkLine(String line, boolean utf8) {
		Matcher matcher = REPLY_LINE.matcher(line);
		check(matcher.matches(), "not a reply line", line);
		check(matcher.group(2) == null || matcher.group(2).equals(matcher.group(1)),
				"enhanced status code of another class", line);
		check(line.length() <= MOST_REPLY_OCTETS || line.startsWith("334 "), "reply line too long", line);
		if (!line.chars().allMatch((octet) -> octet < 0x80)) {
			check(utf8, "more than ASCII without SMTPUTF8", line);
			byte[] octets = line.getBytes(StandardCharsets.ISO_8859_1);
			String decoded = new String(octets, StandardCharsets.UTF_8);
			check(!decoded.contains("\uFFFD"), "malformed UTF-8", line);
			check(decoded.codePoints().noneMatch(Character::isISOControl), "control character", decoded);
		}
	}

	/** The reply codes, the greeting's first. */
	List<String> codes() {
		return this.replies.stream().map((line) -> line.substring(0, 3)).toList();
	}

	/** The messages that {@link #check} found delivered. */
	List<Delivery> deliveries() {
		return this.deliveries;
	}

	/**
	 * Compares the dialogue with what the handler got.
	 * @return how many messages were delivered
	 * @throws AssertionError when they contradict each other
	 */
	int check(InMemorySession session) {
		check(next().startsWith("220 "), "no greeting", this.replies);
		String line = line();
		while (line != null && answered(line)) {
			line = line();
		}
		check(this.reply == this.replies.size(), "replies too many", this.replies);
		check(session.outcomes().size() == 1, "session ends once", session.outcomes());
		check(session.outcomes().get(0) != SessionOutcome.ERROR, "session fails", session.outcomes());
		List<ReceivedMessage> messages = session.messages();
		check(messages.size() == this.deliveries.size(), "messages delivered", messages);
		for (int i = 0; i < messages.size(); i++) {
			compare(this.deliveries.get(i), messages.get(i));
		}
		return messages.size();
	}

	private static void compare(Delivery expected, ReceivedMessage message) {
		check(expected.data().equals(message.text()), "other data was delivered", message.text());
		check(expected.mail().contains(octets(message.reversePath()) + ">"), "another reverse-path", message);
		check(expected.recipients().size() == message.forwardPaths().size(), "other recipients", message);
		for (int i = 0; i < expected.recipients().size(); i++) {
			check(expected.recipients().get(i).contains(octets(message.forwardPaths().get(i)) + ">"),
					"another forward-path", message);
		}
	}

	/** UTF-8 with one character for each octet. */
	private static String octets(String text) {
		return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
	}

	/** Checks the reply to a line; false when the session must be over. */
	private boolean answered(String line) {
		String text = next();
		String code = text.substring(0, 3);
		boolean good = code.charAt(0) < '4';
		if (!isCommand(line)) {
			check(!good, "a line that is none was obeyed: " + text, line);
		}
		if (this.authenticating) {
			check(!good || code.equals("334") || code.equals("235"), "not a reply to AUTH: " + text, line);
		}
		else {
			String verb = line.stripTrailing().split(" ", 2)[0].toUpperCase(Locale.ROOT);
			check(!good || VERBS.getOrDefault(code, Set.of()).contains(verb), "reply to another verb: " + text, line);
			if (good) {
				follow(verb, line);
			}
		}
		this.authenticating = code.equals("334");
		if (code.equals("354")) {
			return data();
		}
		return !code.equals("221") && !code.equals("421") && !text.endsWith("closing connection");
	}

	private static boolean isCommand(String line) {
		return line.length() <= MOST_LINE_OCTETS
				&& line.chars().allMatch((octet) -> (octet >= ' ' && octet != 0x7F) || octet == '\t');
	}

	/** RFC 5321 §4.1.4: what a good reply does to the transaction. */
	private void follow(String verb, String line) {
		if (OUTSIDE_TRANSACTION.contains(verb)) {
			check(this.mail == null, "not in a transaction", line);
		}
		if (verb.equals("MAIL")) {
			this.mail = line;
			this.recipients = new ArrayList<>();
		}
		else if (verb.equals("RCPT")) {
			check(this.mail != null, "RCPT without MAIL", line);
			this.recipients.add(line);
		}
		else if (verb.equals("DATA")) {
			check(this.mail != null && !this.recipients.isEmpty(), "DATA without recipients", line);
		}
		else if (RESETTING.contains(verb)) {
			this.mail = null;
		}
	}

	private boolean data() {
		String data = dataToItsEnd();
		if (data == null) {
			return false;
		}
		String code = next().substring(0, 3);
		for (int i = 1; this.lmtp && i < this.recipients.size(); i++) {
			check(next().startsWith(code), "another reply for another recipient", this.replies);
		}
		if (code.equals("250")) {
			this.deliveries.add(new Delivery(String.valueOf(this.mail), this.recipients, data));
		}
		else {
			check(code.charAt(0) >= '4', "not a reply to mail data", code);
		}
		this.mail = null;
		return !code.equals("421");
	}

	private String next() {
		check(this.reply < this.replies.size(), "a reply is missing", this.replies);
		return this.replies.get(this.reply++);
	}

	/** The next line without its end, or null. */
	private @Nullable String line() {
		int start = this.at;
		return skipLine() ? new String(this.sent, start, this.at - 2 - start, StandardCharsets.ISO_8859_1) : null;
	}

	private boolean skipLine() {
		for (int i = this.at; i + 1 < this.sent.length; i++) {
			if (this.sent[i] == '\r' && this.sent[i + 1] == '\n') {
				this.at = i + 2;
				return true;
			}
		}
		return false;
	}

	/** The mail data without its dots, or null when its end never comes. */
	private @Nullable String dataToItsEnd() {
		StringBuilder data = new StringBuilder();
		String line = line();
		while (line != null) {
			if (line.equals(".")) {
				return data.toString();
			}
			data.append(line.startsWith(".") ? line.substring(1) : line).append("\r\n");
			line = line();
		}
		return null;
	}

	/** AssertJ's messages cost more than a session does. */
	private static void check(boolean holds, String problem, Object where) {
		if (!holds) {
			throw new AssertionError(problem + ": " + where);
		}
	}

}
