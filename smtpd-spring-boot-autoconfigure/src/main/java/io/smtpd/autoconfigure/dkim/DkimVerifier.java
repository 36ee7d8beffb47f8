package io.smtpd.autoconfigure.dkim;

import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.smtpd.Envelope;
import org.jspecify.annotations.Nullable;

/**
 * Verifies the DKIM signatures of a message (RFC 6376 §6), RSA-SHA256 (RFC 8301) and
 * Ed25519-SHA256 (RFC 8463). Immutable and thread-safe; knows nothing of the DNS but what
 * its {@link DkimKeyLookup} tells.
 * <p>
 * The message is read once and only its header is held in memory. The first ten
 * DKIM-Signature fields are verified, which bounds the look-ups (one for each) and the
 * work that a stranger can cause; further ones are as if they were not there.
 * <p>
 * Stricter than the RFC lets one be: a signature with {@code l=} passes only when it
 * covers the whole body (§8.2 tells what can be done otherwise), one with SHA-1 or an RSA
 * key below 1024 bits never does (RFC 8301 §3), nor one whose key is above 8192 bits.
 */
public final class DkimVerifier {

	/** RFC 6376 §8.4 leaves the number to the verifier. */
	static final int MAX_SIGNATURES = 10;

	private final DkimKeyLookup keys;

	private final Clock clock;

	/**
	 * Makes a verifier.
	 * @param keys where the signers' keys are found
	 */
	public DkimVerifier(DkimKeyLookup keys) {
		this(keys, Clock.systemUTC());
	}

	/**
	 * Makes a verifier with a clock of its own, for tests.
	 * @param keys where the signers' keys are found
	 * @param clock tells whether a signature has expired
	 */
	public DkimVerifier(DkimKeyLookup keys, Clock clock) {
		this.keys = keys;
		this.clock = clock;
	}

	/**
	 * Verifies a message.
	 * @param envelope the message; its mail data is read once
	 * @return its author's domains and its signatures
	 * @throws IOException when the mail data cannot be read; what goes wrong with a key
	 * is a result
	 * @throws io.smtpd.SmtpException {@code 552 5.3.4} when the header exceeds one
	 * megabyte
	 */
	public DkimVerification verify(Envelope envelope) throws IOException {
		try (InputStream mailData = envelope.mailData()) {
			return verify(mailData);
		}
	}

	/**
	 * Verifies a message that is in no envelope.
	 * @param mailData the message in the form of {@link Envelope#mailData()}; read as far
	 * as needed, not closed
	 * @return as {@link #verify(Envelope)}
	 * @throws IOException when the stream cannot be read
	 */
	public DkimVerification verify(InputStream mailData) throws IOException {
		HeaderReader reader = new HeaderReader(mailData, (name) -> true);
		List<HeaderField> header = reader.readHeader();
		List<Candidate> candidates = header.stream()
			.filter((field) -> field.name().equals(SignatureField.NAME))
			.limit(MAX_SIGNATURES)
			.map(Candidate::of)
			.toList();
		Map<DkimCanonicalization, Body> bodies = readBody(reader, candidates);
		List<DkimVerification.Signature> signatures = new ArrayList<>(candidates.size());
		for (Candidate candidate : candidates) {
			signatures.add(verify(candidate, header, bodies));
		}
		return new DkimVerification(authorDomains(header), signatures);
	}

	private static List<String> authorDomains(List<HeaderField> header) {
		Set<String> domains = new LinkedHashSet<>();
		for (HeaderField field : header) {
			if (field.name().equals(SignedFields.FROM)) {
				domains.addAll(FromDomain.all(field.unfoldedValue()));
			}
		}
		return List.copyOf(domains);
	}

	/** One pass for all signatures: there are no more than two ways to hash a body. */
	private static Map<DkimCanonicalization, Body> readBody(HeaderReader reader, List<Candidate> candidates)
			throws IOException {
		Map<DkimCanonicalization, BodyHash> hashes = new EnumMap<>(DkimCanonicalization.class);
		for (Candidate candidate : candidates) {
			if (candidate.signature() != null) {
				hashes.computeIfAbsent(candidate.signature().bodyCanonicalization(), BodyHash::new);
			}
		}
		if (!hashes.isEmpty()) {
			reader.readBody((octets, from, to) -> hashes.values().forEach((hash) -> hash.update(octets, from, to)));
		}
		Map<DkimCanonicalization, Body> bodies = new EnumMap<>(DkimCanonicalization.class);
		hashes.forEach((canonicalization, hash) -> bodies.put(canonicalization, Body.of(hash)));
		return bodies;
	}

	private DkimVerification.Signature verify(Candidate candidate, List<HeaderField> header,
			Map<DkimCanonicalization, Body> bodies) {
		DkimSignature signature = candidate.signature();
		VerificationFailure failure = candidate.failure();
		boolean testing = false;
		if (signature != null) {
			try {
				checkAcceptable(signature);
				DkimPublicKey key = key(signature);
				testing = key.testing();
				checkBody(signature, bodies);
				checkHeader(signature, header, key);
			}
			catch (VerificationFailure ex) {
				failure = ex;
			}
		}
		DkimResult result = (failure != null) ? failure.result() : DkimResult.PASS;
		String reason = (failure != null) ? failure.reason() : null;
		if (signature == null) {
			return new DkimVerification.Signature(result, null, null, null, null, false, reason);
		}
		String encoded = Base64.getEncoder().encodeToString(signature.signature());
		return new DkimVerification.Signature(result, signature.domain(), signature.selector(), signature.algorithm(),
				encoded.substring(0, Math.min(8, encoded.length())), testing, reason);
	}

	private void checkAcceptable(DkimSignature signature) throws VerificationFailure {
		if (signature.algorithm().equals("rsa-sha1")) { // RFC 8301 §3.1
			throw new VerificationFailure(DkimResult.POLICY, "SHA-1");
		}
		if (signature.expiry() != null && !signature.expiry().isAfter(this.clock.instant())) {
			throw new VerificationFailure(DkimResult.FAIL, "signature expired");
		}
	}

	private DkimPublicKey key(DkimSignature signature) throws VerificationFailure {
		List<String> records;
		try {
			records = this.keys.keyRecords(signature.keyName());
		}
		catch (IOException ex) {
			throw new VerificationFailure(DkimResult.TEMPERROR, "key unavailable");
		}
		VerificationFailure failure = new VerificationFailure(DkimResult.PERMERROR, "no key for signature");
		for (String text : records) { // RFC 6376 §3.6.2.2 leaves open what several mean
			try {
				return DkimPublicKey.parse(text, signature);
			}
			catch (VerificationFailure ex) {
				failure = ex;
			}
		}
		throw failure;
	}

	private static void checkBody(DkimSignature signature, Map<DkimCanonicalization, Body> bodies)
			throws VerificationFailure {
		Body body = bodies.get(signature.bodyCanonicalization());
		Long length = signature.bodyLength();
		if (body == null || (length != null && length > body.length())) {
			throw new VerificationFailure(DkimResult.FAIL, "body shorter than signed");
		}
		if (length != null && length < body.length()) {
			throw new VerificationFailure(DkimResult.POLICY, "a part of the body is not signed");
		}
		if (!Arrays.equals(body.hash(), signature.bodyHash())) {
			throw new VerificationFailure(DkimResult.FAIL, "body changed");
		}
	}

	private static void checkHeader(DkimSignature signature, List<HeaderField> header, DkimPublicKey key)
			throws VerificationFailure {
		try {
			boolean rsa = signature.keyType().equals("rsa");
			Signature verification = Signature.getInstance(rsa ? "SHA256withRSA" : "Ed25519");
			verification.initVerify(key.key());
			if (rsa) {
				hashHeader(signature, header, verification::update);
			}
			else { // RFC 8463 §3: what is signed is the hash
				MessageDigest digest = Sha256.newDigest();
				hashHeader(signature, header, digest::update);
				verification.update(digest.digest());
			}
			if (!verification.verify(signature.signature())) {
				throw new VerificationFailure(DkimResult.FAIL, "signature does not fit");
			}
		}
		catch (GeneralSecurityException ex) {
			throw new VerificationFailure(DkimResult.FAIL, "signature does not fit");
		}
	}

	/** RFC 6376 §3.7, §5.4.2: of one name from the last in the message to the first. */
	private static void hashHeader(DkimSignature signature, List<HeaderField> header, OctetSink target)
			throws GeneralSecurityException {
		Map<String, Deque<HeaderField>> left = new HashMap<>();
		header.forEach((field) -> left.computeIfAbsent(field.name(), (name) -> new ArrayDeque<>()).push(field));
		for (String name : signature.headerFields()) {
			Deque<HeaderField> fields = left.get(name.strip());
			if (fields != null && !fields.isEmpty()) {
				target.accept(fields.pop().canonical(signature.headerCanonicalization()));
			}
		}
		target.accept(signature.canonicalWithoutSignature());
	}

	/** Takes what is signed, in pieces. */
	@FunctionalInterface
	private interface OctetSink {

		void accept(byte[] octets) throws GeneralSecurityException;

	}

	/** A canonical body. */
	private record Body(byte[] hash, long length) {

		static Body of(BodyHash hash) {
			byte[] octets = hash.finish();
			return new Body(octets, hash.length());
		}

	}

	/** A DKIM-Signature field that could be read, or why it could not. */
	private record Candidate(@Nullable DkimSignature signature, @Nullable VerificationFailure failure) {

		static Candidate of(HeaderField field) {
			try {
				return new Candidate(DkimSignature.parse(field), null);
			}
			catch (VerificationFailure ex) {
				return new Candidate(null, ex);
			}
		}

	}

}
