package io.smtpd.esmtp;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

import io.smtpd.EsmtpExtension;
import io.smtpd.Peer;
import io.smtpd.SmtpException;

/**
 * 8-bit MIME transport (RFC 6152). Octets always pass unchanged; BODY tells the
 * application what to expect.
 */
public final class EightBitMimeExtension implements EsmtpExtension {

	private static final String KEYWORD = "BODY";

	/**
	 * Makes the extension.
	 */
	public EightBitMimeExtension() {
	}

	@Override
	public String ehloLine(Peer peer) {
		return "8BITMIME";
	}

	@Override
	public Set<String> mailParameters() {
		return Set.of(KEYWORD);
	}

	@Override
	public int commandOctets() {
		return 17; // RFC 6152 §3
	}

	@Override
	public void checkMail(Peer peer, String reversePath, Map<String, String> parameters) {
		String value = parameters.getOrDefault(KEYWORD, "").toUpperCase(Locale.ROOT);
		if (!value.equals("7BIT") && !value.equals("8BITMIME")) {
			throw new SmtpException(501, "5.5.4", "BODY needs 7BIT or 8BITMIME");
		}
	}

}
