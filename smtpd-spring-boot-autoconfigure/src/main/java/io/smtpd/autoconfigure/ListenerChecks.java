package io.smtpd.autoconfigure;

import java.util.ArrayList;
import java.util.List;

import io.smtpd.SmtpServer.Listener;
import org.jspecify.annotations.Nullable;

import org.springframework.validation.Errors;

/**
 * What values the properties of listeners may have, each for itself and together.
 */
final class ListenerChecks {

	private static final String NEEDS_BUNDLE = "needs TLS, but there is no SSL bundle: name one with %s";

	private static final String NEEDS_PROXIES = "needs the addresses of the proxies that are believed: list them in %s";

	private final Errors errors;

	ListenerChecks(Errors errors) {
		this.errors = errors;
	}

	void check(SmtpServerProperties properties) {
		xclient(properties.getXclient());
		defaultListener(properties);
		properties.getListeners().forEach(this::listener);
		together(properties);
		collisions(properties);
	}

	private void xclient(SmtpServerProperties.Xclient xclient) {
		complainIf(xclient.isEnabled() && xclient.getTrustedProxies().isEmpty(), "xclient.enabled",
				NEEDS_PROXIES.formatted("smtpd.xclient.trusted-proxies"));
		ranges("xclient.trustedProxies", xclient.getTrustedProxies());
	}

	/** Its values are also those which others take over. */
	private void defaultListener(SmtpServerProperties properties) {
		SmtpServerProperties.ProxyProtocol proxyProtocol = properties.getProxyProtocol();
		complainIf(proxyProtocol.isEnabled() && proxyProtocol.getTrustedProxies().isEmpty(), "proxyProtocol.enabled",
				NEEDS_PROXIES.formatted("smtpd.proxy-protocol.trusted-proxies"));
		ranges("proxyProtocol.trustedProxies", proxyProtocol.getTrustedProxies());
	}

	private void listener(String name, SmtpServerListenerProperties own) {
		String field = "listeners[" + name + "].";
		complainIf(name.equals(Listener.DEFAULT_NAME), field + "port",
				"belongs to a listener called 'default', which is the one of smtpd.port: take another name");
		complainIf(own.getPort() == null || !SmtpServerPropertiesChecks.isPort(own.getPort()), field + "port",
				"must be a port number from 1 to 65535, or 0 for any free one");
		SmtpServerListenerProperties.ProxyProtocol proxyProtocol = own.getProxyProtocol();
		if (proxyProtocol.getTrustedProxies() != null) {
			ranges(field + "proxyProtocol.trustedProxies", proxyProtocol.getTrustedProxies());
		}
	}

	private void together(SmtpServerProperties properties) {
		for (ListenerSettings listener : ListenerSettings.of(properties)) {
			SmtpServerListenerProperties own = properties.getListeners().get(listener.name());
			String field = (own != null) ? "listeners[" + listener.name() + "]." : "";
			if (own != null && listener.behindProxy()) {
				proxies(listener, own, field);
			}
			if (listener.bundle() == null) {
				withoutBundle(listener, own, field);
			}
		}
	}

	private void proxies(ListenerSettings listener, SmtpServerListenerProperties own, String field) {
		SmtpServerListenerProperties.ProxyProtocol ownProxies = own.getProxyProtocol();
		boolean written = ownProxies.getEnabled() != null || ownProxies.getTrustedProxies() != null;
		complainIf(written && listener.trustedProxies().isEmpty(),
				field + ((ownProxies.getEnabled() != null) ? "proxyProtocol.enabled" : "proxyProtocol.trustedProxies"),
				NEEDS_PROXIES.formatted(ListenerSettings.property(listener.name(), "proxy-protocol.trusted-proxies")));
	}

	/** Complains about the property that asks for TLS where it is written. */
	private void withoutBundle(ListenerSettings listener, @Nullable SmtpServerListenerProperties own, String field) {
		String reason = NEEDS_BUNDLE.formatted(ListenerSettings.property(listener.name(), "ssl.bundle"));
		if (listener.forceTls()) {
			reject((own != null && own.getForceTls() == null) ? field + "ssl.bundle" : field + "forceTls",
					(own != null && own.getForceTls() == null) ? "names no SSL bundle, but smtpd.force-tls is true"
							: reason);
		}
		boolean ownMode = own == null || own.getSsl().getMode() != null;
		complainIf(listener.mode() == TlsMode.IMPLICIT && ownMode, field + "ssl.mode", reason);
		boolean ownClientAuth = own == null || own.getSsl().getClientAuth() != null;
		complainIf(listener.clientAuth() != TlsClientAuth.NONE && ownClientAuth, field + "ssl.clientAuth", reason);
	}

	private void collisions(SmtpServerProperties properties) {
		List<ListenerSettings> before = new ArrayList<>();
		for (ListenerSettings listener : ListenerSettings.of(properties)) {
			before.stream()
				.filter(listener::collidesWith)
				.findFirst()
				.ifPresent((other) -> reject("listeners[" + listener.name() + "].port",
						"is the port of listener '" + other.name() + "' already"));
			before.add(listener);
		}
	}

	/** Complains about the first that is neither an address nor a range. */
	void ranges(String field, List<String> ranges) {
		String malformed = AddressRanges.firstMalformed(ranges);
		if (malformed != null) {
			reject(field, ("'%s' is neither an address such as 192.0.2.10 or 2001:db8::10, nor a range such as "
					+ "10.0.0.0/8; host names are not looked up")
				.formatted(malformed));
		}
	}

	private void complainIf(boolean wrong, String field, String reason) {
		if (wrong) {
			reject(field, reason);
		}
	}

	private void reject(String field, String reason) {
		this.errors.rejectValue(field, "smtpd", reason);
	}

}
