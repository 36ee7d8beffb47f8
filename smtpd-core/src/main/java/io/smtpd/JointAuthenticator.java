package io.smtpd;

import java.security.Principal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Several authenticators, each for kinds of credentials of its own. */
record JointAuthenticator(List<Authenticator> authenticators) implements Authenticator {

	@Override
	public Principal authenticate(Peer peer, Credentials credentials) throws Exception {
		for (Authenticator authenticator : this.authenticators) {
			if (authenticator.accepts().stream().anyMatch((type) -> type.isInstance(credentials))) {
				return authenticator.authenticate(peer, credentials);
			}
		}
		throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
	}

	@Override
	public Set<Class<? extends Credentials>> accepts() {
		Set<Class<? extends Credentials>> kinds = new HashSet<>();
		this.authenticators.forEach((authenticator) -> kinds.addAll(authenticator.accepts()));
		return kinds;
	}

}
