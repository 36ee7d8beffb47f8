package io.smtpd.sasl;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.ArrayList;
import java.util.List;

import javax.net.ssl.SSLSession;

import io.smtpd.Authenticator;
import io.smtpd.Authenticator.Credentials;
import io.smtpd.Peer;
import io.smtpd.SaslMechanism;
import io.smtpd.SaslMechanism.Step;
import io.smtpd.SmtpException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** The client's side of an exchange, and an authenticator that remembers. */
final class Dialogue {

	static final String MALFORMED = "501 5.5.2 Malformed authentication message";

	static final String REFUSED = "535 5.7.8 Authentication credentials invalid";

	final List<Credentials> shown = new ArrayList<>();

	private final SaslMechanism.Exchange exchange;

	private final Peer peer;

	Dialogue(SaslMechanism mechanism) {
		this(mechanism, peer(null));
	}

	Dialogue(SaslMechanism mechanism, Peer peer) {
		this(mechanism, peer, (client, credentials) -> new ScramUser("somebody"));
	}

	Dialogue(SaslMechanism mechanism, Peer peer, Authenticator authenticator) {
		this.peer = peer;
		this.exchange = mechanism.start(peer, (client, credentials) -> {
			assertThat(client).isSameAs(this.peer);
			this.shown.add(credentials);
			return authenticator.authenticate(client, credentials);
		});
	}

	static Peer peer(SSLSession tls) {
		InetAddress loopback = InetAddress.getLoopbackAddress();
		return new Peer("s1", "default", new InetSocketAddress(loopback, 40000), new InetSocketAddress(loopback, 587),
				"client.example", Peer.Protocol.ESMTP, tls, null);
	}

	static byte[] octets(String text) {
		return (text != null) ? text.getBytes(StandardCharsets.UTF_8) : null;
	}

	/** Sends and expects a challenge. */
	String challenge(String message) throws Exception {
		return challenge(octets(message));
	}

	String challenge(byte[] message) throws Exception {
		Step step = this.exchange.next(message);
		assertThat(step).isInstanceOf(Step.Challenge.class);
		return new String(((Step.Challenge) step).data(), StandardCharsets.UTF_8);
	}

	/** Sends and expects success. */
	Principal success(String message) throws Exception {
		Step step = this.exchange.next(octets(message));
		assertThat(step).isInstanceOf(Step.Success.class);
		return ((Step.Success) step).principal();
	}

	/** Sends and expects a refusal. */
	String refusal(String message) {
		return refusal(octets(message));
	}

	String refusal(byte[] message) {
		SmtpException refusal = catchThrowableOfType(SmtpException.class, () -> this.exchange.next(message));
		assertThat(refusal).isNotNull().hasNoCause();
		return refusal.reply().toString();
	}

	void close() throws Exception {
		this.exchange.close();
	}

}
