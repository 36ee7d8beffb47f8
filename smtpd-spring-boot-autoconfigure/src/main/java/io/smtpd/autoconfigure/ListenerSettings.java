package io.smtpd.autoconfigure;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

import io.smtpd.SmtpServer.Listener;
import org.jspecify.annotations.Nullable;

/**
 * What holds for a listener once the default listener's properties have filled the gaps.
 *
 * @param name the listener's name
 * @param address the address, or null for all interfaces
 * @param port the port, or null where it is missing
 * @param lmtp whether it speaks LMTP
 * @param bundle the SSL bundle's name, or null for no TLS
 * @param bundleProperty the property that names the bundle
 * @param mode how TLS begins
 * @param clientAuth what is asked of clients in the handshake
 * @param forceTls whether clear text is refused
 * @param authRequired whether MAIL needs authentication
 * @param behindProxy whether connections begin with a PROXY header
 * @param trustedProxies the proxies, as they are written
 */
record ListenerSettings(String name, @Nullable InetAddress address, @Nullable Integer port, boolean lmtp,
		@Nullable String bundle, String bundleProperty, TlsMode mode, TlsClientAuth clientAuth, boolean forceTls,
		boolean authRequired, boolean behindProxy, List<String> trustedProxies) {

	private static final int SWITCHED_OFF = -1;

	/** The default listener, unless it is switched off, and then the others. */
	static List<ListenerSettings> of(SmtpServerProperties properties) {
		List<ListenerSettings> all = new ArrayList<>();
		if (properties.getPort() != SWITCHED_OFF) {
			all.add(ofDefault(properties));
		}
		properties.getListeners().forEach((name, own) -> all.add(of(name, own, properties)));
		return all;
	}

	private static ListenerSettings ofDefault(SmtpServerProperties properties) {
		return new ListenerSettings(Listener.DEFAULT_NAME, properties.getAddress(), properties.getPort(), false,
				named(properties.getSsl().getBundle()), "smtpd.ssl.bundle", properties.getSsl().getMode(),
				properties.getSsl().getClientAuth(), properties.isForceTls(), properties.getAuth().isRequired(),
				properties.getProxyProtocol().isEnabled(), properties.getProxyProtocol().getTrustedProxies());
	}

	private static ListenerSettings of(String name, SmtpServerListenerProperties own, SmtpServerProperties common) {
		SmtpServerListenerProperties.Ssl ssl = own.getSsl();
		String bundle = ssl.getBundle();
		return new ListenerSettings(name, or(own.getAddress(), common.getAddress()), own.getPort(),
				own.getProtocol() == SmtpServerListenerProperties.Protocol.LMTP,
				named((bundle != null) ? bundle : common.getSsl().getBundle()),
				(bundle != null) ? property(name, "ssl.bundle") : "smtpd.ssl.bundle",
				(ssl.getMode() != null) ? ssl.getMode() : common.getSsl().getMode(),
				(ssl.getClientAuth() != null) ? ssl.getClientAuth() : common.getSsl().getClientAuth(),
				(own.getForceTls() != null) ? own.getForceTls() : common.isForceTls(),
				(own.getAuth().getRequired() != null) ? own.getAuth().getRequired() : common.getAuth().isRequired(),
				(own.getProxyProtocol().getEnabled() != null) ? own.getProxyProtocol().getEnabled()
						: common.getProxyProtocol().isEnabled(),
				(own.getProxyProtocol().getTrustedProxies() != null) ? own.getProxyProtocol().getTrustedProxies()
						: common.getProxyProtocol().getTrustedProxies());
	}

	/** Makes the listener, but for TLS. */
	Listener toListener() {
		int number = (this.port != null) ? this.port : 0;
		Listener listener = Listener
			.of((this.address != null) ? new InetSocketAddress(this.address, number) : new InetSocketAddress(number))
			.named(this.name)
			.authRequired(this.authRequired);
		if (this.lmtp) {
			listener = listener.lmtp();
		}
		return this.behindProxy ? listener.proxyProtocol(AddressRanges.of(this.trustedProxies)) : listener;
	}

	/** Whether two listeners would be in each other's way. */
	boolean collidesWith(ListenerSettings other) {
		return this.port != null && this.port > 0 && this.port.equals(other.port)
				&& (this.address == null || other.address == null || this.address.isAnyLocalAddress()
						|| this.address.equals(other.address) || other.address.isAnyLocalAddress());
	}

	/** The name of a listener's property as a user writes it. */
	static String property(String listener, String property) {
		return "smtpd." + (Listener.DEFAULT_NAME.equals(listener) ? "" : "listeners." + listener + ".") + property;
	}

	/** An empty name is a way to say that there is no bundle. */
	private static @Nullable String named(@Nullable String bundle) {
		return (bundle == null || bundle.isBlank()) ? null : bundle;
	}

	private static @Nullable InetAddress or(@Nullable InetAddress own, @Nullable InetAddress common) {
		return (own != null) ? own : common;
	}

}
