package io.smtpd.autoconfigure.event;

import io.smtpd.Peer;
import io.smtpd.SessionListener.Refusal;
import io.smtpd.SmtpReply;

/**
 * A client was turned away instead of greeted.
 *
 * @param peer the client
 * @param refusal why; {@link Refusal#LIMIT} for too many connections
 * @param reply what the client was told
 */
public record SmtpConnectionRefusedEvent(Peer peer, Refusal refusal, SmtpReply reply) {

}
