package io.smtpd;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;

/**
 * A complete message: the reverse-path and recipients of its transaction, and the mail
 * data (RFC 5321 §2.3.1).
 * <p>
 * Valid until the handler that got it returns: after that the mail data may be gone.
 * Thread-safe for reading until then.
 */
public interface Envelope {

	/**
	 * Identifies the message; begins with the session's id and is what the client is told
	 * in the final reply ({@code queued as …}). Safe as a file name.
	 * @return the id
	 */
	String id();

	/**
	 * Returns where errors are reported to (RFC 5321 §4.1.1.2).
	 * @return the mailbox without angle brackets, or the empty string for {@code <>}
	 */
	String reversePath();

	/**
	 * Returns the parameters of the MAIL command (RFC 5321 §4.1.2), keywords in upper
	 * case; a keyword without a value has the empty string.
	 * @return the parameters, unmodifiable, in the client's order
	 */
	Map<String, String> parameters();

	/**
	 * Returns the recipients that were accepted, in the client's order; duplicates stay.
	 * @return the recipients, unmodifiable, at least one
	 */
	List<Recipient> recipients();

	/**
	 * Returns how many octets {@link #mailData()} has, the trace line included when there
	 * is one.
	 * @return the size in octets
	 */
	long size();

	/**
	 * Opens the mail data from its first octet, anew at each call: header and body with
	 * CRLF line ends as the client sent them, without the final dot and the dots that
	 * protected others (RFC 5321 §4.5.2); on top of it the server's trace line (§4.4)
	 * when that is switched on.
	 * @return a stream to read once and close; reading it needs no buffer around it
	 * @throws IOException when the spooled data cannot be opened
	 */
	InputStream mailData() throws IOException;

	/**
	 * Writes the mail data, as {@link #mailData()} gives it, in as few pieces as
	 * possible.
	 * @param target where to, neither flushed nor closed
	 * @throws IOException when reading or writing fails
	 */
	default void writeTo(OutputStream target) throws IOException {
		try (InputStream data = mailData()) {
			data.transferTo(target);
		}
	}

	/**
	 * Returns the trace line for this message (RFC 5321 §4.4), for a handler of a server
	 * that does not put it on top of the mail data itself.
	 * @return a complete Received header field, folded, ending in CRLF
	 */
	String receivedHeader();

	/**
	 * Makes an envelope in memory, for unit tests of handlers.
	 * @param reversePath the reverse-path, empty for {@code <>}
	 * @param forwardPaths the recipients, without parameters
	 * @param mailData the mail data
	 * @return the envelope
	 */
	static Envelope of(String reversePath, List<String> forwardPaths, byte[] mailData) {
		return InMemoryEnvelope.of(reversePath, forwardPaths, mailData);
	}

	/**
	 * A recipient that was accepted.
	 *
	 * @param forwardPath the mailbox without angle brackets and source route
	 * @param parameters the parameters of the RCPT command, as in
	 * {@link Envelope#parameters()}
	 */
	record Recipient(String forwardPath, Map<String, String> parameters) {

		/**
		 * Copies the parameters, in their order.
		 */
		public Recipient {
			parameters = Parameters.unmodifiable(parameters);
		}

	}

}
