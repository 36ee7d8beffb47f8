package io.smtpd;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

/**
 * What a session must answer, told from the RFCs' states (RFC 5321 §3.3, §4.1.4, §4.3.2;
 * RFC 3207 §4, RFC 4954 §4) without a look at the engine: it parses nothing, a command
 * says itself what is wrong with it. Where several things are wrong at once, the RFCs
 * leave open which is told; here it is first the line, then the sequence, then the
 * argument, then what the application says.
 */
final class SessionModel {

	static final int MOST_RECIPIENTS = 2;

	static final int MOST_OCTETS = 500;

	private static final String USER = base64("user");

	private static final String SECRET = base64("secret");

	private final Server server;

	private boolean secure;

	private boolean authenticated;

	private Greeted greeted = Greeted.NO;

	private @Nullable Mail mail;

	private int errors;

	private int junk;

	private int authFailures;

	private boolean over;

	private final List<Mail> accepted = new ArrayList<>();

	SessionModel(Server server) {
		this.server = server;
	}

	/** What is set on the server. */
	record Server(boolean tlsOffered, boolean tlsRequired, boolean authInClear, boolean authRequired, int maxErrors,
			int maxJunk, int maxAuthFailures) {

	}

	/** How the client has introduced itself. */
	private enum Greeted {

		NO, HELO, EHLO

	}

	/** A transaction, and what was accepted of it. */
	static final class Mail {

		final String reversePath;

		final boolean utf8;

		final List<String> recipients = new ArrayList<>();

		int refused;

		String data = "";

		Mail(String reversePath, boolean utf8) {
			this.reversePath = reversePath;
			this.utf8 = utf8;
		}

		@Override
		public String toString() {
			return "<" + this.reversePath + "> -> " + this.recipients + ": " + this.data;
		}

	}

	/**
	 * What the client sends and how the reply to it begins.
	 *
	 * @param keywords what EHLO must show, null for other replies
	 */
	record Turn(String sent, String reply, @Nullable Set<String> keywords) {

		Turn(String sent, String reply) {
			this(sent, reply, null);
		}

	}

	/** Whether the session has ended. */
	boolean over() {
		return this.over;
	}

	boolean inClear() {
		return !this.secure;
	}

	/** The messages that must have been delivered. */
	List<Mail> accepted() {
		return this.accepted;
	}

	/**
	 * Plays a command with all that belongs to it: mail data, responses.
	 * @param line one of the command's lines, for those that are right and can be written
	 * in several ways
	 * @param last whether the client sends nothing behind it before the reply
	 */
	List<Turn> play(Command command, String line, boolean last) {
		List<Turn> turns = new ArrayList<>();
		String reply = reply(command, line, last, turns);
		int lastTurn = turns.size() - 1;
		String sent = (lastTurn >= 0) ? turns.remove(lastTurn).sent() : line + "\r\n";
		boolean ehlo = reply.equals("250") && this.greeted == Greeted.EHLO;
		turns.add(new Turn(sent, counted(reply), ehlo && !this.over ? keywords() : null));
		return turns;
	}

	/** Refusals are counted, and 452 for recipients is not one (§4.5.3.1.10). */
	private String counted(String reply) {
		if (reply.startsWith("421")) {
			this.over = true;
		}
		else if (reply.charAt(0) >= '4' && !reply.equals("452 4.5.3") && ++this.errors > this.server.maxErrors()) {
			this.over = true;
			return "421 4.7.0";
		}
		return reply;
	}

	/** Commands that lead to no message are counted, too. */
	private String junk(String reply) {
		return (++this.junk > this.server.maxJunk()) ? "421 4.7.0" : reply;
	}

	private String reply(Command command, String line, boolean last, List<Turn> turns) {
		if (command.malformed != null) {
			return command.malformed;
		}
		boolean tlsMissing = this.server.tlsRequired() && !this.secure;
		if (tlsMissing && !command.beforeTls) {
			return "530 5.7.0";
		}
		if (command.wrong != null) {
			return command.wrong;
		}
		return switch (command) {
			case HELO, EHLO, EHLO_REFUSED, EHLO_SYNTAX -> greeting(command);
			case MAIL, MAIL_SIZE, MAIL_TOO_BIG, MAIL_UTF8, MAIL_UTF8_UNDECLARED, MAIL_REFUSED, MAIL_SYNTAX, MAIL_PATH,
					MAIL_PARAMETER ->
				mail(command, line);
			case RCPT, RCPT_UTF8, RCPT_REFUSED, RCPT_SYNTAX, RCPT_PATH, RCPT_PARAMETER -> rcpt(command, line);
			case DATA, DATA_EMPTY, DATA_REFUSED, DATA_BARE, DATA_TOO_BIG -> data(command, turns);
			case RSET -> {
				this.mail = null;
				yield junk("250 2.0.0");
			}
			case NOOP -> junk("250 2.0.0");
			case VRFY -> junk("252 2.5.0");
			case VRFY_SYNTAX -> junk("501 5.5.4");
			case HELP -> junk("214 2.0.0");
			case STARTTLS -> startTls(last);
			case XCLIENT -> (this.mail != null) ? "503 5.5.1" : "550 5.7.0";
			case QUIT -> {
				this.over = true;
				yield "221 2.0.0";
			}
			default -> auth(command, turns);
		};
	}

	/** §4.1.4: a greeting resets; one that is refused changes nothing. */
	private String greeting(Command command) {
		if (command == Command.EHLO_SYNTAX) {
			return "501 5.5.4";
		}
		if (command == Command.EHLO_REFUSED) {
			return "550 5.7.1";
		}
		boolean again = this.greeted != Greeted.NO;
		this.greeted = (command == Command.HELO) ? Greeted.HELO : Greeted.EHLO;
		this.mail = null;
		return again ? junk("250") : "250";
	}

	private Set<String> keywords() {
		Set<String> keywords = new TreeSet<>(
				Set.of("8BITMIME", "ENHANCEDSTATUSCODES", "HELP", "LIMITS", "PIPELINING", "SIZE", "SMTPUTF8"));
		if (this.secure || this.server.authInClear()) {
			keywords.add("AUTH"); // RFC 4954 §4
		}
		if (this.server.tlsOffered() && !this.secure) {
			keywords.add("STARTTLS"); // RFC 3207 §4.2
		}
		return keywords;
	}

	/** §4.1.1.2: MAIL begins a transaction when all of it is right, else nothing. */
	private String mail(Command command, String line) {
		if (this.greeted == Greeted.NO || this.mail != null) {
			return "503 5.5.1";
		}
		if (this.server.authRequired() && !this.authenticated) {
			return "530 5.7.0";
		}
		boolean parameters = command == Command.MAIL_SIZE || command == Command.MAIL_TOO_BIG
				|| command == Command.MAIL_UTF8;
		if (parameters && this.greeted == Greeted.HELO) {
			return "555 5.5.4"; // no extension was offered (§4.1.1.11)
		}
		return switch (command) {
			case MAIL_SYNTAX -> "501 5.5.4";
			case MAIL_PATH -> "501 5.1.7";
			case MAIL_PARAMETER -> "555 5.5.4";
			case MAIL_TOO_BIG -> "552 5.3.4"; // RFC 1870 §6.1
			case MAIL_UTF8_UNDECLARED -> "553 5.6.7"; // RFC 6531 §3.5
			case MAIL_REFUSED -> "550 5.7.1";
			default -> {
				this.mail = new Mail(path(line), command == Command.MAIL_UTF8);
				yield "250 2.1.0";
			}
		};
	}

	private static String path(String line) {
		return line.substring(line.indexOf('<') + 1, line.indexOf('>'));
	}

	/** §4.1.1.3: one recipient, or none; the transaction goes on. */
	private String rcpt(Command command, String line) {
		if (this.mail == null) {
			return "503 5.5.1";
		}
		if (this.mail.recipients.size() == MOST_RECIPIENTS) {
			return "452 4.5.3"; // §4.5.3.1.10
		}
		if (command == Command.RCPT || (command == Command.RCPT_UTF8 && this.mail.utf8)) {
			this.mail.recipients.add(path(line));
			return "250 2.1.5";
		}
		this.mail.refused++;
		return switch (command) {
			case RCPT_SYNTAX -> "501 5.5.4";
			case RCPT_PATH -> "501 5.1.3";
			case RCPT_PARAMETER -> "555 5.5.4";
			case RCPT_UTF8 -> "553 5.6.7";
			default -> "450 4.2.1";
		};
	}

	/** §4.1.1.4: with the end of the data, the transaction ends, too (§4.1.1.4). */
	private String data(Command command, List<Turn> turns) {
		if (this.mail == null) {
			return "503 5.5.1";
		}
		if (this.mail.recipients.isEmpty()) {
			return (this.mail.refused > 0) ? "554 5.5.1" : "503 5.5.1"; // §3.3
		}
		turns.add(new Turn("DATA\r\n", "354 "));
		turns.add(new Turn(command.protectedData() + ".\r\n", ""));
		Mail ended = this.mail;
		this.mail = null;
		return switch (command) {
			case DATA_BARE -> "550 5.6.0"; // §2.3.8
			case DATA_TOO_BIG -> "552 5.3.4";
			case DATA_REFUSED -> "554 5.7.1";
			default -> {
				ended.data = command.data;
				this.accepted.add(ended);
				this.errors = 0;
				this.junk = 0;
				yield "250 2.0.0 Ok: queued as ";
			}
		};
	}

	/** RFC 3207 §4: what is sent behind it without waiting must never be run. */
	private String startTls(boolean last) {
		if (this.mail != null || this.secure) {
			return "503 5.5.1";
		}
		if (!this.server.tlsOffered()) {
			return "502 5.5.1";
		}
		if (!last) {
			this.over = true;
			return "503 5.5.1";
		}
		this.secure = true;
		this.authenticated = false;
		this.greeted = Greeted.NO;
		return "220 2.0.0";
	}

	/** RFC 4954 §4. */
	private String auth(Command command, List<Turn> turns) {
		if (this.greeted == Greeted.NO || this.mail != null || this.authenticated) {
			return "503 5.5.1";
		}
		if (this.authFailures + 1 > this.server.maxAuthFailures()) {
			return "421 4.7.0";
		}
		if (command == Command.AUTH_SYNTAX) {
			return "501 5.5.4";
		}
		if (command == Command.AUTH_UNKNOWN) {
			return "504 5.5.4";
		}
		if (!this.secure && !this.server.authInClear()) {
			return "538 5.7.11";
		}
		return switch (command) {
			case AUTH_PLAIN -> authenticated();
			case AUTH_LOGIN -> {
				turns.add(new Turn("AUTH LOGIN\r\n", "334 VXNlcm5hbWU6"));
				turns.add(new Turn(USER + "\r\n", "334 UGFzc3dvcmQ6"));
				turns.add(new Turn(SECRET + "\r\n", ""));
				yield authenticated();
			}
			case AUTH_CANCELLED -> {
				turns.add(new Turn("AUTH LOGIN " + USER + "\r\n", "334 UGFzc3dvcmQ6"));
				turns.add(new Turn("*\r\n", ""));
				yield failed("501 5.5.2");
			}
			case AUTH_MALFORMED -> {
				turns.add(new Turn("AUTH PLAIN\r\n", "334 "));
				turns.add(new Turn("QUIT\r\n", "")); // it is base64, and no command here
				yield failed("501 5.5.2");
			}
			default -> failed("535 5.7.8");
		};
	}

	private String authenticated() {
		this.authenticated = true;
		return "235 2.7.0";
	}

	private String failed(String reply) {
		this.authFailures++;
		return reply;
	}

	private static String base64(String text) {
		return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
	}

	/** What a client may send: lines that mean the same, and what is wrong with them. */
	enum Command {

		HELO("HELO client.example.org", "helo [127.0.0.1]"),

		EHLO("EHLO client.example.org", "eHLO [IPv6:::1]", "EHLO client.example.org  "),

		EHLO_REFUSED("EHLO refused.example.org"),

		EHLO_SYNTAX("EHLO", "EHLO a b", "EHLO -a", "EHLO a..b"),

		LHLO("500 5.5.1", "LHLO client.example.org"),

		MAIL("MAIL FROM:<a@example.org>", "mail from:<>", "MAIL FROM:<\"a b\"@[192.0.2.1]>"),

		MAIL_SIZE("MAIL FROM:<a@example.org> SIZE=400", "MAIL FROM:<> body=8BITMIME"),

		MAIL_TOO_BIG("MAIL FROM:<a@example.org> SIZE=501"),

		MAIL_UTF8("MAIL FROM:<\u00e4@example.org> SMTPUTF8"),

		MAIL_UTF8_UNDECLARED("MAIL FROM:<\u00e4@example.org>"),

		MAIL_REFUSED("MAIL FROM:<refused@example.org>"),

		MAIL_SYNTAX("MAIL", "MAIL <a@example.org>"),

		MAIL_PATH("MAIL FROM:a@example.org", "MAIL FROM:<a>", "MAIL FROM: <a@example.org>", "MAIL FROM:<a@example.org"),

		MAIL_PARAMETER("MAIL FROM:<a@example.org> X=1"),

		RCPT("RCPT TO:<b@example.org>", "rcpt to:<Postmaster>"),

		RCPT_UTF8("RCPT TO:<\u00f6@example.org>"),

		RCPT_REFUSED("RCPT TO:<refused@example.org>"),

		RCPT_SYNTAX("RCPT", "RCPT FROM:<b@example.org>"),

		RCPT_PATH("RCPT TO:<>", "RCPT TO:<b>", "RCPT TO:b@example.org"),

		RCPT_PARAMETER("RCPT TO:<b@example.org> X=1"),

		DATA("DATA"),

		DATA_EMPTY("DATA"),

		DATA_REFUSED("DATA"),

		DATA_BARE("DATA"),

		DATA_TOO_BIG("DATA"),

		DATA_ARGUMENT("501 5.5.4", "DATA now"),

		RSET("RSET", "rset "),

		RSET_ARGUMENT("501 5.5.4", "RSET now"),

		NOOP("NOOP", "NOOP QUIT"),

		VRFY("VRFY b@example.org"),

		VRFY_SYNTAX("VRFY"),

		HELP("HELP", "HELP MAIL"),

		NOT_OFFERED("502 5.5.1", "EXPN list", "TURN", "BDAT 10 LAST"),

		UNKNOWN("500 5.5.1", "FOO", "DATA.", "\tQUIT", "MAILFROM:<a@example.org>"),

		STARTTLS("STARTTLS"),

		STARTTLS_ARGUMENT("501 5.5.4", "STARTTLS now"),

		XCLIENT("XCLIENT ADDR=192.0.2.1"),

		AUTH_PLAIN("AUTH PLAIN AHVzZXIAc2VjcmV0"),

		AUTH_LOGIN("AUTH LOGIN"),

		AUTH_WRONG("AUTH PLAIN AHVzZXIAd3Jvbmc="),

		AUTH_CANCELLED("AUTH LOGIN dXNlcg=="),

		AUTH_MALFORMED("AUTH PLAIN"),

		AUTH_UNKNOWN("AUTH FOO"),

		AUTH_SYNTAX("AUTH"),

		EMPTY("always 500 5.5.2", "", " MAIL FROM:<a@example.org>"),

		TOO_LONG("always 500 5.5.2", "NOOP " + "a".repeat(2000)),

		CONTROL_CHARACTER("always 500 5.5.2", "NOOP \0", "QUIT\u007f", "RSET \u0001"),

		BARE_LINE_ENDING("always 500 5.5.2", "NOOP\nQUIT", "NOOP\rQUIT", "NOOP\n"),

		FOREIGN("always 421 4.7.0", "GET / HTTP/1.1", "Host: example.org"),

		QUIT("QUIT", "quit");

		final List<String> lines;

		/** The reply in every state. */
		final @Nullable String malformed;

		/** The reply where the verb may be used at all. */
		final @Nullable String wrong;

		final boolean beforeTls;

		final String data;

		/** The first may be a reply, then what follows is always wrong. */
		Command(String first, String... others) {
			boolean anywhere = first.startsWith("always ");
			boolean wrongAlways = first.matches("\\d{3} .*");
			this.lines = new ArrayList<>(List.of(others));
			if (!anywhere && !wrongAlways) {
				this.lines.add(0, first);
			}
			this.malformed = anywhere ? first.substring("always ".length()) : null;
			this.wrong = wrongAlways ? first : null;
			this.beforeTls = isBeforeTls(name());
			this.data = data(name());
		}

		/** RFC 3207 §4. */
		private static boolean isBeforeTls(String name) {
			return name.startsWith("EHLO") || name.equals("LHLO") || name.equals("NOOP") || name.startsWith("STARTTLS")
					|| name.equals("QUIT");
		}

		private static String data(String name) {
			return switch (name) {
				case "DATA" -> "Subject: x\r\n\r\n.\r\n..\r\nQUIT\r\n.a\r\n";
				case "DATA_REFUSED" -> "Subject: refused\r\n";
				case "DATA_BARE" -> "a\n.\nQUIT\r.\rRSET\r\n";
				case "DATA_TOO_BIG" -> "0123456\r\n".repeat(60);
				default -> "";
			};
		}

		/** §4.5.2. */
		String protectedData() {
			return this.data.isEmpty() ? "" : ("\r\n" + this.data).replace("\r\n.", "\r\n..").substring(2);
		}

	}

}
