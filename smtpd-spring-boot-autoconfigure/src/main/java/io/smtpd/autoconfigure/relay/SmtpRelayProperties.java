package io.smtpd.autoconfigure.relay;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

import io.smtpd.relay.RelayTls;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.convert.DurationUnit;
import org.springframework.validation.Errors;
import org.springframework.validation.Validator;

/**
 * The {@code smtpd.relay.*} properties. A bad value stops the start of the application:
 * the class is its own validator, which Spring Boot asks after binding. Not thread-safe;
 * not changed after binding.
 */
@ConfigurationProperties("smtpd.relay")
public class SmtpRelayProperties implements Validator {

	/**
	 * Name or address of the server that messages are handed on to. By default, messages
	 * are not relayed.
	 */
	private @Nullable String host;

	/** Port of the server that messages are handed on to. */
	private int port = 25;

	/** What to do about TLS towards the upstream server. */
	private RelayTls tls = RelayTls.STARTTLS;

	private final Ssl ssl = new Ssl();

	/**
	 * User name for the upstream server. By default, none, and there is no
	 * authentication.
	 */
	private @Nullable String username;

	/** Password for the upstream server. By default, none. */
	private @Nullable String password;

	/** Name of this server in EHLO to the upstream server. By default, smtpd.hostname. */
	private @Nullable String heloName;

	/**
	 * Time that a connection may take, and that a message waits for a free one, in
	 * seconds if no unit is given.
	 */
	@DurationUnit(ChronoUnit.SECONDS)
	private Duration connectTimeout = Duration.ofSeconds(30);

	/**
	 * Time that the upstream server may take for a reply, in seconds if no unit is given.
	 */
	@DurationUnit(ChronoUnit.SECONDS)
	private Duration readTimeout = Duration.ofMinutes(5);

	/** Time that one message may take in all, in seconds if no unit is given. */
	@DurationUnit(ChronoUnit.SECONDS)
	private Duration timeout = Duration.ofMinutes(10);

	/** Number of connections to the upstream server at once. */
	private int poolSize = 8;

	/** Number of Received header fields that a message may have; -1 for any. */
	private int maxHops = 100;

	/** Whether to ask the upstream server about each recipient while the client waits. */
	private boolean verifyRecipients;

	/**
	 * Comma-separated list of addresses and CIDR ranges of the clients that may relay
	 * without authentication. By default, none.
	 */
	private List<String> allowedNetworks = new ArrayList<>();

	/**
	 * Returns where messages go.
	 * @return a name or an address
	 */
	public @Nullable String getHost() {
		return this.host;
	}

	/**
	 * Sets where messages go.
	 * @param host a name or an address, without a port
	 */
	public void setHost(@Nullable String host) {
		this.host = host;
	}

	/**
	 * Returns the upstream server's port.
	 * @return the port
	 */
	public int getPort() {
		return this.port;
	}

	/**
	 * Sets the upstream server's port.
	 * @param port 1 to 65535
	 */
	public void setPort(int port) {
		this.port = port;
	}

	/**
	 * Returns what to do about TLS.
	 * @return the way
	 */
	public RelayTls getTls() {
		return this.tls;
	}

	/**
	 * Sets what to do about TLS.
	 * @param tls the way
	 */
	public void setTls(RelayTls tls) {
		this.tls = tls;
	}

	/**
	 * Returns whom TLS trusts.
	 * @return the {@code smtpd.relay.ssl.*} properties
	 */
	public Ssl getSsl() {
		return this.ssl;
	}

	/**
	 * Returns the user name.
	 * @return the name, or null for no authentication
	 */
	public @Nullable String getUsername() {
		return this.username;
	}

	/**
	 * Sets the user name.
	 * @param username the name, or null for no authentication
	 */
	public void setUsername(@Nullable String username) {
		this.username = username;
	}

	/**
	 * Returns the password.
	 * @return the password, or null for no authentication
	 */
	public @Nullable String getPassword() {
		return this.password;
	}

	/**
	 * Sets the password.
	 * @param password the password, or null for no authentication
	 */
	public void setPassword(@Nullable String password) {
		this.password = password;
	}

	/**
	 * Returns this server's name in EHLO.
	 * @return the name, or null for {@code smtpd.hostname}
	 */
	public @Nullable String getHeloName() {
		return this.heloName;
	}

	/**
	 * Sets this server's name in EHLO.
	 * @param heloName a domain or an address literal, or null for {@code smtpd.hostname}
	 */
	public void setHeloName(@Nullable String heloName) {
		this.heloName = heloName;
	}

	/**
	 * Returns how long a connection may take.
	 * @return the time
	 */
	public Duration getConnectTimeout() {
		return this.connectTimeout;
	}

	/**
	 * Sets how long a connection may take.
	 * @param connectTimeout more than zero
	 */
	public void setConnectTimeout(Duration connectTimeout) {
		this.connectTimeout = connectTimeout;
	}

	/**
	 * Returns how long a reply may take.
	 * @return the time
	 */
	public Duration getReadTimeout() {
		return this.readTimeout;
	}

	/**
	 * Sets how long a reply may take.
	 * @param readTimeout more than zero
	 */
	public void setReadTimeout(Duration readTimeout) {
		this.readTimeout = readTimeout;
	}

	/**
	 * Returns how long a message may take.
	 * @return the time
	 */
	public Duration getTimeout() {
		return this.timeout;
	}

	/**
	 * Sets how long a message may take.
	 * @param timeout more than zero
	 */
	public void setTimeout(Duration timeout) {
		this.timeout = timeout;
	}

	/**
	 * Returns how many connections there may be.
	 * @return the number
	 */
	public int getPoolSize() {
		return this.poolSize;
	}

	/**
	 * Sets how many connections there may be.
	 * @param poolSize at least 1
	 */
	public void setPoolSize(int poolSize) {
		this.poolSize = poolSize;
	}

	/**
	 * Returns how many Received header fields a message may have.
	 * @return the limit, or -1
	 */
	public int getMaxHops() {
		return this.maxHops;
	}

	/**
	 * Sets how many Received header fields a message may have.
	 * @param maxHops at least 1, or -1
	 */
	public void setMaxHops(int maxHops) {
		this.maxHops = maxHops;
	}

	/**
	 * Returns whether the upstream server is asked about each recipient.
	 * @return whether it is
	 */
	public boolean isVerifyRecipients() {
		return this.verifyRecipients;
	}

	/**
	 * Sets whether the upstream server is asked about each recipient.
	 * @param verifyRecipients whether it is
	 */
	public void setVerifyRecipients(boolean verifyRecipients) {
		this.verifyRecipients = verifyRecipients;
	}

	/**
	 * Returns which clients may relay without authentication.
	 * @return addresses and CIDR ranges
	 */
	public List<String> getAllowedNetworks() {
		return this.allowedNetworks;
	}

	/**
	 * Sets which clients may relay without authentication.
	 * @param allowedNetworks addresses and CIDR ranges
	 */
	public void setAllowedNetworks(List<String> allowedNetworks) {
		this.allowedNetworks = allowedNetworks;
	}

	@Override
	public boolean supports(Class<?> type) {
		return SmtpRelayProperties.class.isAssignableFrom(type);
	}

	@Override
	public void validate(Object target, Errors errors) {
		new SmtpRelayPropertiesChecks(errors).check((SmtpRelayProperties) target);
	}

	/**
	 * Whom TLS towards the upstream server trusts.
	 */
	public static class Ssl {

		/**
		 * Name of the SSL bundle with the certificates to trust, and the one to show. By
		 * default, those that the JVM trusts.
		 */
		private @Nullable String bundle;

		/**
		 * Returns the SSL bundle's name.
		 * @return the name, or null for the JVM's default
		 */
		public @Nullable String getBundle() {
			return this.bundle;
		}

		/**
		 * Sets the SSL bundle's name.
		 * @param bundle the name, or null for the JVM's default
		 */
		public void setBundle(@Nullable String bundle) {
			this.bundle = bundle;
		}

	}

}
