package io.smtpd;

import java.net.InetSocketAddress;
import java.security.Principal;
import java.util.Objects;

import javax.net.ssl.SSLSession;

import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a session, as known at the moment of the call. Immutable: a
 * later command makes a new peer and leaves this one as it was.
 *
 * @param sessionId identifies the session in logs, events and queue ids; unique across
 * restarts for all practical purposes
 * @param listener the name of the listener that accepted the connection
 * @param remoteAddress the client's address and port; behind a trusted proxy, those that
 * the proxy told
 * @param localAddress the address and port that the client connected to, likewise
 * @param heloName what the client called itself in HELO, EHLO or LHLO (RFC 5321
 * §4.1.1.1), or null before that
 * @param protocol what the client's greeting made of the session
 * @param tls the TLS session, or null in clear text; a client certificate is in
 * {@link SSLSession#getPeerCertificates()}
 * @param principal who the client authenticated as (RFC 4954), or null
 */
public record Peer(String sessionId, String listener, InetSocketAddress remoteAddress, InetSocketAddress localAddress,
		@Nullable String heloName, Protocol protocol, @Nullable SSLSession tls, @Nullable Principal principal) {

	/**
	 * The protocol a session speaks.
	 */
	public enum Protocol {

		/** Until an EHLO was accepted (RFC 5321 §4.1.1.1). */
		SMTP,

		/** After EHLO: service extensions may be used. */
		ESMTP,

		/** After LHLO: a reply for each recipient (RFC 2033). */
		LMTP

	}

	/**
	 * Checks that nothing but the nullable components is null.
	 */
	public Peer {
		Objects.requireNonNull(sessionId, "sessionId");
		Objects.requireNonNull(listener, "listener");
		Objects.requireNonNull(remoteAddress, "remoteAddress");
		Objects.requireNonNull(localAddress, "localAddress");
		Objects.requireNonNull(protocol, "protocol");
	}

	/**
	 * Tells whether the session is protected by TLS.
	 * @return whether there is a TLS session
	 */
	public boolean secure() {
		return this.tls != null;
	}

	/**
	 * Tells whether the client authenticated itself.
	 * @return whether there is a principal
	 */
	public boolean authenticated() {
		return this.principal != null;
	}

	Peer greeted(@Nullable String newHeloName, Protocol newProtocol) {
		return new Peer(this.sessionId, this.listener, this.remoteAddress, this.localAddress, newHeloName, newProtocol,
				this.tls, this.principal);
	}

	Peer secured(SSLSession session) {
		return new Peer(this.sessionId, this.listener, this.remoteAddress, this.localAddress, null, Protocol.SMTP,
				session, null);
	}

	Peer authenticated(Principal newPrincipal) {
		return new Peer(this.sessionId, this.listener, this.remoteAddress, this.localAddress, this.heloName,
				this.protocol, this.tls, newPrincipal);
	}

	/** A new beginning for a client that a trusted proxy speaks for; TLS stays. */
	Peer forwarded(InetSocketAddress remote, InetSocketAddress local, @Nullable String newHeloName,
			Protocol newProtocol, @Nullable Principal newPrincipal) {
		return new Peer(this.sessionId, this.listener, remote, local, newHeloName, newProtocol, this.tls, newPrincipal);
	}

	/**
	 * Shows the session and the address; the principal only by name.
	 * @return the peer for a log
	 */
	@Override
	public String toString() {
		return "Peer[" + this.sessionId + " " + this.listener + " " + this.remoteAddress
				+ ((this.heloName != null) ? " " + this.protocol + " " + this.heloName : "")
				+ ((this.tls != null) ? " " + this.tls.getProtocol() : "")
				+ ((this.principal != null) ? " " + this.principal.getName() : "") + "]";
	}

}
