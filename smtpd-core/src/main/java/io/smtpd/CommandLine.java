package io.smtpd;

import org.jspecify.annotations.Nullable;

/**
 * A command: its verb and what stands behind it (RFC 5321 §4.1.1).
 *
 * @param verb the verb, or null when it is unknown
 * @param argument the argument without the blank before it and blanks after it, empty
 * when there is none
 */
record CommandLine(@Nullable Verb verb, String argument) {

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

	/** How events name the command. */
	String verbName() {
		return (this.verb != null) ? this.verb.name() : Verb.UNKNOWN;
	}

}
