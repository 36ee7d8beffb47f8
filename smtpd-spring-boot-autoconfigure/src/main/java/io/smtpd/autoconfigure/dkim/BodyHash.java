package io.smtpd.autoconfigure.dkim;

import java.security.MessageDigest;

/**
 * The SHA-256 of a body in its canonical form (RFC 6376 §3.4.3, §3.4.4, §3.7), computed
 * as the body goes by: what it holds back are a count of line ends and one blank. A line
 * ends with CRLF only; a bare CR or LF is an octet as any other. Not thread-safe.
 */
final class BodyHash {

	private final boolean relaxed;

	private final MessageDigest digest = Sha256.newDigest();

	private final byte[] out = new byte[8 * 1024];

	private int outLength;

	private long hashedLength;

	/** Line ends that count only when something follows them. */
	private long pendingLineEnds;

	private boolean pendingSpace;

	private boolean pendingCr;

	private boolean empty = true;

	BodyHash(DkimCanonicalization canonicalization) {
		this.relaxed = canonicalization == DkimCanonicalization.RELAXED;
	}

	void update(byte[] octets, int from, int to) {
		for (int i = from; i < to; i++) {
			byte octet = octets[i];
			if (this.pendingCr) {
				this.pendingCr = false;
				if (octet == '\n') {
					this.pendingLineEnds++;
					this.pendingSpace = false;
					continue;
				}
				content((byte) '\r');
			}
			if (octet == '\r') {
				this.pendingCr = true;
			}
			else if (this.relaxed && (octet == ' ' || octet == '\t')) {
				this.pendingSpace = true;
			}
			else {
				content(octet);
			}
		}
	}

	/** Ends the body and returns its hash; to be called once. */
	byte[] finish() {
		if (this.pendingCr) {
			content((byte) '\r');
		}
		if (!this.relaxed || !this.empty) {
			lineEnd(); // a last line without one gets it, any number of empty lines is
						// one
		}
		flush();
		return this.digest.digest();
	}

	/** Returns how many octets the canonical body has; to be called when it has ended. */
	long length() {
		return this.hashedLength;
	}

	private void content(byte octet) {
		this.empty = false;
		for (; this.pendingLineEnds > 0; this.pendingLineEnds--) {
			lineEnd();
		}
		if (this.pendingSpace) {
			this.pendingSpace = false;
			write((byte) ' ');
		}
		write(octet);
	}

	private void lineEnd() {
		write((byte) '\r');
		write((byte) '\n');
	}

	private void write(byte octet) {
		if (this.outLength == this.out.length) {
			flush();
		}
		this.out[this.outLength++] = octet;
	}

	private void flush() {
		this.digest.update(this.out, 0, this.outLength);
		this.hashedLength += this.outLength;
		this.outLength = 0;
	}

}
