package io.smtpd.autoconfigure;

/**
 * How TLS begins.
 */
public enum TlsMode {

	/** When the client asks for it with STARTTLS (RFC 3207). */
	STARTTLS,

	/** With the first octet (RFC 8314 §3.3). */
	IMPLICIT

}
