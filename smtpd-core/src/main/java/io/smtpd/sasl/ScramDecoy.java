package io.smtpd.sasl;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Keys for users that do not exist, the same whenever the same name is asked for. They
 * are made for every user, so that the work is the same too.
 */
final class ScramDecoy {

	private final byte[] secret;

	private final int iterations;

	private final int saltOctets;

	private ScramDecoy(byte[] secret, int iterations, int saltOctets) {
		this.secret = secret;
		this.iterations = iterations;
		this.saltOctets = saltOctets;
	}

	static ScramDecoy of(ScramKeyStore keyStore, SecureRandom random) {
		int iterations = keyStore.iterations();
		int saltOctets = keyStore.saltOctets();
		if (iterations < ScramKeys.ITERATIONS || saltOctets < 1 || saltOctets > ScramKeys.KEY_OCTETS) {
			throw new IllegalArgumentException(
					"A ScramKeyStore needs at least " + ScramKeys.ITERATIONS + " iterations and 1 to "
							+ ScramKeys.KEY_OCTETS + " octets of salt, not " + iterations + " and " + saltOctets);
		}
		byte[] secret = new byte[ScramKeys.KEY_OCTETS];
		random.nextBytes(secret);
		return new ScramDecoy(secret, iterations, saltOctets);
	}

	ScramKeys keys(String username) {
		byte[] salt = Arrays.copyOf(octets("salt," + username), this.saltOctets);
		byte[] key = octets("key," + username);
		return new ScramKeys(salt, this.iterations, key, key);
	}

	private byte[] octets(String text) {
		return ScramKeys.hmac(this.secret, text.getBytes(StandardCharsets.UTF_8));
	}

}
