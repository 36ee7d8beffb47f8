package io.smtpd.relay;

import java.io.IOException;

import io.smtpd.SmtpReply;
import org.jspecify.annotations.Nullable;

/** The upstream server cannot be talked to, or no longer on this connection. */
final class UpstreamException extends IOException {

	private static final long serialVersionUID = 1L;

	private final SmtpReply reply;

	UpstreamException(SmtpReply reply, @Nullable Throwable cause) {
		super(reply.toString() + ((cause != null) ? " (" + cause + ")" : ""), cause);
		this.reply = reply;
	}

	/** What the client is told. */
	SmtpReply reply() {
		return this.reply;
	}

	/**
	 * Whether the server went away, as it may at any time, rather than being slow or
	 * wrong.
	 */
	boolean isLost() {
		return !this.reply.equals(RelayReplies.TIMEOUT) && !this.reply.equals(RelayReplies.BAD_REPLY)
				&& !this.reply.equals(RelayReplies.CLOSED);
	}

}
