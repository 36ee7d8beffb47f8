package io.smtpd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

import io.smtpd.SaslMechanism.Exchange;
import io.smtpd.SaslMechanism.Step;
import io.smtpd.SessionListener.AuthOutcome;
import io.smtpd.SessionListener.Limit;
import org.jspecify.annotations.Nullable;

/**
 * The AUTH command (RFC 4954 §4): base64, challenges and cancelling, once for all
 * mechanisms. Nothing that the client sends here reaches a log, an event or a reply.
 */
final class AuthDialog {

	private final Settings settings;

	private final Session session;

	private final LineReader lines;

	private final SessionListener events;

	AuthDialog(Session session, LineReader lines) {
		this.session = session;
		this.settings = session.engine().settings();
		this.lines = lines;
		this.events = session.events();
	}

	/**
	 * Authenticates the client.
	 * @param argument what stood behind AUTH
	 * @return the reply when it has succeeded, or may not be tried
	 * @throws SmtpException the refusal
	 * @throws ConnectionEndedException when the client is gone
	 */
	SmtpReply reply(String argument) throws IOException {
		if (this.session.peer().authenticated()) {
			return Replies.ALREADY_AUTHENTICATED;
		}
		if (this.session.offences().mayNotAuthenticate()) {
			this.session.limitReached(Limit.MAX_AUTH_FAILURES);
			return Replies.TOO_MANY_AUTH_FAILURES;
		}
		this.session.authenticated(authenticate(this.session.peer(), argument));
		return Replies.AUTHENTICATED;
	}

	private boolean mayFailAgain() {
		this.session.offences().authFailure();
		return this.session.engine().addressLimits().mayFailToAuthenticate(this.session.address());
	}

	private Principal authenticate(Peer peer, String argument) throws IOException {
		if (this.settings.mechanisms().isEmpty()) {
			throw new SmtpException(Replies.NOT_IMPLEMENTED);
		}
		int blank = argument.indexOf(' ');
		String name = ((blank < 0) ? argument : argument.substring(0, blank)).toUpperCase(Locale.ROOT);
		if (name.isEmpty()) {
			throw new SmtpException(Replies.AUTH_SYNTAX);
		}
		SaslMechanism mechanism = mechanism(name, peer);
		String initialResponse = (blank < 0) ? null : argument.substring(blank + 1);
		try {
			Principal principal = exchange(mechanism, peer, initialResponse);
			this.events.authenticated(peer.authenticated(principal), mechanism.name(), AuthOutcome.SUCCESS);
			return principal;
		}
		catch (SmtpException ex) {
			this.events.authenticated(peer, mechanism.name(),
					ex.reply().isTemporary() ? AuthOutcome.ERROR : AuthOutcome.FAILURE);
			if (ex.reply().isTemporary() || mayFailAgain()) {
				throw ex;
			}
			this.session.limitReached(Limit.AUTH_FAILURE_RATE);
			throw new SmtpException(Replies.TOO_MANY_AUTH_FAILURES);
		}
	}

	private SaslMechanism mechanism(String name, Peer peer) {
		List<SaslMechanism> known = this.settings.mechanisms();
		SaslMechanism mechanism = known.stream()
			.filter((candidate) -> candidate.name().equals(name))
			.findFirst()
			.orElse(null);
		if (mechanism == null) {
			this.events.authenticated(peer, Verb.UNKNOWN, AuthOutcome.FAILURE);
			throw new SmtpException(Replies.UNKNOWN_MECHANISM);
		}
		if (mechanism.requiresTls() && !peer.secure() && !this.settings.authAllowWithoutTls()) {
			this.events.authenticated(peer, name, AuthOutcome.FAILURE);
			throw new SmtpException(SmtpReply.ENCRYPTION_REQUIRED);
		}
		if (!this.session.callbacks()
			.call(SmtpReply.TEMPORARY_AUTHENTICATION_FAILURE, () -> mechanism.availableTo(peer))) {
			this.events.authenticated(peer, name, AuthOutcome.FAILURE);
			throw new SmtpException(Replies.UNKNOWN_MECHANISM);
		}
		return mechanism;
	}

	private Principal exchange(SaslMechanism mechanism, Peer peer, @Nullable String initialResponse)
			throws IOException {
		byte[] response = (initialResponse != null) ? initial(initialResponse) : null;
		Exchange exchange = start(mechanism, peer);
		try {
			while (true) {
				Step step = next(exchange, response);
				if (step instanceof Step.Success success) {
					return success.principal();
				}
				response = ask(((Step.Challenge) step).data());
			}
		}
		finally {
			this.session.callbacks().run(SmtpReply.TEMPORARY_AUTHENTICATION_FAILURE, exchange::close);
		}
	}

	private Exchange start(SaslMechanism mechanism, Peer peer) {
		return this.session.callbacks()
			.call(SmtpReply.TEMPORARY_AUTHENTICATION_FAILURE,
					() -> mechanism.start(peer, this.settings.authenticator()));
	}

	private Step next(Exchange exchange, byte @Nullable [] response) {
		try {
			return this.session.callbacks()
				.call(SmtpReply.TEMPORARY_AUTHENTICATION_FAILURE, () -> exchange.next(response));
		}
		finally {
			if (response != null) {
				Arrays.fill(response, (byte) 0);
			}
		}
	}

	/** {@code =} stands for an initial response that is there and empty (§4). */
	private static byte[] initial(String text) {
		return text.equals("=") ? new byte[0] : decode(text);
	}

	private byte[] ask(byte[] challenge) throws IOException {
		this.session.connection().writeChallenge(Base64.getEncoder().encode(challenge));
		String line = this.lines.read(LineReader.AUTH_LINE_OCTETS, false, this.settings.readTimeout().toNanos(),
				Replies.AUTH_LINE_TOO_LONG);
		if (line.equals("*")) {
			throw new SmtpException(Replies.AUTH_CANCELLED);
		}
		return decode(line);
	}

	private static byte[] decode(String text) {
		try {
			byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
			if (encoded.length % 4 != 0) { // the decoder would do without padding
				throw new SmtpException(Replies.AUTH_BAD_BASE64);
			}
			return Base64.getDecoder().decode(encoded);
		}
		catch (IllegalArgumentException ex) {
			throw new SmtpException(Replies.AUTH_BAD_BASE64); // without the cause: it
																// quotes
		}
	}

}
