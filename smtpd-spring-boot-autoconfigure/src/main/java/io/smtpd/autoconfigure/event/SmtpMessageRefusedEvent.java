package io.smtpd.autoconfigure.event;

import java.util.List;

import io.smtpd.Peer;
import io.smtpd.SessionListener.MessageOutcome;

/**
 * A message was not accepted, although the client had sent, or begun to send, its data.
 *
 * @param peer the client
 * @param envelopeId the message's id
 * @param reversePath the reverse-path, empty for {@code <>}
 * @param recipients the recipients that had been accepted
 * @param outcome {@link MessageOutcome#REJECTED}, {@link MessageOutcome#FAILED} or
 * {@link MessageOutcome#ABORTED}
 */
public record SmtpMessageRefusedEvent(Peer peer, String envelopeId, String reversePath, List<String> recipients,
		MessageOutcome outcome) {

	/**
	 * Copies the recipients.
	 */
	public SmtpMessageRefusedEvent {
		recipients = List.copyOf(recipients);
	}

}
