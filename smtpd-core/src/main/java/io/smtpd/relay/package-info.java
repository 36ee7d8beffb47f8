/**
 * Hands accepted mail on to another server (RFC 5321 §3.6) while the client waits, so
 * that the client hears what the other server says: {@link io.smtpd.relay.RelayHandler}
 * is a {@link io.smtpd.MessageHandler} with a small SMTP client inside, which keeps the
 * message's octets and the other server's replies as they are.
 */
@NullMarked
package io.smtpd.relay;

import org.jspecify.annotations.NullMarked;
