package io.smtpd.autoconfigure;

import java.net.InetAddress;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The {@code smtpd.listeners.<name>.*} properties of one listener. What is null is as for
 * the default listener. Not thread-safe; not changed after binding.
 */
public class SmtpServerListenerProperties {

	/**
	 * Network address that the listener listens on. By default, as smtpd.address says.
	 */
	private @Nullable InetAddress address;

	/** Port that the listener listens on; 0 picks a free one. */
	private @Nullable Integer port;

	/** Protocol that the listener speaks. */
	private Protocol protocol = Protocol.SMTP;

	/**
	 * Whether everything but EHLO, NOOP, STARTTLS and QUIT is refused before TLS. By
	 * default, as smtpd.force-tls says.
	 */
	private @Nullable Boolean forceTls;

	private final Ssl ssl = new Ssl();

	private final Auth auth = new Auth();

	private final ProxyProtocol proxyProtocol = new ProxyProtocol();

	/**
	 * Returns the address to listen on.
	 * @return the address, or null for that of the default listener
	 */
	public @Nullable InetAddress getAddress() {
		return this.address;
	}

	/**
	 * Sets the address to listen on.
	 * @param address the address, or null
	 */
	public void setAddress(@Nullable InetAddress address) {
		this.address = address;
	}

	/**
	 * Returns the port to listen on.
	 * @return the port, 0 for any free one
	 */
	public @Nullable Integer getPort() {
		return this.port;
	}

	/**
	 * Sets the port to listen on.
	 * @param port 0 to 65535, 0 for any free one
	 */
	public void setPort(@Nullable Integer port) {
		this.port = port;
	}

	/**
	 * Returns the protocol to speak.
	 * @return the protocol
	 */
	public Protocol getProtocol() {
		return this.protocol;
	}

	/**
	 * Sets the protocol to speak.
	 * @param protocol the protocol
	 */
	public void setProtocol(Protocol protocol) {
		this.protocol = protocol;
	}

	/**
	 * Returns whether other commands are refused before TLS.
	 * @return whether they are, or null for what the default listener does
	 */
	public @Nullable Boolean getForceTls() {
		return this.forceTls;
	}

	/**
	 * Sets whether other commands are refused before TLS.
	 * @param forceTls whether they are, or null
	 */
	public void setForceTls(@Nullable Boolean forceTls) {
		this.forceTls = forceTls;
	}

	/**
	 * Returns how TLS is spoken.
	 * @return the {@code ssl.*} properties
	 */
	public Ssl getSsl() {
		return this.ssl;
	}

	/**
	 * Returns who has to log in.
	 * @return the {@code auth.*} properties
	 */
	public Auth getAuth() {
		return this.auth;
	}

	/**
	 * Returns which proxy stands in front.
	 * @return the {@code proxy-protocol.*} properties
	 */
	public ProxyProtocol getProxyProtocol() {
		return this.proxyProtocol;
	}

	/**
	 * How TLS is spoken.
	 */
	public static class Ssl {

		/**
		 * Name of the SSL bundle; empty for no TLS. By default, as smtpd.ssl.bundle says.
		 */
		private @Nullable String bundle;

		/** Way in which TLS begins. By default, as smtpd.ssl.mode says. */
		private @Nullable TlsMode mode;

		/**
		 * Treatment of client certificates. By default, as smtpd.ssl.client-auth says.
		 */
		private @Nullable TlsClientAuth clientAuth;

		/**
		 * Returns the name of the SSL bundle.
		 * @return the name, empty for no TLS, or null for that of the default listener
		 */
		public @Nullable String getBundle() {
			return this.bundle;
		}

		/**
		 * Sets the name of the SSL bundle.
		 * @param bundle the name, empty for no TLS, or null
		 */
		public void setBundle(@Nullable String bundle) {
			this.bundle = bundle;
		}

		/**
		 * Returns how TLS begins.
		 * @return the mode, or null for that of the default listener
		 */
		public @Nullable TlsMode getMode() {
			return this.mode;
		}

		/**
		 * Sets how TLS begins.
		 * @param mode the mode, or null
		 */
		public void setMode(@Nullable TlsMode mode) {
			this.mode = mode;
		}

		/**
		 * Returns what is asked of clients.
		 * @return the treatment, or null for that of the default listener
		 */
		public @Nullable TlsClientAuth getClientAuth() {
			return this.clientAuth;
		}

		/**
		 * Sets what is asked of clients.
		 * @param clientAuth the treatment, or null
		 */
		public void setClientAuth(@Nullable TlsClientAuth clientAuth) {
			this.clientAuth = clientAuth;
		}

	}

	/**
	 * Who has to log in.
	 */
	public static class Auth {

		/**
		 * Whether MAIL needs authentication first. By default, as smtpd.auth.required
		 * says.
		 */
		private @Nullable Boolean required;

		/**
		 * Returns whether MAIL needs authentication first.
		 * @return whether it does, or null for what the default listener does
		 */
		public @Nullable Boolean getRequired() {
			return this.required;
		}

		/**
		 * Sets whether MAIL needs authentication first.
		 * @param required whether it does, or null
		 */
		public void setRequired(@Nullable Boolean required) {
			this.required = required;
		}

	}

	/**
	 * Which proxy stands in front.
	 */
	public static class ProxyProtocol {

		/**
		 * Whether connections begin with a PROXY header. By default, as
		 * smtpd.proxy-protocol.enabled says.
		 */
		private @Nullable Boolean enabled;

		/**
		 * Comma-separated list of addresses and CIDR ranges that connections may come
		 * from. By default, as smtpd.proxy-protocol.trusted-proxies says.
		 */
		private @Nullable List<String> trustedProxies;

		/**
		 * Returns whether connections begin with a PROXY header.
		 * @return whether they do, or null for what the default listener does
		 */
		public @Nullable Boolean getEnabled() {
			return this.enabled;
		}

		/**
		 * Sets whether connections begin with a PROXY header.
		 * @param enabled whether they do, or null
		 */
		public void setEnabled(@Nullable Boolean enabled) {
			this.enabled = enabled;
		}

		/**
		 * Returns which proxies are believed.
		 * @return addresses and CIDR ranges, or null for those of the default listener
		 */
		public @Nullable List<String> getTrustedProxies() {
			return this.trustedProxies;
		}

		/**
		 * Sets which proxies are believed.
		 * @param trustedProxies addresses and CIDR ranges, or null
		 */
		public void setTrustedProxies(@Nullable List<String> trustedProxies) {
			this.trustedProxies = trustedProxies;
		}

	}

	/**
	 * What a listener speaks.
	 */
	public enum Protocol {

		/** SMTP (RFC 5321). */
		SMTP,

		/** LMTP (RFC 2033). */
		LMTP

	}

}
