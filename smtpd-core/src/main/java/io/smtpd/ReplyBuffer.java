package io.smtpd;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Replies as octets, gathered until they are written (RFC 5321 §4.2, RFC 2920 §3.2). */
final class ReplyBuffer {

	private static final int INITIAL_OCTETS = 256;

	private static final int MOST_KEPT_OCTETS = 2048;

	private byte[] octets = new byte[INITIAL_OCTETS];

	private int length;

	byte[] octets() {
		return this.octets;
	}

	int length() {
		return this.length;
	}

	/** Forgets the replies, and a large buffer with them. */
	void clear() {
		this.length = 0;
		if (this.octets.length > MOST_KEPT_OCTETS) {
			this.octets = new byte[INITIAL_OCTETS];
		}
	}

	/**
	 * Appends a reply, each line with the code and all but the last with a hyphen.
	 * @param reply the reply; its text has no control characters
	 * @param utf8 whether other characters than ASCII may stay
	 */
	void append(SmtpReply reply, boolean utf8) {
		List<String> lines = reply.lines();
		String status = reply.enhancedStatus();
		for (int i = 0; i < lines.size(); i++) {
			appendCode(reply.code(), (i < lines.size() - 1) ? '-' : ' ');
			if (status != null) {
				appendAscii(status);
				reserve(1);
				this.octets[this.length++] = ' ';
			}
			appendText(lines.get(i), utf8);
			reserve(2);
			this.octets[this.length++] = '\r';
			this.octets[this.length++] = '\n';
		}
	}

	/**
	 * Appends a 334 reply in one line.
	 * @param base64 the challenge
	 */
	void appendChallenge(byte[] base64) {
		appendCode(334, ' ');
		reserve(base64.length + 2);
		System.arraycopy(base64, 0, this.octets, this.length, base64.length);
		this.length += base64.length;
		this.octets[this.length++] = '\r';
		this.octets[this.length++] = '\n';
	}

	private void appendCode(int code, char separator) {
		reserve(4);
		this.octets[this.length++] = (byte) ('0' + code / 100);
		this.octets[this.length++] = (byte) ('0' + code / 10 % 10);
		this.octets[this.length++] = (byte) ('0' + code % 10);
		this.octets[this.length++] = (byte) separator;
	}

	private void appendText(String text, boolean utf8) {
		if (!utf8) {
			appendAscii(text);
			return;
		}
		byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
		reserve(encoded.length);
		System.arraycopy(encoded, 0, this.octets, this.length, encoded.length);
		this.length += encoded.length;
	}

	private void appendAscii(String text) {
		int count = text.length();
		reserve(count);
		for (int i = 0; i < count; i++) {
			char character = text.charAt(i);
			this.octets[this.length++] = (byte) ((character < 0x80) ? character : '?');
		}
	}

	private void reserve(int count) {
		if (this.length + count > this.octets.length) {
			this.octets = Arrays.copyOf(this.octets, Math.max(this.octets.length * 2, this.length + count));
		}
	}

}
