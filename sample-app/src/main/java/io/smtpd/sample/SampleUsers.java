package io.smtpd.sample;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;

/**
 * Compares passwords so that the time it takes tells nothing: every attempt costs one
 * hash and one comparison of equal length, whether the user exists or not.
 * <p>
 * Good enough for passwords that stand in a configuration file. An application that
 * stores its users' passwords keeps slow, salted hashes of them.
 */
final class SampleUsers {

	private final Map<String, byte[]> digests = new HashMap<>();

	/** Nobody knows a password for this. */
	private final byte[] unknownUser = new byte[32];

	SampleUsers(Map<String, String> passwords) {
		passwords.forEach((name, password) -> this.digests.put(name, digest(password)));
		new SecureRandom().nextBytes(this.unknownUser);
	}

	boolean matches(String username, String password) {
		return MessageDigest.isEqual(this.digests.getOrDefault(username, this.unknownUser), digest(password));
	}

	private static byte[] digest(String password) {
		try {
			return MessageDigest.getInstance("SHA-256").digest(password.getBytes(StandardCharsets.UTF_8));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

}
