package io.smtpd.autoconfigure.verify;

/**
 * What a domain asks to be done with mail that fails DMARC (RFC 9989 §4.7), from the
 * mildest to the strictest.
 */
public enum DmarcPolicy {

	/** Nothing. */
	NONE,

	/** Take it as suspicious. */
	QUARANTINE,

	/** Refuse it. */
	REJECT

}
