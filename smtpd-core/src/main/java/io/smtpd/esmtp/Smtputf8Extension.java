package io.smtpd.esmtp;

import java.util.Map;
import java.util.Set;

import io.smtpd.EsmtpExtension;
import io.smtpd.Peer;
import io.smtpd.SmtpException;

/**
 * Internationalized email (RFC 6531): with the parameter on MAIL, addresses may hold
 * UTF-8 and the message may have UTF-8 header fields.
 */
public final class Smtputf8Extension implements EsmtpExtension {

	private static final String KEYWORD = "SMTPUTF8";

	/**
	 * Makes the extension.
	 */
	public Smtputf8Extension() {
	}

	@Override
	public String ehloLine(Peer peer) {
		return KEYWORD;
	}

	@Override
	public Set<String> mailParameters() {
		return Set.of(KEYWORD);
	}

	@Override
	public int commandOctets() {
		return 10; // RFC 6531 §3.4
	}

	@Override
	public void checkMail(Peer peer, String reversePath, Map<String, String> parameters) {
		if (!parameters.getOrDefault(KEYWORD, "").isEmpty()) {
			throw new SmtpException(501, "5.5.4", "SMTPUTF8 takes no value"); // §3.4
		}
	}

}
