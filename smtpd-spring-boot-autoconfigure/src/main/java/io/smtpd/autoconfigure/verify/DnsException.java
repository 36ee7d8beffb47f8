package io.smtpd.autoconfigure.verify;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

/**
 * A question to the DNS that has no answer now, but may have one later: a timeout, a
 * server that failed, or an answer that makes no sense. That a name or a record does not
 * exist is an answer.
 */
public class DnsException extends IOException {

	private static final long serialVersionUID = 1L;

	/**
	 * Makes the exception.
	 * @param message what was asked and what went wrong
	 * @param cause the resolver's own exception, or null
	 */
	public DnsException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
