package io.smtpd;

import java.io.IOException;

import io.smtpd.SessionListener.SessionOutcome;
import org.jspecify.annotations.Nullable;

/** There is no client to talk to any more. Ends the session, wherever it is. */
final class ConnectionEndedException extends IOException {

	private static final long serialVersionUID = 1L;

	private final SessionOutcome outcome;

	ConnectionEndedException(SessionOutcome outcome, @Nullable Throwable cause) {
		super(outcome.name(), cause);
		this.outcome = outcome;
	}

	SessionOutcome outcome() {
		return this.outcome;
	}

	/** An expected end, told by type alone: no stack trace. */
	@Override
	public synchronized Throwable fillInStackTrace() {
		return this;
	}

}
