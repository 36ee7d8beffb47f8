package io.smtpd.autoconfigure;

/**
 * What is asked of clients in the TLS handshake.
 */
public enum TlsClientAuth {

	/** No certificate. */
	NONE,

	/** A certificate, if there is one. */
	WANT,

	/** A certificate; without one the handshake fails. */
	NEED

}
