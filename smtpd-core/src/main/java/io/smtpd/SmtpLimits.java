package io.smtpd;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * How much a client may try a server's patience. Immutable; each method with an argument
 * makes a changed copy. {@code -1}, or a duration of zero, lifts a limit. Each limit is
 * named as the property that sets it in Spring Boot.
 */
public final class SmtpLimits {

	private static final SmtpLimits DEFAULTS = new SmtpLimits(new Values());

	private static final SmtpLimits NONE = none(new Values());

	private final Values values;

	private SmtpLimits(Values values) {
		this.values = values;
	}

	private static SmtpLimits none(Values values) {
		values.maxErrors = -1;
		values.maxJunkCommands = -1;
		values.maxAuthFailures = -1;
		values.maxConnectionsPerAddress = -1;
		values.minDataRate = -1;
		return new SmtpLimits(values);
	}

	/**
	 * Returns the limits that hold unless told otherwise: 20 errors, 100 junk commands, 3
	 * failed authentications, 50 connections for each address, 500 octets of mail data a
	 * second; no rates.
	 * @return the defaults
	 */
	public static SmtpLimits defaults() {
		return DEFAULTS;
	}

	/**
	 * Returns no limits at all.
	 * @return limits that are all lifted
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
		return this.values.maxErrors;
	}

	/**
	 * Changes {@link #maxErrors()}.
	 * @param limit at least 1, or -1
	 * @return the changed copy
	 * @throws IllegalArgumentException when the limit is neither
	 */
	public SmtpLimits maxErrors(int limit) {
		Values changed = this.values.copy();
		changed.maxErrors = checked("maxErrors", limit);
		return new SmtpLimits(changed);
	}

	/**
	 * Returns how many commands that lead to no message (NOOP, RSET, VRFY, HELP, a
	 * repeated EHLO) a session may send since its last accepted message; then it gets
	 * {@code 421 4.7.0}.
	 * @return the limit, or -1
	 */
	public int maxJunkCommands() {
		return this.values.maxJunkCommands;
	}

	/**
	 * Changes {@link #maxJunkCommands()}.
	 * @param limit at least 1, or -1
	 * @return the changed copy
	 * @throws IllegalArgumentException when the limit is neither
	 */
	public SmtpLimits maxJunkCommands(int limit) {
		Values changed = this.values.copy();
		changed.maxJunkCommands = checked("maxJunkCommands", limit);
		return new SmtpLimits(changed);
	}

	/**
	 * Returns how many attempts to authenticate may fail in a session; the next gets
	 * {@code 421 4.7.0} and is not even looked at.
	 * @return the limit, or -1
	 */
	public int maxAuthFailures() {
		return this.values.maxAuthFailures;
	}

	/**
	 * Changes {@link #maxAuthFailures()}.
	 * @param limit at least 1, or -1
	 * @return the changed copy
	 * @throws IllegalArgumentException when the limit is neither
	 */
	public SmtpLimits maxAuthFailures(int limit) {
		Values changed = this.values.copy();
		changed.maxAuthFailures = checked("maxAuthFailures", limit);
		return new SmtpLimits(changed);
	}

	/**
	 * Returns how many connections a client address may have at once, IPv6 addresses by
	 * their /64 network; the next gets {@code 421 4.7.0}.
	 * @return the limit, or -1
	 */
	public int maxConnectionsPerAddress() {
		return this.values.maxConnectionsPerAddress;
	}

	/**
	 * Changes {@link #maxConnectionsPerAddress()}.
	 * @param limit at least 1, or -1
	 * @return the changed copy
	 * @throws IllegalArgumentException when the limit is neither
	 */
	public SmtpLimits maxConnectionsPerAddress(int limit) {
		Values changed = this.values.copy();
		changed.maxConnectionsPerAddress = checked("maxConnectionsPerAddress", limit);
		return new SmtpLimits(changed);
	}

	/**
	 * Returns how many connections a client address may open in a minute; the next gets
	 * {@code 421 4.7.0}. Needs a {@link RateLimiter}.
	 * @return the limit, or -1
	 */
	public int connectionRate() {
		return this.values.connectionRate;
	}

	/**
	 * Changes {@link #connectionRate()}.
	 * @param perMinute at least 1, or -1
	 * @return the changed copy
	 * @throws IllegalArgumentException when the limit is neither
	 */
	public SmtpLimits connectionRate(int perMinute) {
		Values changed = this.values.copy();
		changed.connectionRate = checked("connectionRate", perMinute);
		return new SmtpLimits(changed);
	}

	/**
	 * Returns how many transactions a client address may begin in a minute; the next MAIL
	 * gets {@code 450 4.7.1}. Needs a {@link RateLimiter}.
	 * @return the limit, or -1
	 */
	public int messageRate() {
		return this.values.messageRate;
	}

	/**
	 * Changes {@link #messageRate()}.
	 * @param perMinute at least 1, or -1
	 * @return the changed copy
	 * @throws IllegalArgumentException when the limit is neither
	 */
	public SmtpLimits messageRate(int perMinute) {
		Values changed = this.values.copy();
		changed.messageRate = checked("messageRate", perMinute);
		return new SmtpLimits(changed);
	}

	/**
	 * Returns how many attempts to authenticate may fail for a client address in a
	 * minute; the next failure gets {@code 421 4.7.0}. Needs a {@link RateLimiter}.
	 * @return the limit, or -1
	 */
	public int authFailureRate() {
		return this.values.authFailureRate;
	}

	/**
	 * Changes {@link #authFailureRate()}.
	 * @param perMinute at least 1, or -1
	 * @return the changed copy
	 * @throws IllegalArgumentException when the limit is neither
	 */
	public SmtpLimits authFailureRate(int perMinute) {
		Values changed = this.values.copy();
		changed.authFailureRate = checked("authFailureRate", perMinute);
		return new SmtpLimits(changed);
	}

	/**
	 * Returns how many messages a session may deliver; then it gets {@code 421 4.7.0} and
	 * may connect again.
	 * @return the limit, or -1
	 */
	public int maxMessagesPerSession() {
		return this.values.maxMessagesPerSession;
	}

	/**
	 * Changes {@link #maxMessagesPerSession()}.
	 * @param limit at least 1, or -1
	 * @return the changed copy
	 * @throws IllegalArgumentException when the limit is neither
	 */
	public SmtpLimits maxMessagesPerSession(int limit) {
		Values changed = this.values.copy();
		changed.maxMessagesPerSession = checked("maxMessagesPerSession", limit);
		return new SmtpLimits(changed);
	}

	/**
	 * Returns how long a session may last; a transaction that is under way by then may
	 * finish, then the client gets {@code 421 4.7.0} and may connect again.
	 * @return the limit, or zero for none
	 */
	public Duration maxSessionDuration() {
		return this.values.maxSessionDuration;
	}

	/**
	 * Changes {@link #maxSessionDuration()}.
	 * @param limit zero for none
	 * @return the changed copy
	 * @throws IllegalArgumentException when the limit is negative
	 */
	public SmtpLimits maxSessionDuration(Duration limit) {
		if (limit.isNegative()) {
			throw new IllegalArgumentException(
					"maxSessionDuration is " + limit + " but must be positive, or zero for no limit");
		}
		Values changed = this.values.copy();
		changed.maxSessionDuration = limit;
		return new SmtpLimits(changed);
	}

	/**
	 * Returns how many octets of mail data a client must send in a second, on the average
	 * of a minute; a slower one gets {@code 421 4.4.2}.
	 * @return the limit, or -1
	 */
	public int minDataRate() {
		return this.values.minDataRate;
	}

	/**
	 * Changes {@link #minDataRate()}.
	 * @param octetsPerSecond at least 1, or -1
	 * @return the changed copy
	 * @throws IllegalArgumentException when the limit is neither
	 */
	public SmtpLimits minDataRate(int octetsPerSecond) {
		Values changed = this.values.copy();
		changed.minDataRate = checked("minDataRate", octetsPerSecond);
		return new SmtpLimits(changed);
	}

	/**
	 * Returns to which addresses the limits for each address don't apply.
	 * @return whether an address is trusted
	 */
	public Predicate<InetAddress> trustedNetworks() {
		return this.values.trustedNetworks;
	}

	/**
	 * Changes {@link #trustedNetworks()}.
	 * @param trusted tells whether an address is trusted; nobody is unless set
	 * @return the changed copy
	 */
	public SmtpLimits trustedNetworks(Predicate<InetAddress> trusted) {
		Values changed = this.values.copy();
		changed.trustedNetworks = Objects.requireNonNull(trusted, "trusted");
		return new SmtpLimits(changed);
	}

	/** Names a rate that is set, which needs somebody to keep it. */
	@Nullable String rate() {
		if (this.values.connectionRate >= 0) {
			return "connectionRate";
		}
		if (this.values.messageRate >= 0) {
			return "messageRate";
		}
		return (this.values.authFailureRate >= 0) ? "authFailureRate" : null;
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

	/** The limits of one copy; never changed once a copy has them. */
	private static final class Values {

		private int maxErrors = 20;

		private int maxJunkCommands = 100;

		private int maxAuthFailures = 3;

		private int maxConnectionsPerAddress = 50;

		private int connectionRate = -1;

		private int messageRate = -1;

		private int authFailureRate = -1;

		private int maxMessagesPerSession = -1;

		private Duration maxSessionDuration = Duration.ZERO;

		private int minDataRate = 500;

		private Predicate<InetAddress> trustedNetworks = (address) -> false;

		private Values copy() {
			Values copy = new Values();
			copy.maxErrors = this.maxErrors;
			copy.maxJunkCommands = this.maxJunkCommands;
			copy.maxAuthFailures = this.maxAuthFailures;
			copy.maxConnectionsPerAddress = this.maxConnectionsPerAddress;
			copy.connectionRate = this.connectionRate;
			copy.messageRate = this.messageRate;
			copy.authFailureRate = this.authFailureRate;
			copy.maxMessagesPerSession = this.maxMessagesPerSession;
			copy.maxSessionDuration = this.maxSessionDuration;
			copy.minDataRate = this.minDataRate;
			copy.trustedNetworks = this.trustedNetworks;
			return copy;
		}

	}

}
