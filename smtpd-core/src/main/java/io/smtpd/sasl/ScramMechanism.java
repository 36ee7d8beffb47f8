package io.smtpd.sasl;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

import io.smtpd.Authenticator;
import io.smtpd.Peer;
import io.smtpd.SaslMechanism;

/**
 * SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): the client proves that it
 * knows the password, and the server that it knows the client's keys, without the
 * password on the wire or in the server's store. PLUS also proves that both are ends of
 * the same TLS connection. The keys come from a {@link ScramKeyStore}; the server's
 * {@link Authenticator} is not asked.
 * <p>
 * PLUS is offered inside TLS only, with the channel bindings {@code tls-server-end-point}
 * (RFC 5929) and, on TLS 1.3 where Java has exporters (25 and later),
 * {@code tls-exporter} (RFC 9266). Where PLUS is on offer, a client that says it could
 * bind but saw no offer is refused: someone has removed it on the way (RFC 5802 §6).
 * <p>
 * Both want TLS, although the password is not shown: who listens in may try passwords at
 * leisure against what was sent, and may take the session over once it is authenticated.
 * <p>
 * A user that does not exist is asked like any other, with a salt that stays the same
 * while this pair of mechanisms lives, and is refused at the end as a wrong password is.
 * The salt changes with a restart. Malformed messages are {@code 501 5.5.2}, refusals
 * {@code 535 5.7.8}. Thread-safe.
 */
public final class ScramMechanism implements SaslMechanism {

	private static final int NONCE_OCTETS = 18;

	private final boolean plus;

	private final ScramKeyStore keyStore;

	private final ScramDecoy decoy;

	private final Supplier<String> nonces;

	ScramMechanism(boolean plus, ScramKeyStore keyStore, ScramDecoy decoy, Supplier<String> nonces) {
		this.plus = plus;
		this.keyStore = keyStore;
		this.decoy = decoy;
		this.nonces = nonces;
	}

	/**
	 * Makes both mechanisms. They belong together: register both, or the check for a
	 * removed offer refuses clients that cannot do otherwise.
	 * @param keyStore knows the users
	 * @return SCRAM-SHA-256-PLUS and SCRAM-SHA-256, the stronger first
	 * @throws IllegalArgumentException when the store's iteration count or salt length is
	 * out of its range
	 */
	public static List<SaslMechanism> of(ScramKeyStore keyStore) {
		Objects.requireNonNull(keyStore, "keyStore");
		SecureRandom random = new SecureRandom();
		ScramDecoy decoy = ScramDecoy.of(keyStore, random);
		Supplier<String> nonces = () -> {
			byte[] nonce = new byte[NONCE_OCTETS];
			random.nextBytes(nonce);
			return Base64.getEncoder().encodeToString(nonce);
		};
		return List.of(new ScramMechanism(true, keyStore, decoy, nonces),
				new ScramMechanism(false, keyStore, decoy, nonces));
	}

	@Override
	public String name() {
		return this.plus ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256";
	}

	@Override
	public boolean requiresTls() {
		return true;
	}

	@Override
	public boolean availableTo(Peer peer) {
		return !this.plus || ChannelBinding.availableTo(peer.tls());
	}

	@Override
	public Exchange start(Peer peer, Authenticator authenticator) {
		return new ScramExchange(peer, this.plus, this.keyStore, this.decoy, this.nonces.get());
	}

	/**
	 * Shows the name.
	 * @return the mechanism's name
	 */
	@Override
	public String toString() {
		return name();
	}

}
