package io.smtpd.esmtp;

import java.util.Map;
import java.util.Set;

import io.smtpd.EsmtpExtension;
import io.smtpd.Peer;
import io.smtpd.SmtpException;

/**
 * Message size declaration (RFC 1870). The declared size is only a promise: the limit
 * holds again while the mail data is read.
 */
public final class SizeExtension implements EsmtpExtension {

	private static final String KEYWORD = "SIZE";

	/** RFC 1870 §6.1: a number of at most 20 digits. */
	private static final int MOST_DIGITS = 20;

	private final long maxMessageSize;

	/**
	 * Makes the extension.
	 * @param maxMessageSize the largest message in octets, or -1 for any
	 */
	public SizeExtension(long maxMessageSize) {
		this.maxMessageSize = maxMessageSize;
	}

	@Override
	public String ehloLine(Peer peer) {
		return KEYWORD + " " + Math.max(0, this.maxMessageSize); // 0: no fixed limit (§4)
	}

	@Override
	public Set<String> mailParameters() {
		return Set.of(KEYWORD);
	}

	@Override
	public int commandOctets() {
		return 26; // RFC 1870 §3
	}

	@Override
	public void checkMail(Peer peer, String reversePath, Map<String, String> parameters) {
		String value = parameters.getOrDefault(KEYWORD, "");
		if (value.isEmpty() || value.length() > MOST_DIGITS
				|| !value.chars().allMatch((digit) -> digit >= '0' && digit <= '9')) {
			throw new SmtpException(501, "5.5.4", "SIZE needs a number of at most 20 digits");
		}
		if (this.maxMessageSize >= 0 && exceedsLimit(value)) {
			throw new SmtpException(552, "5.3.4", "Message size exceeds fixed maximum message size");
		}
	}

	private boolean exceedsLimit(String value) {
		try {
			return Long.parseLong(value) > this.maxMessageSize;
		}
		catch (NumberFormatException ex) {
			return true; // 20 digits can be more than a long holds
		}
	}

}
