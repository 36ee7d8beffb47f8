package io.smtpd;

import java.util.function.Supplier;

import io.smtpd.SessionListener.Limit;
import org.jspecify.annotations.Nullable;

/** What a session has done so far to try the server's patience, and when that ends. */
final class Offences {

	private final Supplier<SmtpLimits> limits;

	private int errors;

	private int junkCommands;

	private int authFailures;

	Offences(Supplier<SmtpLimits> limits) {
		this.limits = limits;
	}

	int errors() {
		return this.errors;
	}

	/** A message was accepted: the client means well. */
	void forgive() {
		this.errors = 0;
		this.junkCommands = 0;
	}

	/** Counts a refused or unknown command, and names the limit if it went too far. */
	@Nullable Limit error() {
		this.errors++;
		return SmtpLimits.exceeds(this.errors, this.limits.get().maxErrors()) ? Limit.MAX_ERRORS : null;
	}

	/** Counts a command that leads to no message. */
	@Nullable Limit junkCommand() {
		this.junkCommands++;
		return SmtpLimits.exceeds(this.junkCommands, this.limits.get().maxJunkCommands()) ? Limit.MAX_JUNK_COMMANDS
				: null;
	}

	/** Counts a failed attempt to authenticate. */
	void authFailure() {
		this.authFailures++;
	}

	/** Whether another attempt would be one too many: it is not even looked at. */
	boolean mayNotAuthenticate() {
		return SmtpLimits.exceeds(this.authFailures + 1L, this.limits.get().maxAuthFailures());
	}

}
