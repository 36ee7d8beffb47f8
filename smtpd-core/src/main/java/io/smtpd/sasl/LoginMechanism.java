package io.smtpd.sasl;

import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;

import io.smtpd.Authenticator;
import io.smtpd.Authenticator.Credentials;
import io.smtpd.Peer;
import io.smtpd.SaslMechanism;

/**
 * LOGIN (draft-murchison-sasl-login, never a standard): user name and password, each
 * asked for. An initial response is taken as the user name. Kept for the clients that
 * know nothing else; hands the same {@link io.smtpd.Authenticator.Credentials.Password}
 * to the authenticator as {@link PlainMechanism}, within the same limits. Thread-safe.
 */
public final class LoginMechanism implements SaslMechanism {

	// What clients look for; the draft's "User Name" is seen nowhere.
	private static final String ASK_USERNAME = "Username:";

	private static final String ASK_PASSWORD = "Password:";

	/**
	 * Makes the mechanism.
	 */
	public LoginMechanism() {
	}

	@Override
	public String name() {
		return "LOGIN";
	}

	@Override
	public boolean requiresTls() {
		return true; // RFC 4954 §4: the password is readable
	}

	@Override
	public Exchange start(Peer peer, Authenticator authenticator) {
		return new LoginExchange(peer, authenticator);
	}

	private static Step ask(String what) {
		return new Step.Challenge(what.getBytes(StandardCharsets.US_ASCII));
	}

	private static final class LoginExchange implements Exchange {

		private final Peer peer;

		private final Authenticator authenticator;

		private @Nullable String username;

		LoginExchange(Peer peer, Authenticator authenticator) {
			this.peer = peer;
			this.authenticator = authenticator;
		}

		@Override
		public Step next(byte @Nullable [] response) throws Exception {
			if (response == null) {
				return ask(ASK_USERNAME);
			}
			String name = this.username;
			if (name == null) {
				this.username = ClientMessage.requiredName(response, 0, response.length);
				return ask(ASK_PASSWORD);
			}
			String password = ClientMessage.password(response, 0, response.length);
			return new Step.Success(
					this.authenticator.authenticate(this.peer, new Credentials.Password("", name, password)));
		}

		@Override
		public void close() {
			this.username = null;
		}

	}

}
