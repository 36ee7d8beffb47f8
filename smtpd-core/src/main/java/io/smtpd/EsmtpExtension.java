package io.smtpd;

import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * A service extension (RFC 5321 §2.2): its EHLO line and the parameters that it adds to
 * MAIL and RCPT. Must be thread-safe.
 */
public interface EsmtpExtension {

	/**
	 * Returns the extension's line in the reply to EHLO.
	 * @param peer the client, already with its new HELO name
	 * @return keyword and parameters without code and line end, or null when the
	 * extension is not offered to this client
	 */
	@Nullable String ehloLine(Peer peer);

	/**
	 * Returns the keywords that the extension adds to MAIL.
	 * @return the keywords in upper case
	 */
	default Set<String> mailParameters() {
		return Set.of();
	}

	/**
	 * Returns the keywords that the extension adds to RCPT.
	 * @return the keywords in upper case
	 */
	default Set<String> rcptParameters() {
		return Set.of();
	}

	/**
	 * Returns by how much the extension lengthens the longest MAIL or RCPT command (RFC
	 * 5321 §4.5.3.1.4).
	 * @return octets on top of 512
	 */
	default int commandOctets() {
		return 0;
	}

	/**
	 * Checks the parameters of a MAIL command. Called when the command has one of
	 * {@link #mailParameters()}, before the sender checkers.
	 * @param peer the client
	 * @param reversePath the reverse-path, empty for {@code <>}
	 * @param parameters all parameters of the command, keywords in upper case
	 * @throws SmtpException to refuse the command with that reply
	 */
	default void checkMail(Peer peer, String reversePath, Map<String, String> parameters) {
	}

	/**
	 * Checks the parameters of a RCPT command. Called when the command has one of
	 * {@link #rcptParameters()}, before the recipient checkers.
	 * @param peer the client
	 * @param forwardPath the forward-path
	 * @param parameters all parameters of the command, keywords in upper case
	 * @throws SmtpException to refuse the command with that reply
	 */
	default void checkRcpt(Peer peer, String forwardPath, Map<String, String> parameters) {
	}

}
