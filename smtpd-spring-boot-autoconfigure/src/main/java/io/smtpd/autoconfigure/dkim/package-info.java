/**
 * DKIM signing (RFC 6376, RFC 8301, RFC 8463):
 * {@link io.smtpd.autoconfigure.dkim.DkimSigner} makes the header fields for a message,
 * {@link io.smtpd.autoconfigure.dkim.DkimKey} reads a private key and
 * {@link io.smtpd.autoconfigure.dkim.ReloadingDkimKey} follows its file. Needs nothing
 * beyond the JDK's cryptography and works in any {@link io.smtpd.MessageHandler}.
 */
@NullMarked
package io.smtpd.autoconfigure.dkim;

import org.jspecify.annotations.NullMarked;
