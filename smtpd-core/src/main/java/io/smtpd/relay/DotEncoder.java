package io.smtpd.relay;

import java.io.IOException;
import java.io.OutputStream;

import io.smtpd.SmtpException;

/**
 * Protects dots at the start of lines (RFC 5321 §4.5.2) while mail data passes. What lies
 * between them is handed on in one piece.
 * <p>
 * A CR or LF that is not part of a CRLF must not be sent (§2.3.8): where one server sees
 * a line and another does not, a message can be smuggled in (behind it a dot may look
 * like the end of the data). Such data is refused before the octet goes out.
 */
final class DotEncoder {

	private static final byte[] LINE_END = { '\r', '\n' };

	private final OutputStream target;

	private boolean lineStart = true;

	/** A CR was the last octet; it is written with the LF. */
	private boolean behindCr;

	DotEncoder(OutputStream target) {
		this.target = target;
	}

	/**
	 * Encodes a piece of the mail data.
	 * @throws SmtpException when a line ending is bare
	 * @throws IOException when the target cannot be written to
	 */
	void write(byte[] buffer, int from, int to) throws IOException {
		int run = from; // from here to the current position, nothing was handed on yet
		int at = from;
		if (this.behindCr && at < to) {
			expectLineFeed(buffer[at++]);
			this.target.write('\r');
			this.behindCr = false;
			this.lineStart = true;
		}
		while (at < to) {
			if (this.lineStart && buffer[at] == '.') {
				this.target.write(buffer, run, at - run);
				this.target.write('.');
				run = at;
			}
			this.lineStart = false;
			at = nextLineEnding(buffer, at, to);
			if (at == to) {
				break;
			}
			if (buffer[at] == '\n') {
				throw new SmtpException(RelayReplies.BARE_LINE_ENDING);
			}
			if (at + 1 == to) {
				this.target.write(buffer, run, at - run);
				this.behindCr = true;
				return;
			}
			expectLineFeed(buffer[at + 1]);
			at += 2;
			this.lineStart = true;
		}
		this.target.write(buffer, run, to - run);
	}

	/** Ends the last line, where the mail data does not; the final dot is not written. */
	void finish() throws IOException {
		if (this.behindCr) {
			throw new SmtpException(RelayReplies.BARE_LINE_ENDING);
		}
		if (!this.lineStart) {
			this.target.write(LINE_END);
		}
	}

	private static void expectLineFeed(byte octet) {
		if (octet != '\n') {
			throw new SmtpException(RelayReplies.BARE_LINE_ENDING);
		}
	}

	private static int nextLineEnding(byte[] buffer, int from, int to) {
		int at = from;
		while (at < to && buffer[at] != '\r' && buffer[at] != '\n') {
			at++;
		}
		return at;
	}

}
