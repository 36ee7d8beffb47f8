package io.smtpd.autoconfigure.verify;

import io.smtpd.Envelope;

/**
 * A message whose origin was looked into: what every message handler gets when one of
 * {@code smtpd.verify.spf}, {@code .dkim} and {@code .dmarc} is not {@code off}.
 * <p>
 * Its {@link #mailData()} has an Authentication-Results header field with the results on
 * top, and none below it that claims to come from this server (RFC 8601 §5). A handler
 * asks with {@code envelope instanceof VerifiedEnvelope verified}.
 */
public interface VerifiedEnvelope extends Envelope {

	/**
	 * Returns what was found out. Of a client that authenticated itself nothing was asked
	 * for, and there is no result in it.
	 * @return the results
	 */
	AuthenticationResults authenticationResults();

}
