package io.smtpd;

import java.security.Principal;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Decides whether a client is who it claims to be (RFC 4954).
 * <p>
 * Called on the session's thread with the evidence that a {@link SaslMechanism} gathered.
 * Must be thread-safe. A server offers AUTH only when it has an authenticator.
 */
@FunctionalInterface
public interface Authenticator {

	/**
	 * Checks credentials.
	 * @param peer the client
	 * @param credentials what the client showed; not to be kept
	 * @return who the client is from now on; what the application needs to know later
	 * goes on a principal of its own
	 * @throws SmtpException to refuse with that reply; wrong credentials are
	 * {@link SmtpReply#AUTHENTICATION_CREDENTIALS_INVALID}
	 * @throws Exception anything else becomes {@code 454 4.7.0}
	 */
	Principal authenticate(Peer peer, Credentials credentials) throws Exception;

	/**
	 * Tells which kinds of credentials this authenticator can judge; the server offers
	 * the built-in mechanisms that gather them: PLAIN and LOGIN for passwords,
	 * OAUTHBEARER and XOAUTH2 for bearer tokens, EXTERNAL for client certificates.
	 * @return the kinds; passwords only unless overridden
	 */
	default Set<Class<? extends Credentials>> accepts() {
		return Set.of(Credentials.Password.class);
	}

	/**
	 * Makes an authenticator that knows names and passwords only.
	 * @param checker compares a name and a password
	 * @return the authenticator; it refuses every other kind of credentials
	 */
	static Authenticator passwords(PasswordChecker checker) {
		Objects.requireNonNull(checker, "checker");
		return (peer, credentials) -> {
			if (credentials instanceof Credentials.Password password
					&& (password.authorizationId().isEmpty() || password.authorizationId().equals(password.username()))
					&& checker.check(peer, password.username(), password.password())) {
				return new AuthenticatedUser(password.username());
			}
			throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
		};
	}

	/**
	 * Makes an authenticator for bearer tokens.
	 * @param check judges a {@link Credentials.BearerToken}
	 * @return the authenticator; it refuses every other kind of credentials
	 */
	static Authenticator tokens(CredentialsChecker<Credentials.BearerToken> check) {
		return new TypedAuthenticator<>(Credentials.BearerToken.class, check);
	}

	/**
	 * Makes an authenticator for client certificates.
	 * @param check judges a {@link Credentials.ClientCertificate}, whose chain the TLS
	 * layer has verified
	 * @return the authenticator; it refuses every other kind of credentials
	 */
	static Authenticator certificates(CredentialsChecker<Credentials.ClientCertificate> check) {
		return new TypedAuthenticator<>(Credentials.ClientCertificate.class, check);
	}

	/**
	 * Joins authenticators that accept different kinds of credentials.
	 * @param authenticators the authenticators
	 * @return an authenticator that asks the first one that accepts the kind
	 */
	static Authenticator firstOf(Authenticator... authenticators) {
		return new JointAuthenticator(List.of(authenticators));
	}

	/**
	 * Judges one kind of credentials.
	 *
	 * @param <C> the kind
	 */
	@FunctionalInterface
	interface CredentialsChecker<C extends Credentials> {

		/**
		 * Judges.
		 * @param peer the client
		 * @param credentials what the client showed; not to be kept
		 * @return who the client is from now on
		 * @throws SmtpException to refuse with that reply
		 * @throws Exception anything else becomes {@code 454 4.7.0}
		 */
		Principal check(Peer peer, C credentials) throws Exception;

	}

	/**
	 * Compares a user name and a password, see {@link #passwords(PasswordChecker)}.
	 */
	@FunctionalInterface
	interface PasswordChecker {

		/**
		 * Compares. Compare in constant time and do the same work for a user that does
		 * not exist, or the time tells who exists.
		 * @param peer the client
		 * @param username the user name
		 * @param password the password
		 * @return whether both are right
		 * @throws SmtpException to refuse with another reply than 535
		 * @throws Exception anything else becomes {@code 454 4.7.0}
		 */
		boolean check(Peer peer, String username, String password) throws Exception;

	}

	/**
	 * What a client showed to prove its identity. Closed, but for {@link Evidence}, which
	 * mechanisms of an application's own carry. {@code toString} hides every secret.
	 */
	sealed interface Credentials {

		/**
		 * A user name and a password (PLAIN, RFC 4616; LOGIN).
		 *
		 * @param authorizationId whom to act as, empty for the user itself
		 * @param username the user name
		 * @param password the password
		 */
		record Password(String authorizationId, String username, String password) implements Credentials {

			/**
			 * Hides the password.
			 * @return the user name alone
			 */
			@Override
			public String toString() {
				return "Password[username=" + this.username + "]";
			}

		}

		/**
		 * A bearer token (OAUTHBEARER, RFC 7628; XOAUTH2).
		 *
		 * @param authorizationId whom to act as, empty when not given
		 * @param token the token
		 */
		record BearerToken(String authorizationId, String token) implements Credentials {

			/**
			 * Hides the token.
			 * @return the authorization identity alone
			 */
			@Override
			public String toString() {
				return "BearerToken[authorizationId=" + this.authorizationId + "]";
			}

		}

		/**
		 * A client certificate that the TLS layer has verified (EXTERNAL, RFC 4422
		 * appendix A).
		 *
		 * @param authorizationId whom to act as, empty to derive it from the certificate
		 * @param chain the certificates, the client's own first
		 */
		record ClientCertificate(String authorizationId, List<X509Certificate> chain) implements Credentials {

			/**
			 * Copies the chain.
			 */
			public ClientCertificate {
				chain = List.copyOf(chain);
			}

		}

		/**
		 * The evidence of an application's own {@link SaslMechanism}.
		 */
		non-sealed interface Evidence extends Credentials {

		}

	}

}
