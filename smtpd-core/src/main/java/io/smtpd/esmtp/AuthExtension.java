package io.smtpd.esmtp;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import io.smtpd.EsmtpExtension;
import io.smtpd.Peer;
import io.smtpd.SaslMechanism;
import io.smtpd.SmtpException;
import org.jspecify.annotations.Nullable;

/**
 * Authentication (RFC 4954): names the mechanisms that this client may use now, and takes
 * the AUTH parameter of MAIL, by which a trusted client names the submitter (§5).
 */
public final class AuthExtension implements EsmtpExtension {

	private static final String KEYWORD = "AUTH";

	private final List<SaslMechanism> mechanisms;

	private final boolean allowWithoutTls;

	/**
	 * Makes the extension.
	 * @param mechanisms the mechanisms, in the order in which they are named
	 * @param allowWithoutTls whether mechanisms that show secrets are offered in clear
	 * text
	 */
	public AuthExtension(List<SaslMechanism> mechanisms, boolean allowWithoutTls) {
		this.mechanisms = List.copyOf(mechanisms);
		this.allowWithoutTls = allowWithoutTls;
	}

	@Override
	public @Nullable String ehloLine(Peer peer) {
		String names = this.mechanisms.stream()
			.filter((mechanism) -> this.allowWithoutTls || peer.secure() || !mechanism.requiresTls())
			.filter((mechanism) -> mechanism.availableTo(peer))
			.map(SaslMechanism::name)
			.collect(Collectors.joining(" "));
		return names.isEmpty() ? null : KEYWORD + " " + names;
	}

	@Override
	public Set<String> mailParameters() {
		return Set.of(KEYWORD);
	}

	@Override
	public int commandOctets() {
		return 500; // RFC 4954 §3
	}

	@Override
	public void checkMail(Peer peer, String reversePath, Map<String, String> parameters) {
		String value = parameters.getOrDefault(KEYWORD, "");
		if (!value.equals("<>") && !isXtext(value)) {
			throw new SmtpException(501, "5.5.4", "AUTH needs a mailbox in xtext, or <>");
		}
	}

	/** RFC 3461 §4: visible ASCII without "+" and "=", or "+" and two hex digits. */
	private static boolean isXtext(String value) {
		for (int i = 0; i < value.length(); i++) {
			char character = value.charAt(i);
			if (character == '+') {
				if (i + 2 >= value.length() || !isHex(value.charAt(i + 1)) || !isHex(value.charAt(i + 2))) {
					return false;
				}
				i += 2;
			}
			else if (character <= ' ' || character >= 0x7F || character == '=') {
				return false;
			}
		}
		return !value.isEmpty();
	}

	private static boolean isHex(char character) {
		return (character >= '0' && character <= '9') || (character >= 'A' && character <= 'F');
	}

}
