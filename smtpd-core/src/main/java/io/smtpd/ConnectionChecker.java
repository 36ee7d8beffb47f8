package io.smtpd;

/**
 * Decides whether a client may talk to the server at all (RFC 5321 §3.1).
 * <p>
 * Called on the session's thread for each new connection, before the greeting. A refusal
 * is sent instead of the greeting and the connection is closed. Several checkers run in
 * order and the first refusal wins. Must be thread-safe.
 */
@FunctionalInterface
public interface ConnectionChecker {

	/**
	 * Lets the client in by returning.
	 * @param peer the client; it has not said anything yet
	 * @throws SmtpException to refuse, with that reply
	 * @throws Exception anything else becomes {@code 451 4.3.0}
	 */
	void check(Peer peer) throws Exception;

}
