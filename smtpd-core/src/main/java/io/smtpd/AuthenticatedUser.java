package io.smtpd;

import java.security.Principal;

/** A principal that is a name and nothing else. */
record AuthenticatedUser(String name) implements Principal {

	@Override
	public String getName() {
		return this.name;
	}

	@Override
	public String toString() {
		return this.name;
	}

}
