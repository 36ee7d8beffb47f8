package io.smtpd.autoconfigure.dkim;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A key record (RFC 6376 §3.6.1, RFC 8301 §3.2, RFC 8463 §4). Immutable.
 *
 * @param key the key
 * @param testing whether the domain only tests DKIM
 */
record DkimPublicKey(PublicKey key, boolean testing) {

	private static final int SMALLEST_RSA = 1024;

	/** The time for a check grows with the key, and the signer chooses it. */
	private static final int LARGEST_RSA = 8192;

	private static final byte[] ED25519_HEADER = HexFormat.of().parseHex("302a300506032b6570032100");

	private static final int ED25519_LENGTH = 32;

	/** The algorithm identifier of RFC 8017 A.1 for a key that is not wrapped in one. */
	private static final byte[] RSA_ALGORITHM = HexFormat.of().parseHex("300d06092a864886f70d0101010500");

	/**
	 * Reads a record.
	 * @param signature the signature that the key is for
	 * @throws VerificationFailure when it is no key for that signature
	 */
	static DkimPublicKey parse(String text, DkimSignature signature) throws VerificationFailure {
		TagList tags = TagList.parse(text);
		if (tags == null || (tags.get("v") != null && !(tags.startsWith("v") && "DKIM1".equals(tags.get("v"))))) {
			throw new VerificationFailure(DkimResult.PERMERROR, "malformed key record");
		}
		String encoded = tags.getUnfolded("p");
		if (encoded == null) {
			throw new VerificationFailure(DkimResult.PERMERROR, "malformed key record");
		}
		if (encoded.isEmpty()) {
			throw new VerificationFailure(DkimResult.PERMERROR, "key revoked");
		}
		if (!tags.get("k", "rsa").equals(signature.keyType())) {
			throw new VerificationFailure(DkimResult.PERMERROR, "key of another type");
		}
		if (!lists(tags.get("h"), "sha256")) {
			throw new VerificationFailure(DkimResult.PERMERROR, "key not for sha256");
		}
		if (!lists(tags.get("s"), "*") && !lists(tags.get("s"), "email")) {
			throw new VerificationFailure(DkimResult.PERMERROR, "key not for mail");
		}
		String flags = tags.get("t");
		if (flags != null && lists(flags, "s") && !signature.identityDomain().equals(signature.domain())) {
			throw new VerificationFailure(DkimResult.PERMERROR, "key not for subdomains");
		}
		boolean testing = flags != null && lists(flags, "y");
		return new DkimPublicKey(key(signature.keyType(), encoded), testing);
	}

	private static boolean lists(@Nullable String colonSeparated, String element) {
		return colonSeparated == null || List.of(colonSeparated.replaceAll("[ \t]", "").split(":")).contains(element);
	}

	private static PublicKey key(String type, String encoded) throws VerificationFailure {
		try {
			byte[] octets = Base64.getDecoder().decode(encoded);
			if (type.equals("ed25519")) {
				if (octets.length != ED25519_LENGTH) {
					throw new VerificationFailure(DkimResult.PERMERROR, "malformed key");
				}
				return KeyFactory.getInstance("Ed25519")
					.generatePublic(new X509EncodedKeySpec(join(ED25519_HEADER, octets)));
			}
			return rsa(octets);
		}
		catch (IllegalArgumentException | GeneralSecurityException ex) {
			throw new VerificationFailure(DkimResult.PERMERROR, "malformed key");
		}
	}

	private static PublicKey rsa(byte[] octets) throws VerificationFailure, GeneralSecurityException {
		KeyFactory factory = KeyFactory.getInstance("RSA");
		PublicKey key;
		try {
			key = factory.generatePublic(new X509EncodedKeySpec(octets));
		}
		catch (GeneralSecurityException ex) { // RFC 6376 erratum 3017: both are in use
			byte[] bits = der(0x03, join(new byte[1], octets));
			key = factory.generatePublic(new X509EncodedKeySpec(der(0x30, join(RSA_ALGORITHM, bits))));
		}
		int size = (key instanceof RSAPublicKey rsa) ? rsa.getModulus().bitLength() : 0;
		if (size < SMALLEST_RSA || size > LARGEST_RSA) {
			throw new VerificationFailure(DkimResult.POLICY, "key of " + size + " bits");
		}
		return key;
	}

	private static byte[] der(int tag, byte[] content) {
		byte[] length = (content.length < 0x80) ? new byte[] { (byte) content.length } : longLength(content.length);
		return join(join(new byte[] { (byte) tag }, length), content);
	}

	private static byte[] longLength(int length) {
		byte[] octets = BigInteger.valueOf(length).toByteArray();
		byte[] digits = (octets[0] == 0) ? Arrays.copyOfRange(octets, 1, octets.length) : octets;
		return join(new byte[] { (byte) (0x80 | digits.length) }, digits);
	}

	private static byte[] join(byte[] first, byte[] second) {
		byte[] joined = Arrays.copyOf(first, first.length + second.length);
		System.arraycopy(second, 0, joined, first.length, second.length);
		return joined;
	}

}
