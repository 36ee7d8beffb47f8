package io.smtpd.autoconfigure.event;

import io.smtpd.Peer;
import io.smtpd.SessionListener.Limit;

/**
 * A client hit a limit.
 *
 * @param peer the client
 * @param limit which one
 */
public record SmtpLimitReachedEvent(Peer peer, Limit limit) {

}
