package io.smtpd;

import java.util.ArrayList;
import java.util.List;

import io.smtpd.Peer.Protocol;

/**
 * HELO, EHLO and LHLO (RFC 5321 §4.1.1.1, RFC 2033 §4.1): who the client is, what we
 * offer.
 */
final class Greeting {

	private final Session session;

	private final Settings settings;

	Greeting(Session session) {
		this.session = session;
		this.settings = session.engine().settings();
	}

	/**
	 * Takes the client's name.
	 * @param name what stood behind the verb
	 * @param protocol what the verb makes of the session
	 */
	SmtpReply reply(String name, Protocol protocol) {
		if ((protocol == Protocol.LMTP) != (this.session.listener().protocol() == Protocol.LMTP)) {
			return Replies.UNKNOWN_COMMAND; // RFC 2033 §4.1
		}
		if (!PathParser.isHeloName(name)) {
			return Replies.BAD_HELO;
		}
		Peer peer = this.session.peer();
		for (HeloChecker checker : this.settings.heloCheckers()) {
			this.session.callbacks().run(Replies.LOCAL_ERROR, () -> checker.check(peer, name));
		}
		this.session.restart(peer.greeted(name, protocol)); // §4.1.4: as if RSET had been
															// given
		SmtpReply reply = (protocol == Protocol.SMTP) ? SmtpReply.of(250, this.settings.hostname()) : offer();
		return (peer.heloName() != null) ? this.session.junk(reply) : reply;
	}

	private SmtpReply offer() {
		Peer peer = this.session.peer();
		List<String> offered = new ArrayList<>();
		offered.add(this.settings.hostname());
		for (EsmtpExtension extension : this.settings.extensions()) {
			String line = this.session.callbacks().callNullable(Replies.LOCAL_ERROR, () -> extension.ehloLine(peer));
			if (line != null) {
				offered.add(line);
			}
		}
		if (this.session.listener().tls() instanceof TlsPolicy.StartTls && !peer.secure()) {
			offered.add(Verb.STARTTLS.name());
		}
		if (this.session.mayUseXclient()) {
			offered.add(Xclient.ehloLine());
		}
		return new SmtpReply(250, null, offered);
	}

}
