package io.smtpd;

/**
 * What becomes of mail data with a CR or LF that is not part of a CRLF (RFC 5321 §2.3.8).
 * In neither case does such an octet end a line or the mail data: only CRLF.CRLF does.
 */
public enum BareLineEndings {

	/**
	 * The mail data is read to its real end and refused with {@code 550 5.6.0}: a server
	 * behind this one might take a bare LF for a line end and find a smuggled message.
	 */
	REJECT,

	/** The octets are kept as they are. */
	KEEP

}
