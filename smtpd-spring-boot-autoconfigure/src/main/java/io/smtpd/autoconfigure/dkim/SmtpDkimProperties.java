package io.smtpd.autoconfigure.dkim;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.convert.DurationUnit;
import org.springframework.validation.Errors;
import org.springframework.validation.Validator;

/**
 * The {@code smtpd.dkim.*} properties. A bad value stops the start of the application:
 * the class is its own validator, which Spring Boot asks after binding. Not thread-safe;
 * not changed after binding.
 */
@ConfigurationProperties("smtpd.dkim")
public class SmtpDkimProperties implements Validator {

	/**
	 * Signatures, each with a domain, a selector and a private key. By default, none, and
	 * messages are not signed.
	 */
	private List<Signature> signatures = new ArrayList<>();

	/**
	 * Domain whose signatures a message gets when there is none for the domain in From.
	 * By default, none, and such a message is not signed.
	 */
	private @Nullable String defaultDomain;

	/**
	 * How much a server on the way may change header fields without breaking a signature.
	 */
	private DkimCanonicalization headerCanonicalization = DkimCanonicalization.RELAXED;

	/** How much a server on the way may change the body without breaking a signature. */
	private DkimCanonicalization bodyCanonicalization = DkimCanonicalization.RELAXED;

	/**
	 * Comma-separated list of header fields to sign where they occur; From always is. By
	 * default, those of RFC 6376 section 5.4.1 and those that decide how a message is
	 * shown.
	 */
	private List<String> signedFields = new ArrayList<>();

	/**
	 * Comma-separated list of header fields to sign once more than they occur, so that
	 * none can be added; From always is. By default, Subject, Reply-To and Cc.
	 */
	private List<String> oversignedFields = new ArrayList<>();

	/**
	 * Time that a signature is valid, in seconds if no unit is given. By default,
	 * forever.
	 */
	@DurationUnit(ChronoUnit.SECONDS)
	private @Nullable Duration expiry;

	/**
	 * Returns what to sign with.
	 * @return the signatures
	 */
	public List<Signature> getSignatures() {
		return this.signatures;
	}

	/**
	 * Sets what to sign with.
	 * @param signatures the signatures
	 */
	public void setSignatures(List<Signature> signatures) {
		this.signatures = signatures;
	}

	/**
	 * Returns the domain for messages of other domains.
	 * @return the domain, or null for none
	 */
	public @Nullable String getDefaultDomain() {
		return this.defaultDomain;
	}

	/**
	 * Sets the domain for messages of other domains.
	 * @param defaultDomain one of the domains with a signature, or null for none
	 */
	public void setDefaultDomain(@Nullable String defaultDomain) {
		this.defaultDomain = defaultDomain;
	}

	/**
	 * Returns how header fields are made canonical.
	 * @return the way
	 */
	public DkimCanonicalization getHeaderCanonicalization() {
		return this.headerCanonicalization;
	}

	/**
	 * Sets how header fields are made canonical.
	 * @param headerCanonicalization the way
	 */
	public void setHeaderCanonicalization(DkimCanonicalization headerCanonicalization) {
		this.headerCanonicalization = headerCanonicalization;
	}

	/**
	 * Returns how the body is made canonical.
	 * @return the way
	 */
	public DkimCanonicalization getBodyCanonicalization() {
		return this.bodyCanonicalization;
	}

	/**
	 * Sets how the body is made canonical.
	 * @param bodyCanonicalization the way
	 */
	public void setBodyCanonicalization(DkimCanonicalization bodyCanonicalization) {
		this.bodyCanonicalization = bodyCanonicalization;
	}

	/**
	 * Returns which header fields are signed.
	 * @return the fields' names, empty for the default ones
	 */
	public List<String> getSignedFields() {
		return this.signedFields;
	}

	/**
	 * Sets which header fields are signed.
	 * @param signedFields the fields' names, empty for the default ones
	 */
	public void setSignedFields(List<String> signedFields) {
		this.signedFields = signedFields;
	}

	/**
	 * Returns which header fields cannot be added later.
	 * @return the fields' names, empty for the default ones
	 */
	public List<String> getOversignedFields() {
		return this.oversignedFields;
	}

	/**
	 * Sets which header fields cannot be added later.
	 * @param oversignedFields the fields' names, empty for the default ones
	 */
	public void setOversignedFields(List<String> oversignedFields) {
		this.oversignedFields = oversignedFields;
	}

	/**
	 * Returns how long a signature is valid.
	 * @return the time, or null for ever
	 */
	public @Nullable Duration getExpiry() {
		return this.expiry;
	}

	/**
	 * Sets how long a signature is valid.
	 * @param expiry at least a second, or null for ever
	 */
	public void setExpiry(@Nullable Duration expiry) {
		this.expiry = expiry;
	}

	@Override
	public boolean supports(Class<?> type) {
		return SmtpDkimProperties.class.isAssignableFrom(type);
	}

	@Override
	public void validate(Object target, Errors errors) {
		new SmtpDkimPropertiesChecks(errors).check((SmtpDkimProperties) target);
	}

	/**
	 * One signature.
	 */
	public static class Signature {

		/** Domain that signs, d= in the signature. */
		private @Nullable String domain;

		/** Selector of the domain's public key in the DNS, s= in the signature. */
		private @Nullable String selector;

		/** Location of the PEM file with the private key, RSA or Ed25519. */
		private @Nullable String privateKey;

		/**
		 * Returns the signing domain.
		 * @return the domain
		 */
		public @Nullable String getDomain() {
			return this.domain;
		}

		/**
		 * Sets the signing domain.
		 * @param domain a name of the DNS
		 */
		public void setDomain(@Nullable String domain) {
			this.domain = domain;
		}

		/**
		 * Returns the selector.
		 * @return the selector
		 */
		public @Nullable String getSelector() {
			return this.selector;
		}

		/**
		 * Sets the selector.
		 * @param selector a name of the DNS
		 */
		public void setSelector(@Nullable String selector) {
			this.selector = selector;
		}

		/**
		 * Returns where the private key is.
		 * @return the location of a resource
		 */
		public @Nullable String getPrivateKey() {
			return this.privateKey;
		}

		/**
		 * Sets where the private key is.
		 * @param privateKey the location of a resource; without a prefix, a file
		 */
		public void setPrivateKey(@Nullable String privateKey) {
			this.privateKey = privateKey;
		}

	}

}
