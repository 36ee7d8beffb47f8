package io.smtpd.relay;

/**
 * What a relay does about TLS towards the upstream server. Whenever there is TLS, the
 * server's certificate must be one that the SSL context trusts and name the configured
 * host; TLS 1.2 and 1.3 are spoken. A handshake that fails is {@code 451 4.7.5} for the
 * client: nothing goes on in clear text.
 */
public enum RelayTls {

	/** Clear text only. */
	NONE,

	/**
	 * STARTTLS (RFC 3207) when the server offers it. An attacker on the way can hide the
	 * offer: see {@link #REQUIRED}.
	 */
	STARTTLS,

	/** STARTTLS; a server that does not offer it gets no mail ({@code 451 4.7.5}). */
	REQUIRED,

	/** TLS from the first octet (RFC 8314 §3.3). */
	IMPLICIT

}
