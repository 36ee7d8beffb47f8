package io.smtpd.autoconfigure.verify;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream without some ranges of another one. Not thread-safe. */
final class RangeSkippingInputStream extends FilterInputStream {

	private final OctetRanges ranges;

	private int next;

	private long position;

	RangeSkippingInputStream(InputStream source, OctetRanges ranges) {
		super(source);
		this.ranges = ranges;
	}

	@Override
	public int read() throws IOException {
		byte[] octet = new byte[1];
		return (read(octet, 0, 1) < 0) ? -1 : octet[0] & 0xFF;
	}

	@Override
	public int read(byte[] target, int offset, int length) throws IOException {
		if (length == 0) {
			return 0;
		}
		int most = length;
		if (this.next < this.ranges.count()) {
			if (this.position == this.ranges.from(this.next)) {
				this.in.skipNBytes(this.ranges.to(this.next) - this.position);
				this.position = this.ranges.to(this.next++);
				return read(target, offset, length);
			}
			most = (int) Math.min(length, this.ranges.from(this.next) - this.position);
		}
		int count = this.in.read(target, offset, most);
		this.position += Math.max(0, count);
		return count;
	}

	@Override
	public long skip(long count) throws IOException {
		byte[] scratch = new byte[(int) Math.max(0, Math.min(count, 8192))];
		return Math.max(0, read(scratch, 0, scratch.length));
	}

	@Override
	public int available() throws IOException {
		return 0;
	}

	@Override
	public boolean markSupported() {
		return false;
	}

}
