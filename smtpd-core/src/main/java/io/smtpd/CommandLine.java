package io.smtpd;

import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * A command: its verb and what stands behind it (RFC 5321 §4.1.1).
 *
 * @param verb the verb, or null when it is unknown
 * @param argument the argument without the blank before it and blanks after it, empty
 * when there is none
 */
record CommandLine(@Nullable Verb verb, String argument) {

	private static final Set<String> HTTP_METHODS = Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS",
			"TRACE", "PATCH", "PRI");

	/**
	 * Splits a line at its first blank. White space at the end is tolerated (§4.1.1).
	 * @throws SmtpException when there is no verb
	 */
	static CommandLine parse(String line) {
		int end = line.length();
		while (end > 0 && (line.charAt(end - 1) == ' ' || line.charAt(end - 1) == '\t')) {
			end--;
		}
		int blank = line.indexOf(' ');
		int verbEnd = (blank < 0 || blank > end) ? end : blank;
		if (verbEnd == 0) {
			throw new SmtpException(Replies.EMPTY_COMMAND);
		}
		String argument = (verbEnd < end) ? line.substring(verbEnd + 1, end) : "";
		return new CommandLine(Verb.of(line.substring(0, verbEnd)), argument);
	}

	/**
	 * Tells whether a browser, or a page that abuses one, speaks to us in HTTP: the
	 * request line, or a header field.
	 */
	static boolean isForeign(String line) {
		int blank = line.indexOf(' ');
		String word = (blank < 0) ? line : line.substring(0, blank);
		return HTTP_METHODS.contains(word) || word.equalsIgnoreCase("Host:");
	}

	/** How events name the command. */
	String verbName() {
		return (this.verb != null) ? this.verb.name() : Verb.UNKNOWN;
	}

	/**
	 * Returns the command for a log. What follows AUTH is a secret, and so may be a line
	 * that is no command: a client that was refused may go on with its password.
	 */
	@Override
	public String toString() {
		if (this.verb == null) {
			return "(unknown command)";
		}
		if (this.verb == Verb.AUTH) {
			return "AUTH (hidden)";
		}
		return this.argument.isEmpty() ? this.verb.name() : this.verb + " " + this.argument;
	}

}
