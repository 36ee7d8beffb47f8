package io.smtpd.autoconfigure;

import java.io.File;
import java.net.InetAddress;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.smtpd.BareLineEndings;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.convert.DurationUnit;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.Errors;
import org.springframework.validation.Validator;

/**
 * The {@code smtpd.*} properties. A bad value stops the start of the application: the
 * class is its own validator, which Spring Boot asks after binding. Not thread-safe; not
 * changed after binding.
 */
@ConfigurationProperties("smtpd")
public class SmtpServerProperties implements Validator {

	/** Whether to start an SMTP server. */
	private boolean enabled = true;

	/** Name of the server in the greeting, the reply to EHLO and the Received field. */
	private String hostname = "localhost.localdomain";

	/** Text of the greeting. By default, the host name and "ESMTP ready.". */
	private @Nullable String welcomeMessage;

	/** Network address that the server listens on. By default, all interfaces. */
	private @Nullable InetAddress address;

	/**
	 * Port that the server listens on; 0 picks a free one, -1 leaves it to
	 * smtpd.listeners.
	 */
	private int port = 2525;

	/**
	 * Time that a client may take for a whole command line or the next mail data, in
	 * seconds if no unit is given.
	 */
	@DurationUnit(ChronoUnit.SECONDS)
	private Duration readTimeout = Duration.ofSeconds(60);

	/**
	 * Time that one write may be blocked by a client that does not read, in seconds if no
	 * unit is given.
	 */
	@DurationUnit(ChronoUnit.SECONDS)
	private Duration writeTimeout = Duration.ofSeconds(60);

	/**
	 * Time that a client may take for the whole of one message's data, in seconds if no
	 * unit is given.
	 */
	@DurationUnit(ChronoUnit.SECONDS)
	private Duration dataTimeout = Duration.ofMinutes(5);

	/** Number of connections that may be open at once, over all listeners; -1 for any. */
	private int maxConnections = 100;

	/** Size of the largest message that is accepted; -1 for any. */
	private DataSize maxMessageSize = DataSize.ofBytes(10240000);

	/** Number of recipients that a message may have; -1 for any. */
	private int maxRecipients = 100;

	/** Whether to put the server's Received field on top of the mail data. */
	private boolean receivedHeader = true;

	/**
	 * Treatment of mail data that holds a CR or LF which is not part of a CRLF.
	 */
	private BareLineEndings bareLineEndings = BareLineEndings.REJECT;

	/**
	 * Whether all sessions run on virtual threads, which needs Java 21 or later. By
	 * default, as spring.threads.virtual.enabled says where it is set, otherwise all but
	 * the first few do.
	 */
	private @Nullable Boolean virtualThreads;

	private final Spool spool = new Spool();

	@NestedConfigurationProperty
	private final SmtpServerLimitsProperties limits = new SmtpServerLimitsProperties();

	private final Ssl ssl = new Ssl();

	/** Whether everything but EHLO, NOOP, STARTTLS and QUIT is refused before TLS. */
	private boolean forceTls;

	private final Auth auth = new Auth();

	private final Xclient xclient = new Xclient();

	private final ProxyProtocol proxyProtocol = new ProxyProtocol();

	/**
	 * Further listeners by their names. By default, none: there is the one that
	 * smtpd.port stands for.
	 */
	private Map<String, SmtpServerListenerProperties> listeners = new LinkedHashMap<>();

	/**
	 * Time that a client waits for the greeting, in seconds if no unit is given; one that
	 * talks first is refused.
	 */
	@DurationUnit(ChronoUnit.SECONDS)
	private Duration greetDelay = Duration.ZERO;

	/**
	 * Returns whether to start a server.
	 * @return whether to start
	 */
	public boolean isEnabled() {
		return this.enabled;
	}

	/**
	 * Sets whether to start a server.
	 * @param enabled whether to start
	 */
	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	/**
	 * Returns the server's name.
	 * @return a domain or an address literal
	 */
	public String getHostname() {
		return this.hostname;
	}

	/**
	 * Sets the server's name.
	 * @param hostname a domain or an address literal
	 */
	public void setHostname(String hostname) {
		this.hostname = hostname;
	}

	/**
	 * Returns the text of the greeting.
	 * @return the text, or null for one made of the host name
	 */
	public @Nullable String getWelcomeMessage() {
		return this.welcomeMessage;
	}

	/**
	 * Sets the text of the greeting.
	 * @param welcomeMessage the text, or null for one made of the host name
	 */
	public void setWelcomeMessage(@Nullable String welcomeMessage) {
		this.welcomeMessage = welcomeMessage;
	}

	/**
	 * Returns the address to listen on.
	 * @return the address, or null for all interfaces
	 */
	public @Nullable InetAddress getAddress() {
		return this.address;
	}

	/**
	 * Sets the address to listen on.
	 * @param address the address, or null for all interfaces
	 */
	public void setAddress(@Nullable InetAddress address) {
		this.address = address;
	}

	/**
	 * Returns the port to listen on.
	 * @return the port, 0 for any free one, -1 for no default listener
	 */
	public int getPort() {
		return this.port;
	}

	/**
	 * Sets the port to listen on.
	 * @param port 0 to 65535, 0 for any free one; -1 for no default listener
	 */
	public void setPort(int port) {
		this.port = port;
	}

	/**
	 * Returns how long a client may take for a command line.
	 * @return the time
	 */
	public Duration getReadTimeout() {
		return this.readTimeout;
	}

	/**
	 * Sets how long a client may take for a command line.
	 * @param readTimeout more than zero
	 */
	public void setReadTimeout(Duration readTimeout) {
		this.readTimeout = readTimeout;
	}

	/**
	 * Returns how long a write may be blocked.
	 * @return the time
	 */
	public Duration getWriteTimeout() {
		return this.writeTimeout;
	}

	/**
	 * Sets how long a write may be blocked.
	 * @param writeTimeout more than zero
	 */
	public void setWriteTimeout(Duration writeTimeout) {
		this.writeTimeout = writeTimeout;
	}

	/**
	 * Returns how long a client may take for a message's data.
	 * @return the time
	 */
	public Duration getDataTimeout() {
		return this.dataTimeout;
	}

	/**
	 * Sets how long a client may take for a message's data.
	 * @param dataTimeout more than zero
	 */
	public void setDataTimeout(Duration dataTimeout) {
		this.dataTimeout = dataTimeout;
	}

	/**
	 * Returns how many connections may be open at once.
	 * @return the limit, or -1
	 */
	public int getMaxConnections() {
		return this.maxConnections;
	}

	/**
	 * Sets how many connections may be open at once.
	 * @param maxConnections at least 1, or -1
	 */
	public void setMaxConnections(int maxConnections) {
		this.maxConnections = maxConnections;
	}

	/**
	 * Returns how large a message may be.
	 * @return the limit, or -1 bytes
	 */
	public DataSize getMaxMessageSize() {
		return this.maxMessageSize;
	}

	/**
	 * Sets how large a message may be.
	 * @param maxMessageSize at least one byte, or -1 bytes
	 */
	public void setMaxMessageSize(DataSize maxMessageSize) {
		this.maxMessageSize = maxMessageSize;
	}

	/**
	 * Returns how many recipients a message may have.
	 * @return the limit, or -1
	 */
	public int getMaxRecipients() {
		return this.maxRecipients;
	}

	/**
	 * Sets how many recipients a message may have.
	 * @param maxRecipients at least 1, or -1
	 */
	public void setMaxRecipients(int maxRecipients) {
		this.maxRecipients = maxRecipients;
	}

	/**
	 * Returns whether the trace line (RFC 5321 §4.4) is added.
	 * @return whether it is
	 */
	public boolean isReceivedHeader() {
		return this.receivedHeader;
	}

	/**
	 * Sets whether the trace line (RFC 5321 §4.4) is added.
	 * @param receivedHeader whether it is
	 */
	public void setReceivedHeader(boolean receivedHeader) {
		this.receivedHeader = receivedHeader;
	}

	/**
	 * Returns what becomes of mail data with a bare CR or LF.
	 * @return the treatment
	 */
	public BareLineEndings getBareLineEndings() {
		return this.bareLineEndings;
	}

	/**
	 * Sets what becomes of mail data with a bare CR or LF.
	 * @param bareLineEndings the treatment
	 */
	public void setBareLineEndings(BareLineEndings bareLineEndings) {
		this.bareLineEndings = bareLineEndings;
	}

	/**
	 * Returns whether sessions run on virtual threads.
	 * @return whether they do, or null for what the application does
	 */
	public @Nullable Boolean getVirtualThreads() {
		return this.virtualThreads;
	}

	/**
	 * Sets whether sessions run on virtual threads.
	 * @param virtualThreads whether they do, or null for what the application does
	 */
	public void setVirtualThreads(@Nullable Boolean virtualThreads) {
		this.virtualThreads = virtualThreads;
	}

	/**
	 * Returns where mail data waits.
	 * @return the {@code smtpd.spool.*} properties
	 */
	public Spool getSpool() {
		return this.spool;
	}

	/**
	 * Returns how much a client may try the server's patience.
	 * @return the {@code smtpd.limits.*} properties
	 */
	public SmtpServerLimitsProperties getLimits() {
		return this.limits;
	}

	/**
	 * Returns how TLS is spoken.
	 * @return the {@code smtpd.ssl.*} properties
	 */
	public Ssl getSsl() {
		return this.ssl;
	}

	/**
	 * Returns whether other commands are refused before TLS (RFC 3207 §4).
	 * @return whether they are
	 */
	public boolean isForceTls() {
		return this.forceTls;
	}

	/**
	 * Sets whether other commands are refused before TLS (RFC 3207 §4).
	 * @param forceTls whether they are
	 */
	public void setForceTls(boolean forceTls) {
		this.forceTls = forceTls;
	}

	/**
	 * Returns who has to log in.
	 * @return the {@code smtpd.auth.*} properties
	 */
	public Auth getAuth() {
		return this.auth;
	}

	/**
	 * Returns who may use XCLIENT.
	 * @return the {@code smtpd.xclient.*} properties
	 */
	public Xclient getXclient() {
		return this.xclient;
	}

	/**
	 * Returns which proxy stands in front of the default listener.
	 * @return the {@code smtpd.proxy-protocol.*} properties
	 */
	public ProxyProtocol getProxyProtocol() {
		return this.proxyProtocol;
	}

	/**
	 * Returns the further listeners.
	 * @return listeners by their names
	 */
	public Map<String, SmtpServerListenerProperties> getListeners() {
		return this.listeners;
	}

	/**
	 * Sets the further listeners.
	 * @param listeners listeners by their names
	 */
	public void setListeners(Map<String, SmtpServerListenerProperties> listeners) {
		this.listeners = listeners;
	}

	/**
	 * Returns how long a client waits for the greeting.
	 * @return the time
	 */
	public Duration getGreetDelay() {
		return this.greetDelay;
	}

	/**
	 * Sets how long a client waits for the greeting.
	 * @param greetDelay zero or more
	 */
	public void setGreetDelay(Duration greetDelay) {
		this.greetDelay = greetDelay;
	}

	@Override
	public boolean supports(Class<?> type) {
		return SmtpServerProperties.class.isAssignableFrom(type);
	}

	@Override
	public void validate(Object target, Errors errors) {
		new SmtpServerPropertiesChecks(errors).check((SmtpServerProperties) target);
	}

	/**
	 * Where mail data waits for the handlers.
	 */
	public static class Spool {

		/** Size of the mail data that is held in memory; more goes to a file. */
		private DataSize memoryThreshold = DataSize.ofKilobytes(256);

		/**
		 * Directory for the private folder with large mail data. By default, the system's
		 * temporary directory.
		 */
		private @Nullable File directory;

		/** Size of all mail data that may lie in files at once; -1 for any. */
		private DataSize maxSize = DataSize.ofBytes(-1);

		/**
		 * Returns how much mail data is held in memory.
		 * @return the size
		 */
		public DataSize getMemoryThreshold() {
			return this.memoryThreshold;
		}

		/**
		 * Sets how much mail data is held in memory.
		 * @param memoryThreshold 0 bytes or more
		 */
		public void setMemoryThreshold(DataSize memoryThreshold) {
			this.memoryThreshold = memoryThreshold;
		}

		/**
		 * Returns where the server makes its private folder.
		 * @return the directory, or null for the system's temporary one
		 */
		public @Nullable File getDirectory() {
			return this.directory;
		}

		/**
		 * Sets where the server makes its private folder.
		 * @param directory the directory, or null for the system's temporary one
		 */
		public void setDirectory(@Nullable File directory) {
			this.directory = directory;
		}

		/**
		 * Returns how much mail data may lie in files at once.
		 * @return the limit, or -1 bytes
		 */
		public DataSize getMaxSize() {
			return this.maxSize;
		}

		/**
		 * Sets how much mail data may lie in files at once.
		 * @param maxSize at least one byte, or -1 bytes
		 */
		public void setMaxSize(DataSize maxSize) {
			this.maxSize = maxSize;
		}

	}

	/**
	 * How TLS is spoken.
	 */
	public static class Ssl {

		/** Name of the SSL bundle, without which there is no TLS. By default, none. */
		private @Nullable String bundle;

		/** Way in which TLS begins. */
		private TlsMode mode = TlsMode.STARTTLS;

		/** Treatment of client certificates. */
		private TlsClientAuth clientAuth = TlsClientAuth.NONE;

		/**
		 * Returns the name of the SSL bundle.
		 * @return the name, or null or empty for no TLS
		 */
		public @Nullable String getBundle() {
			return this.bundle;
		}

		/**
		 * Sets the name of the SSL bundle.
		 * @param bundle the name, or null or empty for no TLS
		 */
		public void setBundle(@Nullable String bundle) {
			this.bundle = bundle;
		}

		/**
		 * Returns how TLS begins.
		 * @return the mode
		 */
		public TlsMode getMode() {
			return this.mode;
		}

		/**
		 * Sets how TLS begins.
		 * @param mode the mode
		 */
		public void setMode(TlsMode mode) {
			this.mode = mode;
		}

		/**
		 * Returns what is asked of clients.
		 * @return the treatment
		 */
		public TlsClientAuth getClientAuth() {
			return this.clientAuth;
		}

		/**
		 * Sets what is asked of clients.
		 * @param clientAuth the treatment
		 */
		public void setClientAuth(TlsClientAuth clientAuth) {
			this.clientAuth = clientAuth;
		}

	}

	/**
	 * Who has to log in, and how.
	 */
	public static class Auth {

		/** Whether MAIL needs authentication first. */
		private boolean required;

		/** Whether passwords are taken in clear text, for tests and the loopback only. */
		private boolean allowWithoutTls;

		/** Whether Spring Security's AuthenticationManager checks names and passwords. */
		private boolean springSecurity;

		/**
		 * Returns whether MAIL needs authentication first.
		 * @return whether it does
		 */
		public boolean isRequired() {
			return this.required;
		}

		/**
		 * Sets whether MAIL needs authentication first.
		 * @param required whether it does
		 */
		public void setRequired(boolean required) {
			this.required = required;
		}

		/**
		 * Returns whether passwords are taken in clear text.
		 * @return whether they are
		 */
		public boolean isAllowWithoutTls() {
			return this.allowWithoutTls;
		}

		/**
		 * Sets whether passwords are taken in clear text.
		 * @param allowWithoutTls whether they are
		 */
		public void setAllowWithoutTls(boolean allowWithoutTls) {
			this.allowWithoutTls = allowWithoutTls;
		}

		/**
		 * Returns whether Spring Security checks names and passwords.
		 * @return whether it does
		 */
		public boolean isSpringSecurity() {
			return this.springSecurity;
		}

		/**
		 * Sets whether Spring Security checks names and passwords.
		 * @param springSecurity whether it does
		 */
		public void setSpringSecurity(boolean springSecurity) {
			this.springSecurity = springSecurity;
		}

	}

	/**
	 * Who may use XCLIENT.
	 */
	public static class Xclient {

		/** Whether to offer XCLIENT to trusted proxies. */
		private boolean enabled;

		/**
		 * Comma-separated list of addresses and CIDR ranges of the proxies that are
		 * believed. By default, none.
		 */
		private List<String> trustedProxies = new ArrayList<>();

		/**
		 * Returns whether the proxies are believed.
		 * @return whether they are
		 */
		public boolean isEnabled() {
			return this.enabled;
		}

		/**
		 * Sets whether the proxies are believed.
		 * @param enabled whether they are
		 */
		public void setEnabled(boolean enabled) {
			this.enabled = enabled;
		}

		/**
		 * Returns which proxies are believed.
		 * @return addresses and CIDR ranges
		 */
		public List<String> getTrustedProxies() {
			return this.trustedProxies;
		}

		/**
		 * Sets which proxies are believed.
		 * @param trustedProxies addresses and CIDR ranges
		 */
		public void setTrustedProxies(List<String> trustedProxies) {
			this.trustedProxies = trustedProxies;
		}

	}

	/**
	 * Which proxy stands in front.
	 */
	public static class ProxyProtocol {

		/** Whether every connection begins with a PROXY header. */
		private boolean enabled;

		/**
		 * Comma-separated list of addresses and CIDR ranges of the proxies that are
		 * believed. By default, none.
		 */
		private List<String> trustedProxies = new ArrayList<>();

		/**
		 * Returns whether the proxies are believed.
		 * @return whether they are
		 */
		public boolean isEnabled() {
			return this.enabled;
		}

		/**
		 * Sets whether the proxies are believed.
		 * @param enabled whether they are
		 */
		public void setEnabled(boolean enabled) {
			this.enabled = enabled;
		}

		/**
		 * Returns which proxies are believed.
		 * @return addresses and CIDR ranges
		 */
		public List<String> getTrustedProxies() {
			return this.trustedProxies;
		}

		/**
		 * Sets which proxies are believed.
		 * @param trustedProxies addresses and CIDR ranges
		 */
		public void setTrustedProxies(List<String> trustedProxies) {
			this.trustedProxies = trustedProxies;
		}

	}

}
