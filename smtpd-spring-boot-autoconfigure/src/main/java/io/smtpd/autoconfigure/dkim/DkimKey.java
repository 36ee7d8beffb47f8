package io.smtpd.autoconfigure.dkim;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.ssl.pem.PemContent;
import org.springframework.core.io.Resource;

/**
 * A private key that signs mail: RSA of at least 1024 bits (RFC 8301 §3.2) or Ed25519
 * (RFC 8463). An RSA key that verifiers may not accept, below 2048 or above 4096 bits, is
 * taken with a warning in the log. Immutable and thread-safe; the key itself is in no
 * log, exception or {@link #toString()}.
 */
public final class DkimKey {

	private static final Logger logger = LoggerFactory.getLogger(DkimKey.class);

	private static final String ALLOWED = "allowed is one unencrypted PEM block, BEGIN PRIVATE KEY (PKCS#8) with an RSA"
			+ " or Ed25519 key or BEGIN RSA PRIVATE KEY (PKCS#1)";

	private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([^-\r\n]+)-----.*?(?:-----END \\1-----|\\z)",
			Pattern.DOTALL);

	private static final int SMALLEST_RSA = 1024;

	private static final int RECOMMENDED_RSA = 2048;

	private static final int LARGEST_RSA = 4096;

	private final PrivateKey key;

	private final String algorithm;

	private final String signatureAlgorithm;

	private DkimKey(PrivateKey key, String algorithm, String signatureAlgorithm) {
		this.key = key;
		this.algorithm = algorithm;
		this.signatureAlgorithm = signatureAlgorithm;
	}

	/**
	 * Takes a key that is there already.
	 * @param key an RSA or Ed25519 key
	 * @return the key for signing
	 * @throws IllegalArgumentException when the key is of another kind or too small
	 */
	public static DkimKey of(PrivateKey key) {
		if (key instanceof RSAPrivateKey rsa && rsa.getAlgorithm().equals("RSA")) {
			checkSize(rsa.getModulus().bitLength());
			return new DkimKey(key, "rsa-sha256", "SHA256withRSA");
		}
		if (key instanceof EdECPrivateKey edwards && edwards.getParams().getName().equals("Ed25519")) {
			return new DkimKey(key, "ed25519-sha256", "Ed25519");
		}
		String kind = (key instanceof EdECPrivateKey edwards) ? edwards.getParams().getName() : key.getAlgorithm();
		throw new IllegalArgumentException(
				"found a key of the algorithm " + kind + " but DKIM has RSA and Ed25519 only");
	}

	/**
	 * Reads a key from PEM (RFC 7468): PKCS#8 with RSA or Ed25519, or PKCS#1. What stands
	 * around it, such as a certificate, is passed over.
	 * @param pem the text of the key's file
	 * @return the key
	 * @throws IllegalArgumentException when there is no such key, naming what was found
	 * instead and what is allowed
	 */
	public static DkimKey parse(byte[] pem) {
		String text = new String(pem, StandardCharsets.ISO_8859_1);
		List<String> labels = new ArrayList<>();
		List<String> blocks = new ArrayList<>();
		Matcher matcher = BLOCK.matcher(text);
		while (matcher.find()) {
			labels.add(matcher.group(1));
			if (matcher.group(1).endsWith("PRIVATE KEY")) {
				blocks.add(matcher.group());
			}
		}
		if (blocks.size() != 1) {
			throw new IllegalArgumentException("found " + found(pem, labels) + " but " + ALLOWED);
		}
		return parseBlock(blocks.get(0));
	}

	/**
	 * Reads a key from a file or another resource, as {@link #parse(byte[])} does.
	 * @param resource where the PEM is
	 * @return the key
	 * @throws IllegalArgumentException when it cannot be read or is not such a key,
	 * naming the resource
	 */
	public static DkimKey load(Resource resource) {
		try {
			return parse(resource.getContentAsByteArray());
		}
		catch (IOException ex) {
			throw new IllegalArgumentException("DKIM key " + resource + " cannot be read: " + ex.getMessage(), ex);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("DKIM key " + resource + " cannot be used: " + ex.getMessage(), ex);
		}
	}

	private static DkimKey parseBlock(String block) {
		String label = block.substring("-----BEGIN ".length(), block.indexOf("-----", 5));
		if (label.equals("ENCRYPTED PRIVATE KEY") || block.contains("Proc-Type: 4,ENCRYPTED")) {
			throw new IllegalArgumentException("found an encrypted private key, for which there is no password here: "
					+ "decrypt it (openssl pkey -in key.pem -out decrypted.pem) and let the file be read by the server only; "
					+ ALLOWED);
		}
		if (!label.equals("PRIVATE KEY") && !label.equals("RSA PRIVATE KEY")) {
			throw new IllegalArgumentException("found BEGIN " + label + " but " + ALLOWED);
		}
		PrivateKey key;
		try {
			key = PemContent.of(block).getPrivateKey();
		}
		catch (RuntimeException ex) { // Spring Boot throws more than one kind
			throw new IllegalArgumentException(
					"found BEGIN " + label + " whose content is damaged or of an unknown algorithm, but " + ALLOWED,
					ex);
		}
		if (key == null) {
			throw new IllegalArgumentException("found BEGIN " + label + " without content but " + ALLOWED);
		}
		return of(key);
	}

	private static String found(byte[] pem, List<String> labels) {
		if (!labels.isEmpty()) {
			return "BEGIN " + String.join(", BEGIN ", labels);
		}
		if (pem.length == 0) {
			return "nothing";
		}
		return (pem[0] == 0x30) ? "binary DER" : "no PEM block";
	}

	private static void checkSize(int bits) {
		if (bits < SMALLEST_RSA) {
			throw new IllegalArgumentException("found an RSA key of " + bits + " bits but at least " + SMALLEST_RSA
					+ " are allowed (RFC 8301) and " + RECOMMENDED_RSA + " recommended");
		}
		if (bits < RECOMMENDED_RSA) {
			logger.warn("DKIM key of {} bits RSA: at least {} are recommended (RFC 8301)", bits, RECOMMENDED_RSA);
		}
		else if (bits > LARGEST_RSA) {
			logger.warn("DKIM key of {} bits RSA: verifiers need not accept more than {} (RFC 8301)", bits,
					LARGEST_RSA);
		}
	}

	/**
	 * Returns the algorithm as a signature names it ({@code a=}, RFC 6376 §3.5).
	 * @return {@code rsa-sha256} or {@code ed25519-sha256}
	 */
	public String algorithm() {
		return this.algorithm;
	}

	/**
	 * Signs canonical header fields (RFC 6376 §3.7; Ed25519 signs their hash, RFC 8463
	 * §3).
	 */
	byte[] sign(byte[] data) {
		try {
			Signature signature = Signature.getInstance(this.signatureAlgorithm);
			signature.initSign(this.key);
			signature.update(this.signatureAlgorithm.equals("Ed25519") ? Sha256.newDigest().digest(data) : data);
			return signature.sign();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException("The DKIM key cannot sign", ex);
		}
	}

	@Override
	public String toString() {
		return "DkimKey[" + this.algorithm + "]";
	}

}
