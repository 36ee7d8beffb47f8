package io.smtpd.autoconfigure.verify;

import java.io.IOException;
import java.io.InputStream;
import java.net.IDN;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

import io.smtpd.Envelope;
import io.smtpd.MessageHandler;
import io.smtpd.Peer;
import io.smtpd.SmtpException;
import io.smtpd.autoconfigure.MessageHandlerDecorator;
import io.smtpd.autoconfigure.dkim.DkimVerification;
import io.smtpd.autoconfigure.dkim.DkimVerifier;
import io.smtpd.autoconfigure.verify.AuthenticationResults.Dmarc;
import io.smtpd.autoconfigure.verify.AuthenticationResults.Spf;
import io.smtpd.autoconfigure.verify.AuthenticationResults.Spf.Identity;
import io.smtpd.autoconfigure.verify.DnsResolver.RecordType;

/**
 * Looks into the origin of each message before the handlers get it as a
 * {@link VerifiedEnvelope}, or refuses it. Runs inside the observation
 * {@code smtpd.handle}, on the session's thread. Thread-safe.
 */
final class VerifyingMessageHandlers implements MessageHandlerDecorator {

	/** A message with more of them was made to be a burden. */
	private static final int MAX_REMOVED = 1000;

	private final DnsResolver dns;

	private final VerificationPolicy policy;

	private final String serverId;

	private final Duration timeout;

	private final Clock clock;

	VerifyingMessageHandlers(DnsResolver dns, VerificationPolicy policy, String serverId, Duration timeout,
			Clock clock) {
		this.dns = dns;
		this.policy = policy;
		this.serverId = serverId;
		this.timeout = timeout;
		this.clock = clock;
	}

	@Override
	public MessageHandler decorate(MessageHandler handlers) {
		return (peer, envelope) -> handlers.handle(peer, verify(peer, envelope));
	}

	/**
	 * Verifies a message.
	 * @throws SmtpException when the results refuse it
	 */
	VerifiedEnvelope verify(Peer peer, Envelope envelope) throws IOException {
		AuthenticationResults results = new AuthenticationResults(this.serverId, null, null, null);
		if (!peer.authenticated()) {
			results = results(peer, envelope);
			this.policy.enforce(results);
		}
		try (InputStream mailData = envelope.mailData()) {
			OctetRanges forged = ForgedResults.find(mailData, this.serverId);
			if (forged.count() > MAX_REMOVED) {
				throw new SmtpException(554, "5.6.0", "Too many Authentication-Results header fields");
			}
			return new AnnotatedEnvelope(envelope, results, forged);
		}
	}

	private AuthenticationResults results(Peer peer, Envelope envelope) throws IOException {
		DnsResolver bounded = new BoundedResolver(this.dns, this.timeout);
		Spf spf = this.policy.needsSpf() ? spf(bounded, peer, envelope.reversePath()) : null;
		DkimVerification dkim = this.policy.needsDkim() ? dkim(bounded, envelope) : null;
		Dmarc dmarc = null;
		if (this.policy.dmarc() != SmtpVerifyProperties.Mode.OFF && spf != null && dkim != null) {
			dmarc = new DmarcCheck(bounded, spf, dkim.signatures()).result(dkim.authorDomains());
		}
		return new AuthenticationResults(this.serverId, spf, dkim, dmarc);
	}

	private static Spf spf(DnsResolver dns, Peer peer, String reversePath) {
		String heloName = (peer.heloName() != null) ? peer.heloName() : "";
		Identity identity = reversePath.isEmpty() ? Identity.HELO : Identity.MAILFROM;
		String sender = reversePath.isEmpty() ? "postmaster@" + heloName : reversePath; // RFC
																						// 7208
																						// §2.4
		int at = sender.lastIndexOf('@');
		String domain = ascii(sender.substring(at + 1));
		String mailbox = ((at >= 0) ? sender.substring(0, at) : "") + "@" + domain;
		SpfCheck check = new SpfCheck(dns, peer.remoteAddress().getAddress(), mailbox, heloName);
		SpfResult result = check.result();
		return new Spf(result, identity, domain, check.reason());
	}

	/** As A-labels (RFC 7208 §4.3), or as it is where that cannot be. */
	private static String ascii(String domain) {
		String lower = domain.toLowerCase(Locale.ROOT);
		try {
			return IDN.toASCII(lower).toLowerCase(Locale.ROOT);
		}
		catch (IllegalArgumentException ex) {
			return lower;
		}
	}

	private DkimVerification dkim(DnsResolver dns, Envelope envelope) throws IOException {
		return new DkimVerifier((name) -> keyRecords(dns, name), this.clock).verify(envelope);
	}

	private static List<String> keyRecords(DnsResolver dns, String name) throws DnsException {
		return dns.lookup(name, RecordType.TXT).values();
	}

}
