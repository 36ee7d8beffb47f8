/**
 * The built-in SASL mechanisms (RFC 4422) for AUTH (RFC 4954), a class each. They use
 * nothing but the public {@link io.smtpd.SaslMechanism}, as an application's own would.
 * <p>
 * A message that a mechanism cannot read is refused with {@code 501 5.5.2} and a fixed
 * text: no reply, exception or {@code toString} of this package holds what the client
 * sent.
 */
@NullMarked
package io.smtpd.sasl;

import org.jspecify.annotations.NullMarked;
