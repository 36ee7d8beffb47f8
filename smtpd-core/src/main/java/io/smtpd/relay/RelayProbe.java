package io.smtpd.relay;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * What {@link RelayHandler#probe()} found. Immutable.
 *
 * @param available whether the upstream server greeted, took EHLO and, where configured,
 * TLS and the credentials
 * @param secure whether the connection was protected by TLS
 * @param greeting the text of the server's greeting, or null when it did not get that far
 * @param problem what went wrong, for an operator, or null
 * @param elapsed how long it took
 */
public record RelayProbe(boolean available, boolean secure, @Nullable String greeting, @Nullable String problem,
		Duration elapsed) {

}
