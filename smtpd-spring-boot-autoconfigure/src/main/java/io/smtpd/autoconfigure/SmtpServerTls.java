package io.smtpd.autoconfigure;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.X509KeyManager;

import io.smtpd.TlsPolicy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/**
 * Makes TLS policies of SSL bundles. A bundle that changes serves the next handshake; one
 * that has become unusable leaves things as they were.
 */
final class SmtpServerTls {

	private static final Logger logger = LoggerFactory.getLogger(SmtpServerTls.class);

	/** What the core speaks. */
	private static final List<String> PROTOCOLS = List.of("TLSv1.2", "TLSv1.3");

	private static final List<String> KEY_TYPES = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS", "DSA");

	private final ObjectProvider<SslBundles> bundles;

	private final Map<String, CurrentBundle> current = new HashMap<>();

	SmtpServerTls(ObjectProvider<SslBundles> bundles) {
		this.bundles = bundles;
	}

	/**
	 * Makes the policy of a listener.
	 * @throws UnusableConfigurationException when its bundle cannot be used
	 */
	TlsPolicy policy(ListenerSettings listener) {
		String name = listener.bundle();
		if (name == null) {
			return TlsPolicy.none();
		}
		CurrentBundle bundle = this.current.computeIfAbsent(name, (key) -> follow(key, listener.bundleProperty()));
		TlsPolicy.Encrypted policy = (TlsPolicy.Encrypted) policy(listener, bundle);
		return policy.parameters((parameters) -> {
			bundle.restrict(parameters);
			askForCertificate(listener.clientAuth(), parameters);
		});
	}

	private static TlsPolicy policy(ListenerSettings listener, CurrentBundle bundle) {
		if (listener.mode() == TlsMode.IMPLICIT) {
			return TlsPolicy.implicit(bundle::context);
		}
		return listener.forceTls() ? TlsPolicy.requireStartTls(bundle::context) : TlsPolicy.startTls(bundle::context);
	}

	private static void askForCertificate(TlsClientAuth clientAuth, SSLParameters parameters) {
		switch (clientAuth) {
			case NONE -> parameters.setWantClientAuth(false);
			case WANT -> parameters.setWantClientAuth(true);
			case NEED -> parameters.setNeedClientAuth(true);
		}
	}

	private CurrentBundle follow(String name, String property) {
		SslBundles all = this.bundles.getIfAvailable();
		if (all == null) {
			throw unusable(property, name, "there are no SSL bundles at all",
					"Let Spring Boot's SslAutoConfiguration make them, or declare a bean of type SslBundles.", null);
		}
		try {
			CurrentBundle bundle = new CurrentBundle(Loaded.of(all.getBundle(name)));
			all.addBundleUpdateHandler(name, (changed) -> bundle.replace(name, changed));
			return bundle;
		}
		catch (NoSuchSslBundleException ex) {
			throw unusable(property, name, "there is no such SSL bundle; there are " + all.getBundleNames(),
					("Name one of these, or define it with the properties below spring.ssl.bundle.pem.%s or "
							+ "spring.ssl.bundle.jks.%s.")
						.formatted(name, name),
					ex);
		}
		catch (RuntimeException ex) {
			throw unusable(property, name, "the SSL bundle cannot be used: " + ex.getMessage(),
					"Correct the properties below spring.ssl.bundle that define the bundle '%s'.".formatted(name), ex);
		}
	}

	private static UnusableConfigurationException unusable(String property, String bundle, String reason, String action,
			@Nullable Throwable cause) {
		return UnusableConfigurationException.of(property, bundle, reason, action, cause);
	}

	/** What the next handshake takes. */
	private static final class CurrentBundle {

		private volatile Loaded loaded;

		CurrentBundle(Loaded loaded) {
			this.loaded = loaded;
		}

		SSLContext context() {
			return this.loaded.context();
		}

		void restrict(SSLParameters parameters) {
			Loaded now = this.loaded;
			if (now.protocols() != null) {
				parameters.setProtocols(now.protocols());
			}
			if (now.ciphers() != null) {
				parameters.setCipherSuites(now.ciphers());
				parameters.setUseCipherSuitesOrder(true);
			}
		}

		void replace(String name, SslBundle changed) {
			try {
				this.loaded = Loaded.of(changed);
				logger.info("SSL bundle '{}' has changed and serves the next TLS handshake", name);
			}
			catch (RuntimeException ex) {
				logger.error("SSL bundle '{}' has changed and cannot be used, the one before stays", name, ex);
			}
		}

	}

	/** A bundle that was found to be usable. */
	@SuppressWarnings("ArrayRecordComponent")
	private record Loaded(SSLContext context, String @Nullable [] protocols, String @Nullable [] ciphers) {

		static Loaded of(SslBundle bundle) {
			if (!hasKey(bundle)) {
				throw new IllegalStateException("it has no key and certificate, which a server needs");
			}
			String[] protocols = bundle.getOptions().getEnabledProtocols();
			if (protocols != null && Arrays.stream(protocols).noneMatch(PROTOCOLS::contains)) {
				throw new IllegalStateException("its options allow " + List.of(protocols) + " only, but the server "
						+ "speaks " + String.join(" and ", PROTOCOLS));
			}
			SSLContext context = bundle.createSslContext();
			SSLParameters supported = context.getSupportedSSLParameters();
			String[] ciphers = bundle.getOptions().getCiphers();
			checkKnown("cipher suite", ciphers, supported.getCipherSuites());
			checkKnown("protocol", protocols, supported.getProtocols());
			return new Loaded(context, protocols, ciphers);
		}

		private static boolean hasKey(SslBundle bundle) {
			if (bundle.getStores().getKeyStore() != null) {
				return true;
			}
			for (KeyManager manager : bundle.getManagers().getKeyManagers()) {
				if (manager instanceof X509KeyManager keys
						&& KEY_TYPES.stream().anyMatch((type) -> keys.getServerAliases(type, null) != null)) {
					return true;
				}
			}
			return false;
		}

		private static void checkKnown(String what, String @Nullable [] named, String[] known) {
			if (named != null) {
				Set<String> all = Set.of(known);
				Arrays.stream(named).filter((name) -> !all.contains(name)).findFirst().ifPresent((name) -> {
					throw new IllegalStateException(
							"its options name the %s '%s', which this JVM does not have".formatted(what, name));
				});
			}
		}

	}

}
