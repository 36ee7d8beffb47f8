package io.smtpd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Takes command lines off a connection (RFC 5321 §2.3.8): a line ends with CRLF and
 * nothing else. A line that is refused is read to its end first, without being stored, so
 * the next command is read where it begins.
 */
final class LineReader {

	/** How long a line of an authentication exchange may be (RFC 4954 §4). */
	static final int AUTH_LINE_OCTETS = 12_288;

	private static final byte[] AUTH = { 'A', 'U', 'T', 'H', ' ' };

	private final Connection connection;

	LineReader(Connection connection) {
		this.connection = connection;
	}

	/**
	 * Reads a line.
	 * @param most how many octets it may have, line end included
	 * @param idle whether the session waits between transactions
	 * @param timeoutNanos how long the whole line may take
	 * @param tooLong the reply to a longer line
	 * @return the line without its end
	 * @throws SmtpException when the line is refused
	 * @throws ConnectionEndedException when there is none to come
	 */
	String read(int most, boolean idle, long timeoutNanos, SmtpReply tooLong) throws IOException {
		InputBuffer source = this.connection.input();
		SmtpReply problem = null;
		long deadline = 0;
		int scanned = 0; // of the unread octets, how many hold no line end
		int dropped = 0;
		while (true) {
			byte[] buffer = source.octets();
			int start = source.position();
			int end = source.limit();
			int at = start + scanned;
			while (at < end && buffer[at] != '\r' && buffer[at] != '\n') {
				at++;
			}
			if (at + 1 < end || (at < end && buffer[at] == '\n')) {
				boolean lineEnd = buffer[at] == '\r' && buffer[at + 1] == '\n';
				if (lineEnd) {
					source.consumeTo(at + 2);
					if (problem == null && dropped + at + 2 - start > limit(buffer, start, at, most)) {
						problem = tooLong;
					}
					if (problem != null) {
						throw new SmtpException(problem);
					}
					return decode(buffer, start, at);
				}
				problem = (problem != null) ? problem : Replies.BARE_LINE_ENDING;
				scanned = at + 1 - start;
				continue;
			}
			scanned = at - start; // a CR at the end is looked at again with what follows
			if (problem == null && dropped + scanned > limit(buffer, start, at, most)) {
				problem = tooLong;
			}
			if (problem != null) {
				source.consumeTo(at);
				dropped = Math.min(most, dropped + scanned);
				scanned = 0;
			}
			if (deadline == 0) {
				deadline = System.nanoTime() + timeoutNanos;
			}
			this.connection.fill(idle, deadline);
		}
	}

	/**
	 * RFC 4954 §4 has an initial response fit into a command line, but the tokens that
	 * clients send there are longer than that.
	 */
	private static int limit(byte[] buffer, int from, int to, int most) {
		return startsWithAuth(buffer, from, to) ? Math.max(most, AUTH_LINE_OCTETS) : most;
	}

	private static boolean startsWithAuth(byte[] buffer, int from, int to) {
		if (to - from < AUTH.length) {
			return false;
		}
		for (int i = 0; i < AUTH.length; i++) {
			if ((buffer[from + i] & ~0x20) != (AUTH[i] & ~0x20)) { // in either case
				return false;
			}
		}
		return true;
	}

	private static String decode(byte[] buffer, int from, int to) {
		boolean ascii = true;
		for (int i = from; i < to; i++) {
			byte octet = buffer[i];
			if (octet < ' ') {
				if (octet >= 0 && octet != '\t') {
					throw new SmtpException(Replies.BAD_CHARACTER);
				}
				ascii &= octet >= 0;
			}
			else if (octet == 0x7F) {
				throw new SmtpException(Replies.BAD_CHARACTER);
			}
		}
		if (ascii) {
			return new String(buffer, from, to - from, StandardCharsets.ISO_8859_1);
		}
		try {
			String line = StandardCharsets.UTF_8.newDecoder()
				.decode(ByteBuffer.wrap(buffer, from, to - from))
				.toString();
			if (line.chars().anyMatch(LineReader::breaksLines)) {
				throw new SmtpException(Replies.BAD_CHARACTER);
			}
			return line;
		}
		catch (CharacterCodingException ex) {
			throw new SmtpException(Replies.BAD_CHARACTER);
		}
	}

	/** C1 control characters, and what Unicode takes for the end of a line. */
	static boolean breaksLines(int character) {
		return (character >= 0x80 && character < 0xA0) || character == 0x2028 || character == 0x2029;
	}

}
