package io.smtpd.autoconfigure;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

import org.springframework.boot.convert.DurationUnit;

/**
 * The {@code smtpd.limits.*} properties: how much a client may try the server's patience.
 * Not thread-safe; not changed after binding.
 */
public class SmtpServerLimitsProperties {

	/**
	 * Number of refused or unknown commands since the last accepted message, after which
	 * a session is closed; -1 for any.
	 */
	private int maxErrors = 20;

	/**
	 * Number of commands that lead to no message since the last accepted one, after which
	 * a session is closed; -1 for any.
	 */
	private int maxJunkCommands = 100;

	/**
	 * Number of failed attempts to authenticate, after which a session is closed; -1 for
	 * any.
	 */
	private int maxAuthFailures = 3;

	/**
	 * Number of connections that may be open at once from one client address, IPv6
	 * addresses by their /64 network; -1 for any.
	 */
	private int maxConnectionsPerAddress = 50;

	/** Number of connections that a client address may open in a minute; -1 for any. */
	private int connectionRate = -1;

	/** Number of messages that a client address may begin in a minute; -1 for any. */
	private int messageRate = -1;

	/**
	 * Number of attempts to authenticate that may fail for a client address in a minute;
	 * -1 for any.
	 */
	private int authFailureRate = -1;

	/** Number of messages that a session may deliver; -1 for any. */
	private int maxMessagesPerSession = -1;

	/** Time that a session may last, in seconds if no unit is given; 0 for any. */
	@DurationUnit(ChronoUnit.SECONDS)
	private Duration maxSessionDuration = Duration.ZERO;

	/**
	 * Number of octets of mail data that a client must send in a second, on the average
	 * of a minute; -1 for any.
	 */
	private int minDataRate = 500;

	/**
	 * Comma-separated list of addresses and CIDR ranges to which the limits for each
	 * address do not apply. By default, none.
	 */
	private List<String> trustedNetworks = new ArrayList<>();

	/**
	 * Returns how many errors a session may have.
	 * @return the limit, or -1
	 */
	public int getMaxErrors() {
		return this.maxErrors;
	}

	/**
	 * Sets how many errors a session may have.
	 * @param maxErrors at least 1, or -1
	 */
	public void setMaxErrors(int maxErrors) {
		this.maxErrors = maxErrors;
	}

	/**
	 * Returns how many junk commands a session may have.
	 * @return the limit, or -1
	 */
	public int getMaxJunkCommands() {
		return this.maxJunkCommands;
	}

	/**
	 * Sets how many junk commands a session may have.
	 * @param maxJunkCommands at least 1, or -1
	 */
	public void setMaxJunkCommands(int maxJunkCommands) {
		this.maxJunkCommands = maxJunkCommands;
	}

	/**
	 * Returns how many attempts to authenticate may fail.
	 * @return the limit, or -1
	 */
	public int getMaxAuthFailures() {
		return this.maxAuthFailures;
	}

	/**
	 * Sets how many attempts to authenticate may fail.
	 * @param maxAuthFailures at least 1, or -1
	 */
	public void setMaxAuthFailures(int maxAuthFailures) {
		this.maxAuthFailures = maxAuthFailures;
	}

	/**
	 * Returns how many connections an address may have at once.
	 * @return the limit, or -1
	 */
	public int getMaxConnectionsPerAddress() {
		return this.maxConnectionsPerAddress;
	}

	/**
	 * Sets how many connections an address may have at once.
	 * @param maxConnectionsPerAddress at least 1, or -1
	 */
	public void setMaxConnectionsPerAddress(int maxConnectionsPerAddress) {
		this.maxConnectionsPerAddress = maxConnectionsPerAddress;
	}

	/**
	 * Returns how many connections an address may open in a minute.
	 * @return the rate, or -1
	 */
	public int getConnectionRate() {
		return this.connectionRate;
	}

	/**
	 * Sets how many connections an address may open in a minute.
	 * @param connectionRate at least 1, or -1
	 */
	public void setConnectionRate(int connectionRate) {
		this.connectionRate = connectionRate;
	}

	/**
	 * Returns how many messages an address may begin in a minute.
	 * @return the rate, or -1
	 */
	public int getMessageRate() {
		return this.messageRate;
	}

	/**
	 * Sets how many messages an address may begin in a minute.
	 * @param messageRate at least 1, or -1
	 */
	public void setMessageRate(int messageRate) {
		this.messageRate = messageRate;
	}

	/**
	 * Returns how many attempts to authenticate may fail for an address in a minute.
	 * @return the rate, or -1
	 */
	public int getAuthFailureRate() {
		return this.authFailureRate;
	}

	/**
	 * Sets how many attempts to authenticate may fail for an address in a minute.
	 * @param authFailureRate at least 1, or -1
	 */
	public void setAuthFailureRate(int authFailureRate) {
		this.authFailureRate = authFailureRate;
	}

	/**
	 * Returns how many messages a session may deliver.
	 * @return the limit, or -1
	 */
	public int getMaxMessagesPerSession() {
		return this.maxMessagesPerSession;
	}

	/**
	 * Sets how many messages a session may deliver.
	 * @param maxMessagesPerSession at least 1, or -1
	 */
	public void setMaxMessagesPerSession(int maxMessagesPerSession) {
		this.maxMessagesPerSession = maxMessagesPerSession;
	}

	/**
	 * Returns how long a session may last.
	 * @return the limit, or zero
	 */
	public Duration getMaxSessionDuration() {
		return this.maxSessionDuration;
	}

	/**
	 * Sets how long a session may last.
	 * @param maxSessionDuration zero for no limit
	 */
	public void setMaxSessionDuration(Duration maxSessionDuration) {
		this.maxSessionDuration = maxSessionDuration;
	}

	/**
	 * Returns how many octets of mail data a client must send in a second.
	 * @return the least rate, or -1
	 */
	public int getMinDataRate() {
		return this.minDataRate;
	}

	/**
	 * Sets how many octets of mail data a client must send in a second.
	 * @param minDataRate at least 1, or -1
	 */
	public void setMinDataRate(int minDataRate) {
		this.minDataRate = minDataRate;
	}

	/**
	 * Returns to whom the limits for each address don't apply.
	 * @return addresses and CIDR ranges
	 */
	public List<String> getTrustedNetworks() {
		return this.trustedNetworks;
	}

	/**
	 * Sets to whom the limits for each address don't apply.
	 * @param trustedNetworks addresses and CIDR ranges
	 */
	public void setTrustedNetworks(List<String> trustedNetworks) {
		this.trustedNetworks = trustedNetworks;
	}

}
