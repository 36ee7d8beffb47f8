package io.smtpd.relay;

import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;

/** What the client is told when mail cannot be handed on (RFC 5321 §4.2, RFC 3463). */
final class RelayReplies {

	static final SmtpReply NO_ANSWER = SmtpReply.of(451, "4.4.1", "Relay host does not answer, try again later");

	static final SmtpReply TIMEOUT = SmtpReply.of(451, "4.4.2", "Timeout while talking to the relay host");

	static final SmtpReply LOST = SmtpReply.of(451, "4.4.2", "Connection to the relay host was lost");

	static final SmtpReply CONGESTED = SmtpReply.of(451, "4.4.5", "Too many messages for the relay host at once");

	static final SmtpReply BAD_REPLY = SmtpReply.of(451, "4.5.0", "Relay host gave a reply that is no SMTP");

	static final SmtpReply CLOSED = SmtpReply.of(451, "4.3.2", "Relay is shutting down");

	static final SmtpReply NOT_SECURE = SmtpReply.of(451, "4.7.5", "No secure connection to the relay host");

	static final SmtpReply NOT_AUTHENTICATED = SmtpReply.of(451, "4.7.0", "Relay host does not take our credentials");

	static final SmtpReply TOO_MANY_HOPS = SmtpReply.of(554, "5.4.6", "Too many hops, this looks like a mail loop");

	static final SmtpReply BARE_LINE_ENDING = SmtpReply.of(550, "5.6.0",
			"Mail data contains a CR or LF that is not part of CRLF and cannot be relayed");

	static final SmtpReply BINARY = SmtpReply.of(554, "5.6.3", "Binary mail data cannot be relayed");

	static final SmtpReply NO_UTF8_ADDRESSES = SmtpReply.of(553, "5.6.7",
			"Relay host does not take addresses that are not ASCII");

	static final SmtpReply NO_UTF8_HEADER = SmtpReply.of(554, "5.6.9",
			"Relay host does not take header fields that are not ASCII");

	private RelayReplies() {
	}

	/**
	 * An upstream refusal as the client gets it: as it is. Only a 421 would end the
	 * client's session with us, for what is wrong elsewhere.
	 */
	static SmtpReply passedOn(SmtpReply upstream) {
		return (upstream.code() == 421) ? temporary(upstream) : upstream;
	}

	/**
	 * A refusal that is about the relay and not about the message (of the connection, the
	 * greeting, EHLO): temporary, whatever the upstream says, so that a fault in
	 * configuration delays mail and loses none.
	 */
	static SmtpReply temporary(SmtpReply upstream) {
		String status = upstream.enhancedStatus();
		return new SmtpReply(451, (status != null) ? "4" + status.substring(1) : "4.3.2", upstream.lines());
	}

	/** The refusal to throw for a reply, which is no refusal only if upstream errs. */
	static SmtpException refusal(SmtpReply upstream) {
		return new SmtpException(upstream.isRefusal() ? passedOn(upstream) : BAD_REPLY);
	}

}
