package io.smtpd.autoconfigure.verify;

/**
 * What a domain says of a client that uses its name (RFC 7208 §2.6, RFC 8601 §2.7.2).
 */
public enum SpfResult {

	/** The domain publishes nothing, or there is no domain. */
	NONE,

	/** The domain says nothing of this client. */
	NEUTRAL,

	/** The client may use the name. */
	PASS,

	/** The client may not use the name. */
	FAIL,

	/** The client probably may not use the name. */
	SOFTFAIL,

	/** The DNS could not be asked. */
	TEMPERROR,

	/** The domain's record is wrong. */
	PERMERROR

}
