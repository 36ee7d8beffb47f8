package io.smtpd;

/**
 * Takes responsibility for a message, or refuses it (RFC 5321 §6.1).
 * <p>
 * Called on the session's thread when the mail data is complete, before the client gets
 * its reply. Returning means "accepted": the client is told {@code 250} and will not send
 * the message again, so whatever must survive a crash has to be safe by then. Throwing
 * {@link SmtpException} refuses the message with the reply that it carries; any other
 * exception is logged and answered with {@code 451 4.3.0}, so that the client tries again
 * later.
 * <p>
 * Several handlers run in order and the message is accepted only when all have returned.
 * A handler may therefore see a message again that a later one refused, and a client that
 * lost the reply sends again what was accepted: make storing a message idempotent, or
 * accept the duplicate.
 * <p>
 * Implementations are called by many sessions at once and must be thread-safe. They may
 * block; there is no deadline while one runs, but a server that is closed after its grace
 * period interrupts the thread.
 */
@FunctionalInterface
public interface MessageHandler {

	/**
	 * Accepts the message by returning.
	 * @param peer the client, as it was when the mail data was complete
	 * @param envelope reverse-path, recipients and mail data; valid until this method
	 * returns
	 * @throws SmtpException to refuse the message with that reply
	 * @throws Exception anything else becomes {@code 451 4.3.0}
	 */
	void handle(Peer peer, Envelope envelope) throws Exception;

}
