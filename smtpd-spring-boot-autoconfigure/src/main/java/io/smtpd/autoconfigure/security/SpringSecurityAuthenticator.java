package io.smtpd.autoconfigure.security;

import java.security.Principal;
import java.util.Objects;

import io.smtpd.Authenticator;
import io.smtpd.Peer;
import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;

import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authentication.CredentialsExpiredException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.CredentialsContainer;

/**
 * {@link Authenticator} that asks Spring Security about names and passwords. The
 * {@link Authentication} that comes of it, without the password, is the principal of the
 * peer; its details are the address of the client. Thread-safe.
 * <p>
 * Refusals: {@code 432 4.7.12} for a password that has expired, {@code 454 4.7.0} when
 * the question could not be decided, {@code 535 5.7.8} for everything else, so that a
 * client cannot tell a wrong password from a user who is locked or does not exist.
 */
public final class SpringSecurityAuthenticator implements Authenticator {

	private final AuthenticationManager manager;

	/**
	 * Makes an authenticator.
	 * @param manager who is asked
	 */
	public SpringSecurityAuthenticator(AuthenticationManager manager) {
		this.manager = Objects.requireNonNull(manager, "manager");
	}

	@Override
	public Principal authenticate(Peer peer, Credentials credentials) {
		if (!(credentials instanceof Credentials.Password password)
				|| !(password.authorizationId().isEmpty() || password.authorizationId().equals(password.username()))) {
			throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
		}
		Authentication result = ask(peer, password);
		if (result instanceof CredentialsContainer container) {
			container.eraseCredentials(); // not every manager does
		}
		if (result == null || !result.isAuthenticated()) {
			throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
		}
		return result;
	}

	private Authentication ask(Peer peer, Credentials.Password password) {
		UsernamePasswordAuthenticationToken request = UsernamePasswordAuthenticationToken
			.unauthenticated(password.username(), password.password());
		request.setDetails(peer.remoteAddress());
		try {
			return this.manager.authenticate(request);
		}
		catch (AuthenticationServiceException ex) {
			throw ex; // the server logs it and answers 454 4.7.0
		}
		catch (CredentialsExpiredException ex) {
			throw new SmtpException(SmtpReply.PASSWORD_TRANSITION_NEEDED);
		}
		catch (AuthenticationException ex) {
			throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
		}
		finally {
			request.eraseCredentials();
		}
	}

}
