package io.smtpd.sasl;

import io.smtpd.Authenticator;
import io.smtpd.Authenticator.Credentials;
import io.smtpd.Peer;
import io.smtpd.SaslMechanism;

/**
 * XOAUTH2, the older sister of {@link OAuthBearerMechanism} that many mail clients speak:
 * a user name and an OAuth 2.0 bearer token, {@code user=<name>^Aauth=Bearer <token>^A^A}
 * with {@code ^A} for the octet 1. Hands
 * {@link io.smtpd.Authenticator.Credentials.BearerToken} to the authenticator.
 * <p>
 * A token that is refused for good is answered with a challenge in JSON whose status is
 * 401 and, after the client's empty answer, with the authenticator's reply; a temporary
 * refusal goes out at once. Thread-safe.
 */
public final class XOAuth2Mechanism implements SaslMechanism {

	/**
	 * Makes the mechanism.
	 */
	public XOAuth2Mechanism() {
	}

	@Override
	public String name() {
		return "XOAUTH2";
	}

	@Override
	public boolean requiresTls() {
		return true; // whoever reads the token has it
	}

	@Override
	public Exchange start(Peer peer, Authenticator authenticator) {
		return new BearerExchange(peer, authenticator, new Format());
	}

	private static final class Format implements BearerExchange.Format {

		private static final String SEPARATOR = "\u0001";

		@Override
		public Credentials.BearerToken parse(String message) {
			String[] parts = message.split(SEPARATOR, -1);
			if (parts.length != 4 || !parts[0].startsWith("user=") || !parts[1].startsWith("auth=")
					|| !parts[2].isEmpty() || !parts[3].isEmpty()) {
				throw ClientMessage.malformed();
			}
			String user = ClientMessage.name(parts[0].substring("user=".length()));
			if (user.isEmpty()) {
				throw ClientMessage.malformed();
			}
			return new Credentials.BearerToken(user, BearerExchange.token(parts[1].substring("auth=".length())));
		}

		@Override
		public String failure() {
			return "{\"status\":\"401\",\"schemes\":\"bearer\"}";
		}

	}

}
