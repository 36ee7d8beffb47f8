package io.smtpd.sasl;

import java.security.Principal;

import org.jspecify.annotations.Nullable;

import io.smtpd.Peer;
import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;

/**
 * Where {@link ScramMechanism} finds the stored keys of a user (RFC 5802 §3).
 * <p>
 * Called on the session's thread. Must be thread-safe. A method that throws an
 * {@link SmtpException} refuses with that reply; any other exception becomes
 * {@code 454 4.7.0}.
 */
@FunctionalInterface
public interface ScramKeyStore {

	/**
	 * Looks a user up. Take about the same time for a user that does not exist, or the
	 * time tells who exists.
	 * @param peer the client
	 * @param username the user name as the client sent it, at most 255 octets of UTF-8
	 * without control characters
	 * @return the user's keys, or null when there is no such user: the exchange then goes
	 * on with keys that fit no password, so that the client cannot tell
	 * @throws Exception as said above
	 */
	@Nullable ScramKeys find(Peer peer, String username) throws Exception;

	/**
	 * Names who the client is from now on. Called once it has proved that it knows the
	 * password. By default a principal that is the user name and nothing else; acting as
	 * someone else is refused with {@code 535 5.7.8}.
	 * @param peer the client
	 * @param username the user name
	 * @param authorizationId whom to act as, empty for the user itself
	 * @return the principal
	 * @throws Exception as said above
	 */
	default Principal principal(Peer peer, String username, String authorizationId) throws Exception {
		if (authorizationId.isEmpty() || authorizationId.equals(username)) {
			return new ScramUser(username);
		}
		throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
	}

	/**
	 * Tells the iteration count that the users of this store have, which is shown for a
	 * user that does not exist. Asked once.
	 * @return the count, at least 4096; by default {@link ScramKeys#ITERATIONS}
	 */
	default int iterations() {
		return ScramKeys.ITERATIONS;
	}

	/**
	 * Tells how long the salts of this store are, for the same reason. Asked once.
	 * @return octets, 1 to 32; by default {@link ScramKeys#SALT_OCTETS}
	 */
	default int saltOctets() {
		return ScramKeys.SALT_OCTETS;
	}

}
