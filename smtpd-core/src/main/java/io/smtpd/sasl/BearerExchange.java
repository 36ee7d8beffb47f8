package io.smtpd.sasl;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

import io.smtpd.Authenticator;
import io.smtpd.Authenticator.Credentials;
import io.smtpd.Peer;
import io.smtpd.SaslMechanism;
import io.smtpd.SaslMechanism.Step;
import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;

/**
 * A token in one message; a refused one is told in a challenge, which the client answers
 * before it gets the reply (RFC 7628 §3.2.3).
 */
final class BearerExchange implements SaslMechanism.Exchange {

	private static final String SCHEME = "bearer ";

	private final Peer peer;

	private final Authenticator authenticator;

	private final Format format;

	private @Nullable SmtpException refusal;

	BearerExchange(Peer peer, Authenticator authenticator, Format format) {
		this.peer = peer;
		this.authenticator = authenticator;
		this.format = format;
	}

	@Override
	public Step next(byte @Nullable [] response) throws Exception {
		if (this.refusal != null) {
			throw this.refusal; // whatever the client answers: it has lost
		}
		if (response == null) {
			return new Step.Challenge(new byte[0]);
		}
		Credentials.BearerToken token = this.format.parse(ClientMessage.utf8(response, 0, response.length));
		try {
			if (token.token().isEmpty()) { // a client asking for the challenge
				throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
			}
			return new Step.Success(this.authenticator.authenticate(this.peer, token));
		}
		catch (SmtpException ex) {
			if (ex.reply().isTemporary()) {
				throw ex; // the challenge would make the client throw a good token away
			}
			this.refusal = ex;
			return new Step.Challenge(this.format.failure().getBytes(StandardCharsets.US_ASCII));
		}
	}

	/**
	 * The token of {@code Bearer <token>} (RFC 6750 §2.1), empty when there is nothing.
	 */
	static String token(String authorization) {
		if (authorization.isEmpty()) {
			return "";
		}
		if (!authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
			throw ClientMessage.malformed();
		}
		String token = authorization.substring(SCHEME.length()).strip();
		if (token.isEmpty() || !token.chars().allMatch(BearerExchange::isTokenCharacter)) {
			throw ClientMessage.malformed();
		}
		return token;
	}

	private static boolean isTokenCharacter(int character) {
		return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')
				|| (character >= '0' && character <= '9') || "-._~+/=".indexOf(character) >= 0;
	}

	/** How a mechanism writes its messages. */
	interface Format {

		Credentials.BearerToken parse(String message);

		String failure();

	}

}
