package io.smtpd.sasl;

import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

import io.smtpd.Authenticator;
import io.smtpd.Authenticator.Credentials;
import io.smtpd.Peer;
import io.smtpd.SaslMechanism;
import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;

/**
 * EXTERNAL (RFC 4422 appendix A): the client's certificate, which TLS has verified, says
 * who it is. Offered only to a client that showed one, which it does when the listener's
 * {@link io.smtpd.TlsPolicy} asks for it. Hands
 * {@link io.smtpd.Authenticator.Credentials.ClientCertificate} to the authenticator: a
 * certificate that the trust store accepts is not yet a user, so who it is and for whom
 * it may act is decided there. Thread-safe.
 */
public final class ExternalMechanism implements SaslMechanism {

	/**
	 * Makes the mechanism.
	 */
	public ExternalMechanism() {
	}

	@Override
	public String name() {
		return "EXTERNAL";
	}

	@Override
	public boolean availableTo(Peer peer) {
		return !chain(peer).isEmpty();
	}

	@Override
	public Exchange start(Peer peer, Authenticator authenticator) {
		return (response) -> {
			if (response == null) {
				return new Step.Challenge(new byte[0]);
			}
			List<X509Certificate> chain = chain(peer);
			if (chain.isEmpty()) {
				throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
			}
			String authorizationId = ClientMessage.name(response, 0, response.length);
			return new Step.Success(
					authenticator.authenticate(peer, new Credentials.ClientCertificate(authorizationId, chain)));
		};
	}

	private static List<X509Certificate> chain(Peer peer) {
		SSLSession session = peer.tls();
		if (session == null) {
			return List.of();
		}
		try {
			List<X509Certificate> chain = new ArrayList<>();
			for (Certificate certificate : session.getPeerCertificates()) {
				if (certificate instanceof X509Certificate x509) {
					chain.add(x509);
				}
			}
			return chain;
		}
		catch (SSLPeerUnverifiedException ex) {
			return List.of(); // none shown
		}
	}

}
