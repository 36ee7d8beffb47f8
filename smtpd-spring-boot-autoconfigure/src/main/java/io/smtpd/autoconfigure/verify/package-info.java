/**
 * Verification of incoming mail: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 9989)
 * with their results in an {@link io.smtpd.autoconfigure.verify.VerifiedEnvelope} and an
 * Authentication-Results header field (RFC 8601); and two checkers that an application
 * may declare, {@link io.smtpd.autoconfigure.verify.Greylist} and
 * {@link io.smtpd.autoconfigure.verify.DnsblChecker}.
 */
@NullMarked
package io.smtpd.autoconfigure.verify;

import org.jspecify.annotations.NullMarked;
