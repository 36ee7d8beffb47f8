package io.smtpd.autoconfigure.dkim;

import java.util.List;
import java.util.Objects;

import io.smtpd.autoconfigure.UnusableConfigurationException;
import io.smtpd.autoconfigure.dkim.SmtpDkimProperties.Signature;

import org.springframework.boot.io.ApplicationResourceLoader;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.StringUtils;

/** Builds the signer of properties that were found to be good. */
record DkimSignerFactory(SmtpDkimProperties properties, ResourceLoader resourceLoader) {

	/**
	 * Reads the keys and builds the signer.
	 * @throws UnusableConfigurationException when a key cannot be used
	 */
	DkimSigner build() {
		DkimSigner.Builder builder = DkimSigner.builder()
			.canonicalization(this.properties.getHeaderCanonicalization(), this.properties.getBodyCanonicalization())
			.expiry(this.properties.getExpiry());
		List<Signature> signatures = this.properties.getSignatures();
		for (int i = 0; i < signatures.size(); i++) {
			Signature signature = signatures.get(i);
			builder.signature(String.valueOf(signature.getDomain()), String.valueOf(signature.getSelector()),
					key(i, Objects.requireNonNull(signature.getPrivateKey())));
		}
		if (StringUtils.hasText(this.properties.getDefaultDomain())) {
			builder.defaultDomain(this.properties.getDefaultDomain());
		}
		if (!this.properties.getSignedFields().isEmpty()) {
			builder.signedFields(this.properties.getSignedFields());
		}
		if (!this.properties.getOversignedFields().isEmpty()) {
			builder.oversignedFields(this.properties.getOversignedFields());
		}
		return builder.build();
	}

	private ReloadableDkimKey key(int index, String location) {
		String property = "smtpd.dkim.signatures[" + index + "].private-key";
		if (location.contains("-----BEGIN")) { // what is wrong must not show the key
			throw UnusableConfigurationException.of(property, "-----BEGIN ...", "is a key, and not where one is",
					"Put the key into a file that only the server can read, and set the property to its name.", null);
		}
		try {
			return new ReloadableDkimKey(
					ApplicationResourceLoader.get(this.resourceLoader, true).getResource(location));
		}
		catch (IllegalArgumentException ex) {
			throw UnusableConfigurationException.of(property, location, String.valueOf(ex
				.getMessage()), "Name a file with an RSA key of 2048 bits or an Ed25519 key in PEM. The commands "
						+ "'openssl genrsa -out dkim.pem 2048' and 'openssl genpkey -algorithm ed25519 -out dkim.pem' "
						+ "make one.",
					ex);
		}
	}

}
