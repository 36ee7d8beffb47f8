package io.smtpd;

import java.io.InputStream;
import java.util.Random;

/** Hands octets out in pieces of random size, as a network may. */
final class Segments extends InputStream {

	private final byte[] octets;

	private final int most;

	private final Random random;

	private int at;

	Segments(byte[] octets, Random random) {
		this.octets = octets;
		this.random = random;
		this.most = (random.nextInt(3) == 0) ? 1 : 1 + random.nextInt(4000);
	}

	@Override
	public int read() {
		return (this.at < this.octets.length) ? this.octets[this.at++] & 0xFF : -1;
	}

	@Override
	public int read(byte[] target, int offset, int length) {
		if (this.at == this.octets.length) {
			return -1;
		}
		int count = Math.min(Math.min(length, this.octets.length - this.at), 1 + this.random.nextInt(this.most));
		System.arraycopy(this.octets, this.at, target, offset, count);
		this.at += count;
		return count;
	}

	@Override
	public int available() {
		return this.octets.length - this.at;
	}

}
