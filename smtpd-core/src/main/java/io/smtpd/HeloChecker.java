package io.smtpd;

/**
 * Decides whether a client's name is acceptable (RFC 5321 §4.1.1.1).
 * <p>
 * Called on the session's thread after HELO, EHLO or LHLO. A refused name is not taken:
 * what the client said before, if anything, still holds, and it may try again. Several
 * checkers run in order and the first refusal wins. Must be thread-safe.
 */
@FunctionalInterface
public interface HeloChecker {

	/**
	 * Accepts the name by returning.
	 * @param peer the client; {@link Peer#heloName()} is still the earlier name, if any
	 * @param heloName the domain or address literal that the client gave
	 * @throws SmtpException to refuse, with that reply
	 * @throws Exception anything else becomes {@code 451 4.3.0}
	 */
	void check(Peer peer, String heloName) throws Exception;

}
