/**
 * DKIM (RFC 6376, RFC 8301, RFC 8463): {@link io.smtpd.autoconfigure.dkim.DkimSigner}
 * makes the header fields for a message, {@link io.smtpd.autoconfigure.dkim.DkimVerifier}
 * verifies those that it has, {@link io.smtpd.autoconfigure.dkim.DkimKey} reads a private
 * key and {@link io.smtpd.autoconfigure.dkim.ReloadableDkimKey} follows its file. Works
 * in any {@link io.smtpd.MessageHandler}; the cryptography is the JDK's.
 */
@NullMarked
package io.smtpd.autoconfigure.dkim;

import org.jspecify.annotations.NullMarked;
