package io.smtpd.autoconfigure.verify;

import java.util.Arrays;

/** Ranges of octets in a stream, in their order and apart from each other. */
final class OctetRanges {

	private long[] bounds = new long[4];

	private int size;

	private long length;

	/** Adds a range behind those that are there. */
	void add(long from, long to) {
		this.length += to - from;
		if (this.size > 0 && this.bounds[this.size - 1] == from) {
			this.bounds[this.size - 1] = to;
			return;
		}
		if (this.size == this.bounds.length) {
			this.bounds = Arrays.copyOf(this.bounds, 2 * this.size);
		}
		this.bounds[this.size++] = from;
		this.bounds[this.size++] = to;
	}

	int count() {
		return this.size / 2;
	}

	long from(int index) {
		return this.bounds[2 * index];
	}

	long to(int index) {
		return this.bounds[2 * index + 1];
	}

	/** Returns how many octets are in all ranges. */
	long length() {
		return this.length;
	}

}
