package io.smtpd.sasl;

import java.util.List;

import io.smtpd.Authenticator;
import io.smtpd.Authenticator.Credentials;
import io.smtpd.Peer;
import io.smtpd.SaslMechanism;

/**
 * OAUTHBEARER (RFC 7628): an OAuth 2.0 bearer token. Hands
 * {@link io.smtpd.Authenticator.Credentials.BearerToken} to the authenticator.
 * <p>
 * A token that the authenticator refuses for good is answered with the error challenge
 * {@code {"status":"invalid_token"}} and, after the client's empty answer, with the
 * authenticator's reply (§3.2.3); a temporary refusal goes out at once. A client that
 * sends no token, to see that challenge, gets it without a call of the authenticator
 * (§4.3). Host, port and other keys are read and ignored. Thread-safe.
 */
public final class OAuthBearerMechanism implements SaslMechanism {

	/**
	 * Makes the mechanism.
	 */
	public OAuthBearerMechanism() {
	}

	@Override
	public String name() {
		return "OAUTHBEARER";
	}

	@Override
	public boolean requiresTls() {
		return true; // RFC 7628 §5: whoever reads the token has it
	}

	@Override
	public Exchange start(Peer peer, Authenticator authenticator) {
		return new BearerExchange(peer, authenticator, new Format());
	}

	private static final class Format implements BearerExchange.Format {

		private static final String SEPARATOR = "\u0001";

		/** RFC 7628 §3.1: {@code gs2-header kvsep *(key "=" value kvsep) kvsep}. */
		@Override
		public Credentials.BearerToken parse(String message) {
			List<String> parts = List.of(message.split(SEPARATOR, -1));
			int count = parts.size();
			if (count < 3 || !parts.get(count - 1).isEmpty() || !parts.get(count - 2).isEmpty()) {
				throw ClientMessage.malformed();
			}
			Gs2Header header = Gs2Header.parse(parts.get(0));
			// there is no variant with channel binding
			if (!header.rest().isEmpty() || header.bindingType() != null) {
				throw ClientMessage.malformed();
			}
			return new Credentials.BearerToken(header.authorizationId(), token(parts.subList(1, count - 2)));
		}

		private static String token(List<String> pairs) {
			String authorization = null;
			for (String pair : pairs) {
				int equals = pair.indexOf('=');
				if (equals < 1 || !pair.chars().limit(equals).allMatch(Gs2Header::isLetter)) {
					throw ClientMessage.malformed();
				}
				if (pair.startsWith("auth=")) {
					if (authorization != null) {
						throw ClientMessage.malformed();
					}
					authorization = pair.substring(equals + 1);
				}
			}
			if (authorization == null) {
				throw ClientMessage.malformed();
			}
			return BearerExchange.token(authorization);
		}

		@Override
		public String failure() {
			return "{\"status\":\"invalid_token\"}"; // RFC 7628 §3.2.2
		}

	}

}
