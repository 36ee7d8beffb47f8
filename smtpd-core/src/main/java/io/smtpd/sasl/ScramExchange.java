package io.smtpd.sasl;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.Principal;
import java.util.Base64;

import org.jspecify.annotations.Nullable;

import io.smtpd.Peer;
import io.smtpd.SaslMechanism;
import io.smtpd.SaslMechanism.Step;
import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;

/** One attempt with SCRAM (RFC 5802 §5): three messages of the client, each once. */
final class ScramExchange implements SaslMechanism.Exchange {

	private final Peer peer;

	private final boolean plus;

	private final ScramKeyStore keyStore;

	private final ScramDecoy decoy;

	private final String serverNonce;

	private @Nullable Challenged challenged;

	private @Nullable Principal principal;

	ScramExchange(Peer peer, boolean plus, ScramKeyStore keyStore, ScramDecoy decoy, String serverNonce) {
		this.peer = peer;
		this.plus = plus;
		this.keyStore = keyStore;
		this.decoy = decoy;
		this.serverNonce = serverNonce;
	}

	@Override
	public Step next(byte @Nullable [] response) throws Exception {
		if (response == null) {
			return new Step.Challenge(new byte[0]);
		}
		if (this.principal != null) {
			if (response.length > 0) {
				throw ClientMessage.malformed();
			}
			return new Step.Success(this.principal);
		}
		String message = ClientMessage.utf8(response, 0, response.length);
		Challenged state = this.challenged;
		this.challenged = null; // one guess for one salt
		return (state != null) ? finish(state, ClientFinal.parse(message)) : begin(ClientFirst.parse(message));
	}

	@Override
	public void close() {
		this.challenged = null;
		this.principal = null;
	}

	private Step begin(ClientFirst first) throws Exception {
		byte[] binding = channelBinding(first.header());
		ScramKeys found = this.keyStore.find(this.peer, first.username());
		ScramKeys decoyed = this.decoy.keys(first.username());
		ScramKeys keys = (found != null) ? found : decoyed;
		String nonce = first.nonce() + this.serverNonce;
		String serverFirst = "r=" + nonce + ",s=" + base64(keys.salt()) + ",i=" + keys.iterations();
		this.challenged = new Challenged(first, serverFirst, nonce, binding, keys, found != null);
		return new Step.Challenge(serverFirst.getBytes(StandardCharsets.UTF_8));
	}

	/** What the client must repeat in {@code c=} (RFC 5802 §6). */
	private byte[] channelBinding(Gs2Header header) {
		String type = header.bindingType();
		if (this.plus != (type != null)) {
			throw ClientMessage.malformed();
		}
		if (type == null) {
			if (header.flag() == 'y' && ChannelBinding.availableTo(this.peer.tls())) {
				throw refused("The offer of channel binding was lost on the way");
			}
			return ChannelBinding.input(header, null);
		}
		byte[] binding = ChannelBinding.of(type, this.peer.tls());
		if (binding == null) {
			throw refused("Channel binding type not supported");
		}
		return ChannelBinding.input(header, binding);
	}

	private Step finish(Challenged state, ClientFinal last) throws Exception {
		if (!MessageDigest.isEqual(state.nonce().getBytes(StandardCharsets.UTF_8),
				last.nonce().getBytes(StandardCharsets.UTF_8))) {
			throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
		}
		if (!MessageDigest.isEqual(state.binding(), last.binding())) {
			throw refused("Channel bindings do not match");
		}
		byte[] authMessage = (state.first().bare() + "," + state.serverFirst() + "," + last.withoutProof())
			.getBytes(StandardCharsets.UTF_8);
		// & and not &&: the proof is checked for a user that does not exist, too
		if (!(state.keys().proves(last.proof(), authMessage) & state.known())) {
			throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
		}
		String username = state.first().username();
		this.principal = this.keyStore.principal(this.peer, username, state.first().header().authorizationId());
		// Success has no room for it in SMTP (RFC 4954 §4): the client answers with
		// nothing
		String serverFinal = "v=" + base64(state.keys().serverSignature(authMessage));
		return new Step.Challenge(serverFinal.getBytes(StandardCharsets.US_ASCII));
	}

	private static SmtpException refused(String text) {
		return new SmtpException(535, "5.7.8", text);
	}

	private static String base64(byte[] octets) {
		return Base64.getEncoder().encodeToString(octets);
	}

	/** What is kept between the two messages. */
	private record Challenged(ClientFirst first, String serverFirst, String nonce, byte[] binding, ScramKeys keys,
			boolean known) {

	}

}
