package io.smtpd.relay;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import io.smtpd.Envelope;
import io.smtpd.SmtpException;

/**
 * The MAIL and RCPT commands that say upstream what the client said to us. A parameter is
 * passed where the server offers its extension and left out where it doesn't, but for
 * those without which the message would change its meaning.
 */
final class EnvelopeCommands {

	private final UpstreamConnection upstream;

	private final List<String> lines = new ArrayList<>();

	private EnvelopeCommands(UpstreamConnection upstream) {
		this.upstream = upstream;
	}

	/**
	 * Makes the commands.
	 * @param size the octets that will be sent (RFC 1870)
	 * @param asciiHeader whether the message's header is ASCII
	 * @return MAIL, then a RCPT for each recipient
	 * @throws SmtpException when the server cannot take such a message
	 */
	static List<String> of(UpstreamConnection upstream, Envelope envelope, long size, boolean asciiHeader) {
		EnvelopeCommands commands = new EnvelopeCommands(upstream);
		Map<String, String> parameters = envelope.parameters();
		if (parameters.getOrDefault("BODY", "").equalsIgnoreCase("BINARYMIME")) {
			throw new SmtpException(RelayReplies.BINARY); // RFC 3030 §3
		}
		boolean asciiPaths = isAscii(envelope.reversePath())
				&& envelope.recipients().stream().allMatch((recipient) -> isAscii(recipient.forwardPath()));
		boolean utf8 = commands.utf8(parameters.containsKey("SMTPUTF8"), asciiPaths, asciiHeader);
		commands.mail(envelope.reversePath(), upstream.offers("SIZE") ? " SIZE=" + size : "", parameters, utf8);
		for (Envelope.Recipient recipient : envelope.recipients()) {
			commands.rcpt(recipient.forwardPath(), recipient.parameters());
		}
		return commands.lines;
	}

	/**
	 * Makes the commands that ask about one recipient.
	 * @throws SmtpException when the server cannot take such an address
	 */
	static List<String> of(UpstreamConnection upstream, String reversePath, String forwardPath) {
		EnvelopeCommands commands = new EnvelopeCommands(upstream);
		boolean utf8 = commands.utf8(false, isAscii(reversePath) && isAscii(forwardPath), true);
		commands.mail(reversePath, "", Map.of(), utf8);
		commands.rcpt(forwardPath, Map.of());
		return commands.lines;
	}

	/**
	 * Whether SMTPUTF8 is to be asked for. A client that asks for it whenever it is
	 * offered must not be punished: without need, it goes without (RFC 6531 §3.2 has the
	 * rest).
	 */
	private boolean utf8(boolean requested, boolean asciiPaths, boolean asciiHeader) {
		if (this.upstream.offers("SMTPUTF8")) {
			return requested || !asciiPaths;
		}
		if (!asciiPaths) {
			throw new SmtpException(RelayReplies.NO_UTF8_ADDRESSES);
		}
		if (requested && !asciiHeader) {
			throw new SmtpException(RelayReplies.NO_UTF8_HEADER);
		}
		return false;
	}

	private void mail(String reversePath, String size, Map<String, String> parameters, boolean utf8) {
		StringBuilder line = new StringBuilder("MAIL FROM:<").append(reversePath).append('>').append(size);
		append(line, "8BITMIME", Set.of("BODY"), parameters);
		append(line, "DSN", Set.of("RET", "ENVID"), parameters); // RFC 3461 §5.2.1
		this.lines.add(line.append(utf8 ? " SMTPUTF8" : "").toString());
	}

	private void rcpt(String forwardPath, Map<String, String> parameters) {
		StringBuilder line = new StringBuilder("RCPT TO:<").append(forwardPath).append('>');
		append(line, "DSN", Set.of("NOTIFY", "ORCPT"), parameters);
		this.lines.add(line.toString());
	}

	private void append(StringBuilder line, String extension, Set<String> keywords, Map<String, String> parameters) {
		if (!this.upstream.offers(extension)) {
			return;
		}
		parameters.forEach((keyword, value) -> {
			boolean sendable = isAscii(value) || this.upstream.offers("SMTPUTF8"); // RFC
																					// 6533
																					// §3
			if (sendable && keywords.contains(keyword.toUpperCase(Locale.ROOT))) {
				line.append(' ').append(keyword).append(value.isEmpty() ? "" : "=").append(value);
			}
		});
	}

	static boolean isAscii(String text) {
		return StandardCharsets.US_ASCII.newEncoder().canEncode(text);
	}

}
