package io.smtpd;

import org.jspecify.annotations.Nullable;

/**
 * A refusal on its way from a callback to the client: the reply it carries goes out as it
 * stands.
 * <p>
 * It has no stack trace, since it is an answer and not a fault; a cause that is given is
 * kept for the caller but never reaches the client. A {@code 421} ends the session after
 * the reply (RFC 5321 §3.8).
 */
public class SmtpException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final SmtpReply reply;

	/**
	 * Refuses with a reply that has no enhanced status code.
	 * @param code the reply code, 400 to 599
	 * @param text the text for the client
	 * @throws IllegalArgumentException when the code is not a refusal
	 */
	public SmtpException(int code, String text) {
		this(SmtpReply.of(code, null, text));
	}

	/**
	 * Refuses with an enhanced status code (RFC 3463).
	 * @param code the reply code, 400 to 599
	 * @param enhancedStatus the enhanced status code such as {@code 5.1.1}, or null
	 * @param text the text for the client
	 * @throws IllegalArgumentException when the code is not a refusal, or the enhanced
	 * status code is malformed or of another class
	 */
	public SmtpException(int code, @Nullable String enhancedStatus, String text) {
		this(SmtpReply.of(code, enhancedStatus, text));
	}

	/**
	 * Refuses with a reply, for example one of the constants of {@link SmtpReply}.
	 * @param reply the reply, with a code of 400 to 599
	 * @throws IllegalArgumentException when the reply is not a refusal
	 */
	public SmtpException(SmtpReply reply) {
		this(reply, null);
	}

	/**
	 * Refuses with a reply and remembers why.
	 * @param reply the reply, with a code of 400 to 599
	 * @param cause what led to the refusal, or null; the client does not see it
	 * @throws IllegalArgumentException when the reply is not a refusal
	 */
	public SmtpException(SmtpReply reply, @Nullable Throwable cause) {
		super(reply.toString(), cause, false, false);
		if (!reply.isRefusal()) {
			throw new IllegalArgumentException("A refusal needs a reply code from 400 to 599, not " + reply.code());
		}
		this.reply = reply;
	}

	/**
	 * Returns the reply for the client.
	 * @return the reply, 400 to 599
	 */
	public SmtpReply reply() {
		return this.reply;
	}

}
