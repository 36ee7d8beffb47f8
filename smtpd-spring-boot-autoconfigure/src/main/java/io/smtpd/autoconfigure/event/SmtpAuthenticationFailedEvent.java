package io.smtpd.autoconfigure.event;

import io.smtpd.Peer;

/**
 * A client failed to authenticate. Nothing that it sent is told, not even the user name:
 * people mistake that field for the password's.
 *
 * @param peer the client
 * @param mechanism the name of a mechanism of the server, or {@code unknown}
 * @param temporary whether it could not be decided, rather than being wrong
 */
public record SmtpAuthenticationFailedEvent(Peer peer, String mechanism, boolean temporary) {

}
