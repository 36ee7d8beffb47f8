package io.smtpd;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The commands that the server knows, and when each may be given: the sequence rules of
 * RFC 5321 §4.1.4 as a table.
 */
enum Verb {

	/** RFC 5321 §4.1.1.1. */
	HELO(Rule.TAKES_ARGUMENT),

	/** RFC 5321 §4.1.1.1. */
	EHLO(Rule.TAKES_ARGUMENT, Rule.BEFORE_TLS),

	/** RFC 2033 §4.1, on LMTP listeners only. */
	LHLO(Rule.TAKES_ARGUMENT, Rule.BEFORE_TLS),

	/** RFC 5321 §4.1.1.2. */
	MAIL(Rule.TAKES_ARGUMENT, Rule.AFTER_HELO),

	/** RFC 5321 §4.1.1.3. */
	RCPT(Rule.TAKES_ARGUMENT, Rule.AFTER_MAIL),

	/** RFC 5321 §4.1.1.4. */
	DATA(Rule.AFTER_MAIL),

	/** RFC 5321 §4.1.1.5. */
	RSET(Rule.JUNK),

	/** RFC 5321 §4.1.1.6. */
	VRFY(Rule.TAKES_ARGUMENT, Rule.JUNK),

	/** RFC 5321 §4.1.1.8. */
	HELP(Rule.TAKES_ARGUMENT, Rule.JUNK),

	/** RFC 5321 §4.1.1.9. */
	NOOP(Rule.TAKES_ARGUMENT, Rule.JUNK, Rule.BEFORE_TLS),

	/** RFC 5321 §4.1.1.10. */
	QUIT(Rule.BEFORE_TLS),

	/** RFC 5321 §4.1.1.7: shows who is on a list. */
	EXPN(Rule.NOT_OFFERED),

	/** RFC 3207. */
	STARTTLS(Rule.BEFORE_TLS, Rule.OUTSIDE_TRANSACTION),

	/** RFC 4954. */
	AUTH(Rule.TAKES_ARGUMENT, Rule.AFTER_HELO, Rule.OUTSIDE_TRANSACTION),

	/** Postfix's XCLIENT_README. */
	XCLIENT(Rule.TAKES_ARGUMENT, Rule.OUTSIDE_TRANSACTION),

	/** RFC 3030. */
	BDAT(Rule.NOT_OFFERED),

	/** RFC 1985. */
	ETRN(Rule.NOT_OFFERED),

	/** RFC 2645. */
	ATRN(Rule.NOT_OFFERED),

	/** RFC 821, deprecated by RFC 5321 appendix F.1. */
	TURN(Rule.NOT_OFFERED),

	/** RFC 821, deprecated by RFC 5321 appendix F.6. */
	SEND(Rule.NOT_OFFERED),

	/** RFC 821, deprecated by RFC 5321 appendix F.6. */
	SOML(Rule.NOT_OFFERED),

	/** RFC 821, deprecated by RFC 5321 appendix F.6. */
	SAML(Rule.NOT_OFFERED);

	/** How events name a verb that is not in the table. */
	static final String UNKNOWN = "unknown";

	private static final Map<String, Verb> BY_NAME = new HashMap<>();

	static {
		for (Verb verb : values()) {
			BY_NAME.put(verb.name(), verb);
		}
	}

	private final Set<Rule> rules;

	Verb(Rule... rules) {
		this.rules = EnumSet.noneOf(Rule.class);
		this.rules.addAll(Set.of(rules));
	}

	/** What holds for a verb. */
	enum Rule {

		/** Something may stand behind the verb. */
		TAKES_ARGUMENT,

		/** Allowed before TLS even where TLS is required (RFC 3207 §4). */
		BEFORE_TLS,

		/** Needs a HELO, EHLO or LHLO before it. */
		AFTER_HELO,

		/** Needs a transaction. */
		AFTER_MAIL,

		/** Must not be given in a transaction. */
		OUTSIDE_TRANSACTION,

		/** Leads to no message by itself. */
		JUNK,

		/** Known, so 502 and not 500 (§4.2.4). */
		NOT_OFFERED

	}

	boolean is(Rule rule) {
		return this.rules.contains(rule);
	}

	/**
	 * Applies the table: why the command cannot be given now.
	 * @param argument what stands behind the verb
	 * @param greeted whether there was a HELO, EHLO or LHLO
	 * @param inTransaction whether there is a transaction
	 * @param tlsMissing whether TLS is required and has not begun
	 * @return the refusal, or null
	 */
	@Nullable SmtpReply refusal(String argument, boolean greeted, boolean inTransaction, boolean tlsMissing) {
		if (tlsMissing && !is(Rule.BEFORE_TLS)) {
			return Replies.TLS_REQUIRED;
		}
		if (is(Rule.NOT_OFFERED)) {
			return Replies.NOT_IMPLEMENTED;
		}
		if (!is(Rule.TAKES_ARGUMENT) && !argument.isEmpty()) {
			return Replies.NO_ARGUMENT_ALLOWED;
		}
		if (is(Rule.AFTER_HELO) && !greeted) {
			return Replies.NO_HELO;
		}
		if (is(Rule.AFTER_MAIL) && !inTransaction) {
			return Replies.NO_MAIL;
		}
		return (is(Rule.OUTSIDE_TRANSACTION) && inTransaction) ? Replies.IN_TRANSACTION : null;
	}

	/** Finds a verb, in whatever case it was written (§2.4). */
	static @Nullable Verb of(String word) {
		Verb verb = BY_NAME.get(word);
		// only ASCII has one upper case: a dotless i would become an I
		return (verb != null || !PathParser.isAscii(word)) ? verb : BY_NAME.get(word.toUpperCase(Locale.ROOT));
	}

}
