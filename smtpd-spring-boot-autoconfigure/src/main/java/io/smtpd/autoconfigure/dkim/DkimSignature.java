package io.smtpd.autoconfigure.dkim;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * A DKIM-Signature header field that was read (RFC 6376 §3.5, §6.1.1). Immutable.
 *
 * @param field the field
 * @param algorithm {@code a=}
 * @param domain {@code d=}, in lower case
 * @param selector {@code s=}
 * @param identityDomain the domain of {@code i=}, in lower case
 * @param headerFields {@code h=}, in lower case
 * @param headerCanonicalization the first half of {@code c=}
 * @param bodyCanonicalization the second half of {@code c=}
 * @param bodyHash {@code bh=}
 * @param bodyLength {@code l=}, or null
 * @param expiry {@code x=}, or null
 * @param signature {@code b=}
 */
record DkimSignature(HeaderField field, String algorithm, String domain, String selector, String identityDomain,
		List<String> headerFields, DkimCanonicalization headerCanonicalization,
		DkimCanonicalization bodyCanonicalization, byte[] bodyHash, @Nullable Long bodyLength, @Nullable Instant expiry,
		byte[] signature) {

	private static final Set<String> ALGORITHMS = Set.of("rsa-sha256", "ed25519-sha256", "rsa-sha1");

	/**
	 * Reads a field.
	 * @throws VerificationFailure when it is malformed
	 */
	static DkimSignature parse(HeaderField field) throws VerificationFailure {
		TagList tags = TagList.parse(field.unfoldedValue());
		if (tags == null || !"1".equals(tags.get("v"))) {
			throw malformed("malformed signature");
		}
		String algorithm = required(tags, "a").toLowerCase(Locale.ROOT);
		if (!ALGORITHMS.contains(algorithm)) {
			throw new VerificationFailure(DkimResult.NEUTRAL, "unknown algorithm");
		}
		String domain = name(required(tags, "d"));
		List<String> fields = Arrays.stream(required(tags, "h").toLowerCase(Locale.ROOT).split(":", -1)).toList();
		if (!fields.contains(SignedFields.FROM)) {
			throw new VerificationFailure(DkimResult.PERMERROR, "From field not signed");
		}
		if (!Arrays.asList(tags.get("q", "dns/txt").toLowerCase(Locale.ROOT).split("[ \t]*:[ \t]*"))
			.contains("dns/txt")) {
			throw new VerificationFailure(DkimResult.NEUTRAL, "unknown query method");
		}
		String[] canonicalizations = tags.get("c", "simple").toLowerCase(Locale.ROOT).split("/", 2);
		String body = (canonicalizations.length == 2) ? canonicalizations[1] : "simple";
		return new DkimSignature(field, algorithm, domain, name(required(tags, "s")), identityDomain(tags, domain),
				fields, canonicalization(canonicalizations[0]), canonicalization(body), base64(tags, "bh"),
				number(tags, "l"), expiry(tags), base64(tags, "b"));
	}

	/** The type of key that the signature needs ({@code k=}). */
	String keyType() {
		return this.algorithm.substring(0, this.algorithm.indexOf('-'));
	}

	/** Where the key stands (RFC 6376 §3.6.2.1). */
	String keyName() {
		return this.selector + "._domainkey." + this.domain;
	}

	/** What is signed of the field itself: without the value of b=, and without CRLF. */
	byte[] canonicalWithoutSignature() {
		byte[] canonical = new HeaderField(this.field.name(), withoutSignature(this.field.octets()))
			.canonical(this.headerCanonicalization);
		int length = canonical.length;
		boolean crlf = length >= 2 && canonical[length - 2] == '\r' && canonical[length - 1] == '\n';
		return crlf ? Arrays.copyOf(canonical, length - 2) : canonical;
	}

	private static byte[] withoutSignature(byte[] octets) {
		byte[] result = new byte[octets.length];
		int length = 0;
		boolean skipping = false;
		int tagStart = indexOf(octets, ':', 0) + 1;
		for (int i = 0; i < octets.length; i++) {
			if (octets[i] == ';') {
				skipping = false;
				tagStart = i + 1;
			}
			if (!skipping) {
				result[length++] = octets[i];
			}
			if (octets[i] == '=' && !skipping && isSignatureTag(octets, tagStart, i)) {
				skipping = true;
			}
		}
		return Arrays.copyOf(result, length);
	}

	private static boolean isSignatureTag(byte[] octets, int from, int to) {
		return to > from && new String(octets, from, to - from, StandardCharsets.ISO_8859_1).strip().equals("b");
	}

	private static int indexOf(byte[] octets, char wanted, int from) {
		int i = from;
		while (octets[i] != wanted) {
			i++;
		}
		return i;
	}

	private static VerificationFailure malformed(String reason) {
		return new VerificationFailure(DkimResult.NEUTRAL, reason);
	}

	private static String required(TagList tags, String name) throws VerificationFailure {
		String value = tags.getUnfolded(name);
		if (value == null || value.isEmpty()) {
			throw malformed("no " + name + "= in the signature");
		}
		return value;
	}

	private static String name(String value) throws VerificationFailure {
		String name = FromDomain.normalized(value);
		if (name == null) {
			throw malformed("malformed name in the signature");
		}
		return name;
	}

	/** It must be the signing domain or below it (RFC 6376 §3.5). */
	private static String identityDomain(TagList tags, String domain) throws VerificationFailure {
		String identity = tags.getUnfolded("i");
		if (identity == null) {
			return domain;
		}
		String identityDomain = name(identity.substring(identity.lastIndexOf('@') + 1));
		if (!identityDomain.equals(domain) && !identityDomain.endsWith("." + domain)) {
			throw new VerificationFailure(DkimResult.PERMERROR, "identity of another domain");
		}
		return identityDomain;
	}

	private static DkimCanonicalization canonicalization(String word) throws VerificationFailure {
		return switch (word.strip()) {
			case "simple" -> DkimCanonicalization.SIMPLE;
			case "relaxed" -> DkimCanonicalization.RELAXED;
			default -> throw malformed("unknown canonicalization");
		};
	}

	private static byte[] base64(TagList tags, String name) throws VerificationFailure {
		try {
			return Base64.getDecoder().decode(required(tags, name));
		}
		catch (IllegalArgumentException ex) {
			throw malformed("no base64 in " + name + "=");
		}
	}

	/** Digits beyond those of a long are allowed, and no body is as long as that. */
	private static @Nullable Long number(TagList tags, String name) throws VerificationFailure {
		String value = tags.getUnfolded(name);
		if (value == null) {
			return null;
		}
		if (!value.matches("[0-9]{1,76}")) {
			throw malformed("no number in " + name + "=");
		}
		return (value.length() <= 18) ? Long.valueOf(value) : Long.valueOf(Long.MAX_VALUE);
	}

	private static @Nullable Instant expiry(TagList tags) throws VerificationFailure {
		Long expiry = number(tags, "x");
		Long time = number(tags, "t");
		if (expiry != null && time != null && expiry <= time) {
			throw malformed("expires before it was made");
		}
		return (expiry != null) ? Instant.ofEpochSecond(Math.min(expiry, Instant.MAX.getEpochSecond())) : null;
	}

}
