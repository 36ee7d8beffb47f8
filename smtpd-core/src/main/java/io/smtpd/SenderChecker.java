package io.smtpd;

/**
 * Decides whether mail from a reverse-path is accepted (RFC 5321 §4.1.1.2).
 * <p>
 * Called on the session's thread after a well-formed MAIL command. Several checkers run
 * in order and the first refusal wins. Must be thread-safe.
 */
@FunctionalInterface
public interface SenderChecker {

	/**
	 * Accepts the sender by returning.
	 * @param peer the client
	 * @param reversePath the mailbox as the client wrote it, without angle brackets and
	 * source route; empty for the null reverse-path {@code <>} (§4.5.5)
	 * @throws SmtpException to refuse, with that reply
	 * @throws Exception anything else becomes {@code 451 4.3.0}
	 */
	void check(Peer peer, String reversePath) throws Exception;

}
