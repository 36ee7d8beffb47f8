package io.smtpd.autoconfigure.dkim;

/**
 * How much a message may change on its way before its signature breaks (RFC 6376 §3.4).
 */
public enum DkimCanonicalization {

	/**
	 * Not at all, but for empty lines at the end of the body (RFC 6376 §3.4.1, §3.4.3).
	 */
	SIMPLE,

	/**
	 * White space may be folded, added or taken, but not between what had none (RFC 6376
	 * §3.4.2, §3.4.4).
	 */
	RELAXED;

	/** The word in the signature's {@code c=}. */
	String tagValue() {
		return (this == RELAXED) ? "relaxed" : "simple";
	}

}
