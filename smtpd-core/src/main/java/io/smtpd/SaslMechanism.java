package io.smtpd;

import java.security.Principal;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * A SASL mechanism for AUTH (RFC 4422, RFC 4954): octets in, a step out. It never sees
 * base64, reply codes or the socket. Must be thread-safe; an {@link Exchange} belongs to
 * one session.
 */
public interface SaslMechanism {

	/**
	 * Returns the name that clients ask for.
	 * @return the registered name in upper case, such as {@code PLAIN}
	 */
	String name();

	/**
	 * Tells whether the mechanism shows secrets to an eavesdropper, so that it is offered
	 * and taken only inside TLS.
	 * @return whether TLS is needed; by default it is
	 */
	default boolean requiresTls() {
		return true;
	}

	/**
	 * Tells whether the mechanism can work for this client, for example because it needs
	 * a client certificate.
	 * @param peer the client
	 * @return whether to offer and accept it; by default always
	 */
	default boolean availableTo(Peer peer) {
		return true;
	}

	/**
	 * Begins an exchange.
	 * @param peer the client
	 * @param authenticator checks the credentials that the exchange gathers
	 * @return the exchange
	 */
	Exchange start(Peer peer, Authenticator authenticator);

	/**
	 * One attempt of one client.
	 */
	interface Exchange extends AutoCloseable {

		/**
		 * Takes the client's next message.
		 * @param response what the client sent, decoded; null at the first call when it
		 * sent no initial response (RFC 4954 §4)
		 * @return a challenge, or success
		 * @throws SmtpException to refuse with that reply
		 * @throws Exception anything else becomes {@code 454 4.7.0}
		 */
		Step next(byte @Nullable [] response) throws Exception;

		/**
		 * Forgets what was gathered. Called once, however the attempt ends.
		 */
		@Override
		default void close() {
		}

	}

	/**
	 * What follows a client's message.
	 */
	sealed interface Step {

		/**
		 * Asks for more.
		 *
		 * @param data the challenge, not yet in base64; may be empty
		 */
		record Challenge(byte[] data) implements Step {

			/**
			 * Checks that there is a challenge.
			 */
			public Challenge {
				Objects.requireNonNull(data, "data");
			}

		}

		/**
		 * Ends the exchange well.
		 *
		 * @param principal who the client is
		 */
		record Success(Principal principal) implements Step {

			/**
			 * Checks that there is a principal: an authenticator that returns null has
			 * not said who the client is.
			 */
			public Success {
				Objects.requireNonNull(principal, "principal");
			}

		}

	}

}
