package io.smtpd.sasl;

import java.security.Principal;

/** A principal that is a name and nothing else. */
record ScramUser(String name) implements Principal {

	@Override
	public String getName() {
		return this.name;
	}

	@Override
	public String toString() {
		return this.name;
	}

}
