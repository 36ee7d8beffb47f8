package io.smtpd.autoconfigure.dkim;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Base64;

/** Keys for tests, made anew in each run, and their forms in files and in the DNS. */
final class TestKeys {

	static final KeyPair RSA = generate("RSA", 2048);

	static final KeyPair ED25519 = generate("Ed25519", 255);

	private TestKeys() {
	}

	static KeyPair generate(String algorithm, int size) {
		try {
			KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
			generator.initialize(size);
			return generator.generateKeyPair();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	static byte[] pkcs8(KeyPair pair) {
		return pem("PRIVATE KEY", pair.getPrivate().getEncoded());
	}

	/** What the PKCS#8 of a 2048 bit RSA key has after its 26 octets of wrapping. */
	static byte[] pkcs1(KeyPair rsa2048) {
		byte[] wrapped = rsa2048.getPrivate().getEncoded();
		return pem("RSA PRIVATE KEY", Arrays.copyOfRange(wrapped, 26, wrapped.length));
	}

	static byte[] pem(String label, byte[] content) {
		String base64 = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(content);
		return ("-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n")
			.getBytes(StandardCharsets.US_ASCII);
	}

	/** The key record that stands in the DNS (RFC 6376 §3.6.1, RFC 8463 §4). */
	static String record(PublicKey key) {
		byte[] encoded = key.getEncoded();
		if (key.getAlgorithm().equals("RSA")) {
			return "v=DKIM1; k=rsa; p=" + Base64.getEncoder().encodeToString(encoded);
		}
		byte[] raw = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
		return "v=DKIM1; k=ed25519; p=" + Base64.getEncoder().encodeToString(raw);
	}

}
