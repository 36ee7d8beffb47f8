package io.smtpd;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds the end of mail data, CRLF.CRLF and nothing else, and takes away the dots that
 * protect others (RFC 5321 §4.5.2). A buffer is looked at eight octets at a time; what
 * lies between protecting dots is handed on in one piece, line ends and all.
 */
final class DotDecoder {

	private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

	private static final long ONES = 0x0101010101010101L;

	private static final long HIGH_BITS = 0x8080808080808080L;

	/** One above CR, the larger of the two octets that matter. */
	private static final long BELOW = ONES * ('\r' + 1);

	private static final byte[] CR = { '\r' };

	/** Where in the grammar the next octet stands. */
	private enum State {

		/** Within a line. */
		TEXT,

		/** Behind a CR. */
		CR,

		/** At the start of a line. */
		LINE_START,

		/** Behind a dot that started a line. */
		DOT,

		/** Behind such a dot and a CR. */
		DOT_CR

	}

	private final MailData target;

	private final boolean rejectBare;

	private State state = State.LINE_START;

	private boolean bareLineEnding;

	DotDecoder(MailData target, BareLineEndings treatment) {
		this.target = target;
		this.rejectBare = treatment == BareLineEndings.REJECT;
	}

	/** Whether the data has a CR or LF that is not part of a CRLF and must not. */
	boolean rejected() {
		return this.bareLineEnding && this.rejectBare;
	}

	/**
	 * Takes octets until the end of the data.
	 * @return the position behind the final CRLF, or -1 when all were taken and the end
	 * is still to come
	 */
	int decode(byte[] buffer, int from, int to) {
		int run = from; // from here to the current position, nothing was handed on yet
		int at = from;
		while (at < to) {
			switch (this.state) {
				case TEXT -> {
					at = nextLineEnding(buffer, at, to);
					if (at < to) {
						if (buffer[at++] == '\r') {
							this.state = State.CR;
						}
						else {
							foundBare();
						}
					}
				}
				case CR -> at = afterCr(buffer, at);
				case LINE_START -> {
					if (buffer[at] == '.') {
						this.target.append(buffer, run, at);
						run = ++at;
						this.state = State.DOT;
					}
					else {
						this.state = State.TEXT;
					}
				}
				case DOT -> {
					if (buffer[at] == '\r') {
						run = ++at;
						this.state = State.DOT_CR;
					}
					else {
						this.state = State.TEXT;
					}
				}
				case DOT_CR -> {
					if (buffer[at] == '\n') {
						return at + 1;
					}
					foundBare();
					this.target.append(CR, 0, 1);
					this.state = (buffer[at] == '\r') ? State.CR : State.TEXT;
					at += (buffer[at] == '\r') ? 1 : 0;
				}
			}
		}
		this.target.append(buffer, run, to);
		return -1;
	}

	private int afterCr(byte[] buffer, int at) {
		if (buffer[at] == '\n') {
			this.state = State.LINE_START;
			return at + 1;
		}
		foundBare();
		if (buffer[at] == '\r') {
			return at + 1;
		}
		this.state = State.TEXT;
		return at;
	}

	private void foundBare() {
		if (!this.bareLineEnding && this.rejectBare) {
			this.target.discard();
		}
		this.bareLineEnding = true;
	}

	/**
	 * Finds the next CR or LF. An octet below 14 sets the high bit of its place in
	 * {@code word - 14 each}, unless it had one before; a borrow can spoil only places
	 * above the first such octet, and the first is the one that is used.
	 */
	private static int nextLineEnding(byte[] buffer, int from, int to) {
		int at = from;
		int lastWord = to - Long.BYTES;
		while (at <= lastWord) {
			long word = (long) LONGS.get(buffer, at);
			long found = (word - BELOW) & ~word & HIGH_BITS;
			if (found == 0) {
				at += Long.BYTES;
				continue;
			}
			at += Long.numberOfTrailingZeros(found) >> 3;
			if (isLineEnding(buffer[at])) {
				return at;
			}
			at++; // a tab, or another control character
		}
		while (at < to && !isLineEnding(buffer[at])) {
			at++;
		}
		return at;
	}

	private static boolean isLineEnding(byte octet) {
		return octet == '\r' || octet == '\n';
	}

}
