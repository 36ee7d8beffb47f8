package io.smtpd.autoconfigure.dkim;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import io.smtpd.Envelope;
import org.jspecify.annotations.Nullable;

/**
 * Signs messages with DKIM (RFC 6376), with RSA-SHA256 (RFC 8301), Ed25519-SHA256 (RFC
 * 8463) or both side by side. Immutable and thread-safe.
 * <p>
 * <b>Which key.</b> The domain of the first mailbox in From decides: the signatures of
 * exactly this domain, else those of the nearest domain above it (so that {@code d=} is
 * aligned with From in DMARC's relaxed mode, RFC 7489 §3.1.1), else those of the default
 * domain where there is one. Otherwise the message is not signed; nor is one that has no
 * From field or several of them: RFC 5322 §3.6 allows one, and a second is how a
 * signature is lent to a name that it is not for (RFC 6376 §8.15).
 * <p>
 * <b>What is signed.</b> Every occurrence of the {@linkplain Builder#signedFields header
 * fields} of RFC 6376 §5.4.1 and of those that decide how a message is shown (Message-ID,
 * Sender, MIME-Version, Content-Type, Content-Transfer-Encoding; List-Unsubscribe-Post as
 * RFC 8058 §4 asks), and the whole body. A field that may occur once only (RFC 5322 §3.6,
 * RFC 2045) is named once more than it occurs, so that adding another breaks the
 * signature (RFC 6376 §8.15). Where such a field is absent it may still be added by a
 * server on the way (Date, Message-ID, To), but for Subject, Reply-To and Cc, which none
 * adds. Neither {@code l=} nor {@code i=} is written.
 * <p>
 * <b>The octets.</b> They are signed as {@link Envelope#mailData()} gives them, in one
 * pass, and without holding more than the header fields that are signed. They must be
 * what goes on the wire: a handler that changes the message does it before. A bare CR or
 * LF is signed as the octet it is, and so the signature holds only if the next server
 * leaves it alone; {@code smtpd.bare-line-endings=reject} keeps such mail out. Octets of
 * UTF-8 in header fields (RFC 6532) are signed as they are.
 */
public final class DkimSigner {

	private final Map<String, List<Entry>> entries;

	private final @Nullable String defaultDomain;

	private final DkimCanonicalization headerCanonicalization;

	private final DkimCanonicalization bodyCanonicalization;

	private final SignedFields signedFields;

	private final @Nullable Duration expiry;

	private final Clock clock;

	private DkimSigner(Builder builder) {
		Map<String, List<Entry>> copy = new LinkedHashMap<>();
		builder.entries.forEach((domain, list) -> copy.put(domain, List.copyOf(list)));
		this.entries = copy;
		this.defaultDomain = builder.defaultDomain;
		this.headerCanonicalization = builder.headerCanonicalization;
		this.bodyCanonicalization = builder.bodyCanonicalization;
		this.signedFields = new SignedFields(builder.signedFields, builder.oversignedFields);
		this.expiry = builder.expiry;
		this.clock = builder.clock;
	}

	/**
	 * Begins a signer.
	 * @return a builder without signatures
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * Signs a message.
	 * @param envelope the message; its mail data is read once
	 * @return the DKIM-Signature header fields, each ending in CRLF, to be put on top of
	 * the mail data; empty when there is no signature for this message
	 * @throws IOException when the mail data cannot be read
	 * @throws io.smtpd.SmtpException {@code 552 5.3.4} when the fields that are signed
	 * exceed one megabyte
	 */
	public String sign(Envelope envelope) throws IOException {
		try (InputStream mailData = envelope.mailData()) {
			return sign(mailData);
		}
	}

	/**
	 * Signs a message that is in no envelope.
	 * @param mailData the message in the form of {@link Envelope#mailData()}; read to its
	 * end, not closed
	 * @return as {@link #sign(Envelope)}
	 * @throws IOException when the stream cannot be read
	 */
	public String sign(InputStream mailData) throws IOException {
		HeaderReader reader = new HeaderReader(mailData, this.signedFields.names()::contains);
		List<HeaderField> header = reader.readHeader();
		String domain = signingDomain(header);
		if (domain == null) {
			return "";
		}
		BodyHash hash = new BodyHash(this.bodyCanonicalization);
		reader.readBody(hash::update);
		String bodyHash = Base64.getEncoder().encodeToString(hash.finish());
		List<HeaderField> hashed = this.signedFields.hashed(header);
		ByteArrayOutputStream data = new ByteArrayOutputStream();
		hashed.forEach((field) -> data.writeBytes(field.canonical(this.headerCanonicalization)));
		List<String> names = this.signedFields.names(header);
		long time = this.clock.instant().getEpochSecond();
		StringBuilder result = new StringBuilder();
		for (Entry entry : this.entries.getOrDefault(domain, List.of())) {
			result.append(sign(domain, entry, time, names, bodyHash, data.toByteArray()));
		}
		return result.toString();
	}

	private String sign(String domain, Entry entry, long time, List<String> names, String bodyHash, byte[] data) {
		DkimKey key = entry.key().get();
		SignatureField field = new SignatureField().tag("a", key.algorithm())
			.tag("c", this.headerCanonicalization.tagValue() + "/" + this.bodyCanonicalization.tagValue())
			.tag("d", domain)
			.tag("s", entry.selector())
			.tag("t", Long.toString(time));
		if (this.expiry != null) {
			field.tag("x", Long.toString(time + this.expiry.toSeconds()));
		}
		field.headerFields(names).tag("bh", bodyHash);
		ByteArrayOutputStream signed = new ByteArrayOutputStream(data.length + 1024);
		signed.writeBytes(data);
		signed.writeBytes(field.canonicalWithoutSignature(this.headerCanonicalization));
		return field.complete(key.sign(signed.toByteArray()));
	}

	private @Nullable String signingDomain(List<HeaderField> header) {
		List<HeaderField> from = header.stream().filter((field) -> field.name().equals(SignedFields.FROM)).toList();
		if (from.size() != 1) {
			return null;
		}
		String domain = FromDomain.of(from.get(0).unfoldedValue());
		while (domain != null) {
			if (this.entries.containsKey(domain)) {
				return domain;
			}
			int dot = domain.indexOf('.');
			domain = (dot >= 0) ? domain.substring(dot + 1) : null;
		}
		return this.defaultDomain;
	}

	/** One signature of a domain. */
	private record Entry(String selector, Supplier<DkimKey> key) {
	}

	/**
	 * Collects what a signer does. Not thread-safe.
	 */
	public static final class Builder {

		private final Map<String, List<Entry>> entries = new LinkedHashMap<>();

		private @Nullable String defaultDomain;

		private DkimCanonicalization headerCanonicalization = DkimCanonicalization.RELAXED;

		private DkimCanonicalization bodyCanonicalization = DkimCanonicalization.RELAXED;

		private Collection<String> signedFields = SignedFields.DEFAULT_SIGNED;

		private Collection<String> oversignedFields = SignedFields.DEFAULT_OVERSIGNED;

		private @Nullable Duration expiry;

		private Clock clock = Clock.systemUTC();

		private Builder() {
		}

		/**
		 * Adds a signature; several of one domain are all written, in this order.
		 * @param domain the signing domain ({@code d=})
		 * @param selector where the domain's public key stands in the DNS ({@code s=})
		 * @param key gives the key at each signing, see {@link ReloadableDkimKey}; must
		 * be thread-safe
		 * @return this builder
		 * @throws IllegalArgumentException when domain or selector is not a name, or the
		 * domain has this selector already
		 */
		public Builder signature(String domain, String selector, Supplier<DkimKey> key) {
			String signingDomain = checkedName("domain", domain);
			String checkedSelector = checkedName("selector", selector);
			List<Entry> list = this.entries.computeIfAbsent(signingDomain, (name) -> new ArrayList<>());
			if (list.stream().anyMatch((entry) -> entry.selector().equals(checkedSelector))) {
				throw new IllegalArgumentException(
						"DKIM selector '" + selector + "' of the domain '" + domain + "' is there already");
			}
			list.add(new Entry(checkedSelector, key));
			return this;
		}

		/**
		 * Adds a signature with a key that stays.
		 * @param domain the signing domain ({@code d=})
		 * @param selector where the domain's public key stands in the DNS ({@code s=})
		 * @param key the key
		 * @return this builder
		 * @throws IllegalArgumentException as the other method
		 */
		public Builder signature(String domain, String selector, DkimKey key) {
			return signature(domain, selector, () -> key);
		}

		/**
		 * Sets the domain whose signatures a message gets when none is configured for its
		 * From; by default it is not signed.
		 * @param domain one of the domains with a signature, or null for none
		 * @return this builder
		 * @throws IllegalArgumentException when the domain is not a name
		 */
		public Builder defaultDomain(@Nullable String domain) {
			this.defaultDomain = (domain != null) ? checkedName("default domain", domain) : null;
			return this;
		}

		/**
		 * Sets how header and body are made canonical ({@code c=}); relaxed by default.
		 * @param header for the header fields
		 * @param body for the body
		 * @return this builder
		 */
		public Builder canonicalization(DkimCanonicalization header, DkimCanonicalization body) {
			this.headerCanonicalization = header;
			this.bodyCanonicalization = body;
			return this;
		}

		/**
		 * Sets which header fields are signed where they occur, instead of the default
		 * ones; From always is (RFC 6376 §5.4).
		 * @param names the fields' names
		 * @return this builder
		 * @throws IllegalArgumentException when one is not a name
		 */
		public Builder signedFields(Collection<String> names) {
			this.signedFields = checkedFields(names);
			return this;
		}

		/**
		 * Sets which header fields are signed once more than they occur, also when they
		 * don't occur at all, instead of Subject, Reply-To and Cc. From always is, and of
		 * the signed fields those that occur and may only once.
		 * @param names the fields' names
		 * @return this builder
		 * @throws IllegalArgumentException when one is not a name
		 */
		public Builder oversignedFields(Collection<String> names) {
			this.oversignedFields = checkedFields(names);
			return this;
		}

		/**
		 * Sets how long a signature is valid ({@code x=}); for ever by default.
		 * @param expiry at least a second, or null for ever
		 * @return this builder
		 * @throws IllegalArgumentException when it is less than a second
		 */
		public Builder expiry(@Nullable Duration expiry) {
			if (expiry != null && expiry.toSeconds() < 1) {
				throw new IllegalArgumentException("DKIM expiry is " + expiry + " but must be at least 1s");
			}
			this.expiry = expiry;
			return this;
		}

		/**
		 * Sets the clock that gives the time of signing ({@code t=}), for tests.
		 * @param clock the clock
		 * @return this builder
		 */
		public Builder clock(Clock clock) {
			this.clock = clock;
			return this;
		}

		/**
		 * Makes the signer.
		 * @return the signer
		 * @throws IllegalArgumentException when there is no signature, or none of the
		 * default domain
		 */
		public DkimSigner build() {
			if (this.entries.isEmpty()) {
				throw new IllegalArgumentException("A DKIM signer needs at least one signature");
			}
			if (this.defaultDomain != null && !this.entries.containsKey(this.defaultDomain)) {
				throw new IllegalArgumentException("DKIM default domain '" + this.defaultDomain
						+ "' has no signature; those that have one: " + this.entries.keySet());
			}
			return new DkimSigner(this);
		}

		private static String checkedName(String what, String value) {
			String name = FromDomain.normalized(value);
			if (name == null) {
				throw new IllegalArgumentException(
						"DKIM " + what + " is '" + value + "' but must be a name of the DNS such as example.org");
			}
			return name;
		}

		private static Set<String> checkedFields(Collection<String> names) {
			Set<String> result = new LinkedHashSet<>();
			for (String name : names) {
				if (!name.matches("[!-9<-~]+")) { // ';' would end the tag
					throw new IllegalArgumentException("'" + name + "' is not the name of a header field");
				}
				result.add(name.toLowerCase(Locale.ROOT));
			}
			return result;
		}

	}

}
