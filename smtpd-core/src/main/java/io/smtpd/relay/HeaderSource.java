package io.smtpd.relay;

import io.smtpd.Envelope;
import io.smtpd.Peer;
import io.smtpd.SmtpException;

/**
 * Gives header fields to put on top of a message that is relayed, for example a
 * signature. Called on the session's thread before the upstream server is asked for
 * anything; several sources are asked in the order in which they were added, each sees
 * the message as the client sent it, and what the last gives stands on top. Must be
 * thread-safe.
 */
@FunctionalInterface
public interface HeaderSource {

	/**
	 * Gives the header fields for a message.
	 * @param peer the client
	 * @param envelope the message
	 * @return complete header fields, folded where needed, each ending in CRLF and
	 * without an empty line; the empty string for none
	 * @throws SmtpException to refuse the message with that reply
	 * @throws Exception anything else becomes {@code 451 4.3.0}
	 */
	String headerFields(Peer peer, Envelope envelope) throws Exception;

}
