package io.smtpd;

/**
 * How much a client may try a session's patience. Immutable; each method with an argument
 * makes a changed copy. {@code -1} lifts a limit.
 */
public final class SmtpLimits {

	private static final SmtpLimits DEFAULTS = new SmtpLimits(20, 100, 3);

	private static final SmtpLimits NONE = new SmtpLimits(-1, -1, -1);

	private final int maxErrors;

	private final int maxJunkCommands;

	private final int maxAuthFailures;

	private SmtpLimits(int maxErrors, int maxJunkCommands, int maxAuthFailures) {
		this.maxErrors = maxErrors;
		this.maxJunkCommands = maxJunkCommands;
		this.maxAuthFailures = maxAuthFailures;
	}

	/**
	 * Returns the limits that hold unless told otherwise.
	 * @return 20 errors, 100 junk commands, 3 failed authentications
	 */
	public static SmtpLimits defaults() {
		return DEFAULTS;
	}

	/**
	 * Returns no limits at all.
	 * @return limits that are all {@code -1}
	 */
	public static SmtpLimits none() {
		return NONE;
	}

	/**
	 * Returns how many refused or unknown commands a session may send since its last
	 * accepted message; then it gets {@code 421 4.7.0}.
	 * @return the limit, or -1
	 */
	public int maxErrors() {
		return this.maxErrors;
	}

	/**
	 * Changes {@link #maxErrors()}.
	 * @param limit at least 1, or -1
	 * @return the changed copy
	 * @throws IllegalArgumentException when the limit is neither
	 */
	public SmtpLimits maxErrors(int limit) {
		return new SmtpLimits(checked("maxErrors", limit), this.maxJunkCommands, this.maxAuthFailures);
	}

	/**
	 * Returns how many commands that lead to no message (NOOP, RSET, VRFY, HELP, a
	 * repeated EHLO) a session may send since its last accepted message; then it gets
	 * {@code 421 4.7.0}.
	 * @return the limit, or -1
	 */
	public int maxJunkCommands() {
		return this.maxJunkCommands;
	}

	/**
	 * Changes {@link #maxJunkCommands()}.
	 * @param limit at least 1, or -1
	 * @return the changed copy
	 * @throws IllegalArgumentException when the limit is neither
	 */
	public SmtpLimits maxJunkCommands(int limit) {
		return new SmtpLimits(this.maxErrors, checked("maxJunkCommands", limit), this.maxAuthFailures);
	}

	/**
	 * Returns how many attempts to authenticate may fail in a session; then it gets
	 * {@code 421 4.7.0}.
	 * @return the limit, or -1
	 */
	public int maxAuthFailures() {
		return this.maxAuthFailures;
	}

	/**
	 * Changes {@link #maxAuthFailures()}.
	 * @param limit at least 1, or -1
	 * @return the changed copy
	 * @throws IllegalArgumentException when the limit is neither
	 */
	public SmtpLimits maxAuthFailures(int limit) {
		return new SmtpLimits(this.maxErrors, this.maxJunkCommands, checked("maxAuthFailures", limit));
	}

	/** Tells whether a count is beyond a limit. */
	static boolean exceeds(long count, long limit) {
		return limit >= 0 && count > limit;
	}

	private static int checked(String name, int limit) {
		if (limit < -1 || limit == 0) {
			throw new IllegalArgumentException(name + " is " + limit + " but must be at least 1, or -1 for no limit");
		}
		return limit;
	}

}
