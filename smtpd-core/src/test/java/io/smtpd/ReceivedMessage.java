package io.smtpd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * A message as a handler saw it.
 *
 * @param id the envelope's id
 * @param reversePath the reverse-path, empty for the null reverse-path
 * @param parameters the parameters of MAIL
 * @param forwardPaths the recipients
 * @param data the mail data's octets
 */
record ReceivedMessage(String id, String reversePath, Map<String, String> parameters, List<String> forwardPaths,
		byte[] data) {

	static ReceivedMessage of(Envelope envelope) throws IOException {
		try (InputStream data = envelope.mailData()) {
			List<String> forwardPaths = envelope.recipients().stream().map(Envelope.Recipient::forwardPath).toList();
			return new ReceivedMessage(envelope.id(), envelope.reversePath(), envelope.parameters(), forwardPaths,
					data.readAllBytes());
		}
	}

	/** The data with each octet as one character, so that nothing is lost. */
	String text() {
		return new String(this.data, StandardCharsets.ISO_8859_1);
	}

}
