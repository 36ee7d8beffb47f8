package io.smtpd.autoconfigure.verify;

/**
 * Whether a message comes from the domain that its From header field names (RFC 9989, RFC
 * 8601 §2.7).
 */
public enum DmarcResult {

	/** The author's domain has no DMARC policy. */
	NONE,

	/** SPF or DKIM passes for a domain that is aligned with the author's. */
	PASS,

	/** Neither does. */
	FAIL,

	/** The DNS could not be asked. */
	TEMPERROR,

	/** There is no author's domain, or too many. */
	PERMERROR

}
