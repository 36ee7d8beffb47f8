package io.smtpd.sasl;

import io.smtpd.Authenticator;
import io.smtpd.Authenticator.Credentials;
import io.smtpd.Peer;
import io.smtpd.SaslMechanism;
import io.smtpd.SmtpException;

/**
 * PLAIN (RFC 4616): authorization identity, user name and password in one message. Hands
 * {@link io.smtpd.Authenticator.Credentials.Password} to the authenticator, whose refusal
 * goes out as it stands.
 * <p>
 * Identities of at most 255 octets without control characters and passwords of at most
 * 4096 octets are taken, in UTF-8. Neither is normalised: how names and passwords are
 * prepared for comparison (RFC 4616 §2 names SASLprep) is known to the authenticator
 * alone, which may have a hash to compare with. Thread-safe.
 */
public final class PlainMechanism implements SaslMechanism {

	/**
	 * Makes the mechanism.
	 */
	public PlainMechanism() {
	}

	@Override
	public String name() {
		return "PLAIN";
	}

	@Override
	public boolean requiresTls() {
		return true; // RFC 4954 §4: the password is readable
	}

	@Override
	public Exchange start(Peer peer, Authenticator authenticator) {
		return (response) -> {
			if (response == null) {
				return new Step.Challenge(new byte[0]);
			}
			return new Step.Success(authenticator.authenticate(peer, credentials(response)));
		};
	}

	/** RFC 4616 §2: {@code [authzid] UTF8NUL authcid UTF8NUL passwd}. */
	private static Credentials credentials(byte[] message) throws SmtpException {
		int first = nul(message, 0);
		int second = nul(message, first + 1);
		// a third NUL is found in the password and refused there
		return new Credentials.Password(ClientMessage.name(message, 0, first),
				ClientMessage.requiredName(message, first + 1, second),
				ClientMessage.password(message, second + 1, message.length));
	}

	private static int nul(byte[] message, int from) throws SmtpException {
		for (int i = from; i < message.length; i++) {
			if (message[i] == 0) {
				return i;
			}
		}
		throw ClientMessage.malformed();
	}

}
