package io.smtpd;

import java.security.Principal;
import java.util.Set;

/** Judges one kind of credentials and refuses the others. */
record TypedAuthenticator<C extends Authenticator.Credentials>(Class<C> type,
		Authenticator.CredentialsChecker<C> checker) implements Authenticator {

	@Override
	public Principal authenticate(Peer peer, Credentials credentials) throws Exception {
		if (!this.type.isInstance(credentials)) {
			throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
		}
		return this.checker.check(peer, this.type.cast(credentials));
	}

	@Override
	public Set<Class<? extends Credentials>> accepts() {
		return Set.of(this.type);
	}

}
