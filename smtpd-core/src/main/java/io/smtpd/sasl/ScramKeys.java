package io.smtpd.sasl;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;

import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a server stores of a password to check it with SCRAM-SHA-256 (RFC 5802 §3, RFC
 * 7677). Not the password, but who steals it may guess passwords offline, and who also
 * listens in on an exchange may act as the user: keep it like a password hash. Immutable;
 * arrays are copied on the way in and out.
 *
 * @param salt the user's salt, at least one octet
 * @param iterations the iteration count, at least 4096 (RFC 7677 §4)
 * @param storedKey the hash of the client's key, 32 octets
 * @param serverKey the server's key, 32 octets
 */
public record ScramKeys(byte[] salt, int iterations, byte[] storedKey, byte[] serverKey) {

	/** The iteration count of {@link #derive(String)}. */
	public static final int ITERATIONS = 4096;

	/** The length of the salt of {@link #derive(String)}. */
	public static final int SALT_OCTETS = 16;

	static final int KEY_OCTETS = 32;

	private static final String HMAC = "HmacSHA256";

	/**
	 * Checks and copies.
	 * @throws IllegalArgumentException when a component is not as said above
	 */
	public ScramKeys {
		if (salt.length == 0 || storedKey.length != KEY_OCTETS || serverKey.length != KEY_OCTETS) {
			throw new IllegalArgumentException("A salt and two keys of " + KEY_OCTETS + " octets are needed");
		}
		if (iterations < ITERATIONS) {
			throw new IllegalArgumentException(
					"An iteration count of at least " + ITERATIONS + " is needed, not " + iterations);
		}
		salt = salt.clone();
		storedKey = storedKey.clone();
		serverKey = serverKey.clone();
	}

	/**
	 * Derives keys with a new random salt and {@value #ITERATIONS} iterations.
	 * @param password the password, prepared as {@link #derive(String, byte[], int)} does
	 * @return the keys
	 * @throws IllegalArgumentException as there
	 */
	public static ScramKeys derive(String password) {
		byte[] salt = new byte[SALT_OCTETS];
		new SecureRandom().nextBytes(salt);
		return derive(password, salt, ITERATIONS);
	}

	/**
	 * Derives keys from a password (RFC 5802 §3).
	 * <p>
	 * The password is first prepared with SASLprep (RFC 4013), as clients do: other
	 * spaces become a space, invisible characters such as the soft hyphen go, the rest is
	 * put into Unicode's form KC; control and private characters, surrogates and mixed
	 * directions are refused. In two points it is more lenient than RFC 3454: form KC is
	 * that of the running Java and not of Unicode 3.2, and characters that are newer than
	 * Unicode 3.2 are taken.
	 * @param password the password, not empty
	 * @param salt the salt, a different one for each user
	 * @param iterations the iteration count, at least 4096
	 * @return the keys
	 * @throws IllegalArgumentException when SASLprep prohibits a character of the
	 * password or leaves nothing of it, or as the constructor does; the password is not
	 * quoted
	 */
	public static ScramKeys derive(String password, byte[] salt, int iterations) {
		PBEKeySpec spec = new PBEKeySpec(SaslPrep.prepare(password).toCharArray(), salt, iterations, KEY_OCTETS * 8);
		try {
			byte[] salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
			byte[] clientKey = hmac(salted, ascii("Client Key"));
			return new ScramKeys(salt, iterations, sha256(clientKey), hmac(salted, ascii("Server Key")));
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Java lacks an algorithm that it must have", ex);
		}
		finally {
			spec.clearPassword();
		}
	}

	/** RFC 5802 §3: ClientProof := ClientKey XOR HMAC(StoredKey, AuthMessage). */
	boolean proves(byte[] proof, byte[] authMessage) {
		byte[] clientKey = hmac(this.storedKey, authMessage);
		for (int i = 0; i < clientKey.length; i++) {
			clientKey[i] ^= proof[i];
		}
		return MessageDigest.isEqual(sha256(clientKey), this.storedKey);
	}

	byte[] serverSignature(byte[] authMessage) {
		return hmac(this.serverKey, authMessage);
	}

	static byte[] hmac(byte[] key, byte[] data) {
		try {
			Mac mac = Mac.getInstance(HMAC);
			mac.init(new SecretKeySpec(key, HMAC));
			return mac.doFinal(data);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Java lacks an algorithm that it must have", ex);
		}
	}

	private static byte[] sha256(byte[] data) {
		try {
			return MessageDigest.getInstance("SHA-256").digest(data);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("Java lacks an algorithm that it must have", ex);
		}
	}

	private static byte[] ascii(String text) {
		return text.getBytes(StandardCharsets.US_ASCII);
	}

	/**
	 * Returns the user's salt.
	 * @return a copy
	 */
	@Override
	public byte[] salt() {
		return this.salt.clone();
	}

	/**
	 * Returns the hash of the client's key.
	 * @return a copy
	 */
	@Override
	public byte[] storedKey() {
		return this.storedKey.clone();
	}

	/**
	 * Returns the server's key.
	 * @return a copy
	 */
	@Override
	public byte[] serverKey() {
		return this.serverKey.clone();
	}

	/**
	 * Compares the octets, the keys in constant time.
	 * @param other another object
	 * @return whether it holds the same keys
	 */
	@Override
	public boolean equals(Object other) {
		return other instanceof ScramKeys keys && this.iterations == keys.iterations
				&& Arrays.equals(this.salt, keys.salt) && MessageDigest.isEqual(this.storedKey, keys.storedKey)
				&& MessageDigest.isEqual(this.serverKey, keys.serverKey);
	}

	/**
	 * Fits {@link #equals(Object)}.
	 * @return a hash of the salt and the iteration count
	 */
	@Override
	public int hashCode() {
		return 31 * Arrays.hashCode(this.salt) + this.iterations;
	}

	/**
	 * Hides salt and keys.
	 * @return the iteration count alone
	 */
	@Override
	public String toString() {
		return "ScramKeys[iterations=" + this.iterations + "]";
	}

}
