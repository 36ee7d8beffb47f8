package io.smtpd;

/**
 * Decides whether mail for a recipient is accepted (RFC 5321 §4.1.1.3).
 * <p>
 * Called on the session's thread after each well-formed RCPT command. Several checkers
 * run in order and the first refusal wins. A refusal concerns this recipient only. Must
 * be thread-safe.
 */
@FunctionalInterface
public interface RecipientChecker {

	/**
	 * Accepts the recipient by returning.
	 * @param peer the client
	 * @param reversePath the transaction's reverse-path; empty for {@code <>}
	 * @param forwardPath the mailbox as the client wrote it, without angle brackets and
	 * source route; {@code Postmaster} may stand without a domain (§4.1.1.3)
	 * @throws SmtpException to refuse, with that reply
	 * @throws Exception anything else becomes {@code 451 4.3.0}
	 */
	void check(Peer peer, String reversePath, String forwardPath) throws Exception;

}
