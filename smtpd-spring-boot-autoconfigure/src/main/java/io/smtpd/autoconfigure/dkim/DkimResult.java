package io.smtpd.autoconfigure.dkim;

/**
 * What became of a signature (RFC 8601 §2.7.1).
 */
public enum DkimResult {

	/** The signature is good. */
	PASS,

	/** The message or the signature was changed, or the signature has expired. */
	FAIL,

	/**
	 * The signature is of a kind that is not trusted: SHA-1 or a small key (RFC 8301), or
	 * a part of the body that is not signed.
	 */
	POLICY,

	/** The DKIM-Signature field is malformed. */
	NEUTRAL,

	/** The key could not be had, but may be later. */
	TEMPERROR,

	/** There is no key for the signature, or none that fits. */
	PERMERROR

}
