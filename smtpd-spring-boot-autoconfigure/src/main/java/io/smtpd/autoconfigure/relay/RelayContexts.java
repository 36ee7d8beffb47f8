package io.smtpd.autoconfigure.relay;

import java.util.function.Supplier;

import javax.net.ssl.SSLContext;

import io.smtpd.autoconfigure.UnusableConfigurationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/**
 * Makes SSL contexts of a bundle. A bundle that changes serves the next handshake; one
 * that has become unusable leaves things as they were.
 */
final class RelayContexts implements Supplier<SSLContext> {

	private static final String PROPERTY = "smtpd.relay.ssl.bundle";

	private static final Logger logger = LoggerFactory.getLogger(RelayContexts.class);

	private final String name;

	private volatile SSLContext current;

	private RelayContexts(String name, SslBundle bundle) {
		this.name = name;
		this.current = bundle.createSslContext();
		if (bundle.getOptions().getCiphers() != null || bundle.getOptions().getEnabledProtocols() != null) {
			logger.warn("The options of the SSL bundle '{}' (ciphers, protocols) have no effect on the relay", name);
		}
	}

	/**
	 * Begins to follow a bundle.
	 * @throws UnusableConfigurationException when it cannot be used
	 */
	static RelayContexts of(String name, @Nullable SslBundles bundles) {
		if (bundles == null) {
			throw UnusableConfigurationException.of(PROPERTY, name, "there are no SSL bundles at all",
					"Let Spring Boot's SslAutoConfiguration make them, or declare a bean of type SslBundles.", null);
		}
		try {
			RelayContexts contexts = new RelayContexts(name, bundles.getBundle(name));
			bundles.addBundleUpdateHandler(name, contexts::replace);
			return contexts;
		}
		catch (NoSuchSslBundleException ex) {
			throw UnusableConfigurationException.of(PROPERTY, name,
					"there is no such SSL bundle; there are " + bundles.getBundleNames(),
					"Name one of these, or define it below spring.ssl.bundle.pem.%s or spring.ssl.bundle.jks.%s."
						.formatted(name, name),
					ex);
		}
		catch (RuntimeException ex) {
			throw UnusableConfigurationException.of(PROPERTY, name, "the SSL bundle cannot be used: " + ex.getMessage(),
					"Correct the properties below spring.ssl.bundle that define the bundle '%s'.".formatted(name), ex);
		}
	}

	@Override
	public SSLContext get() {
		return this.current;
	}

	private void replace(SslBundle changed) {
		try {
			this.current = changed.createSslContext();
			logger.info("SSL bundle '{}' has changed and serves the relay's next TLS handshake", this.name);
		}
		catch (RuntimeException ex) {
			logger.error("SSL bundle '{}' has changed and cannot be used, the one before stays", this.name, ex);
		}
	}

}
