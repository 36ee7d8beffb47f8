package io.smtpd;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/** Reads mail data: segments in memory, then perhaps a file. Not thread-safe. */
final class MailDataStream extends InputStream {

	private final List<byte[]> segments;

	private final int lastSegmentLength;

	private final @Nullable InputStream file;

	private int segment;

	private int position;

	MailDataStream(List<byte[]> segments, int lastSegmentLength, @Nullable InputStream file) {
		this.segments = segments;
		this.lastSegmentLength = lastSegmentLength;
		this.file = file;
	}

	/** Moves on to a segment with something left, and tells how much. */
	private int leftInSegment() {
		while (this.segment < this.segments.size()) {
			int length = (this.segment == this.segments.size() - 1) ? this.lastSegmentLength
					: this.segments.get(this.segment).length;
			if (this.position < length) {
				return length - this.position;
			}
			this.segment++;
			this.position = 0;
		}
		return 0;
	}

	@Override
	public int read() throws IOException {
		if (leftInSegment() > 0) {
			return this.segments.get(this.segment)[this.position++] & 0xFF;
		}
		return (this.file != null) ? this.file.read() : -1;
	}

	@Override
	public int read(byte[] target, int offset, int length) throws IOException {
		Objects.checkFromIndexSize(offset, length, target.length);
		if (length == 0) {
			return 0;
		}
		int left = leftInSegment();
		if (left == 0) {
			return (this.file != null) ? this.file.read(target, offset, length) : -1;
		}
		int count = Math.min(left, length);
		System.arraycopy(this.segments.get(this.segment), this.position, target, offset, count);
		this.position += count;
		return count;
	}

	@Override
	public long transferTo(OutputStream target) throws IOException {
		long transferred = 0;
		for (int left = leftInSegment(); left > 0; left = leftInSegment()) {
			target.write(this.segments.get(this.segment), this.position, left);
			this.position += left;
			transferred += left;
		}
		return (this.file != null) ? transferred + this.file.transferTo(target) : transferred;
	}

	@Override
	public int available() throws IOException {
		int left = leftInSegment();
		return (left > 0 || this.file == null) ? left : this.file.available();
	}

	@Override
	public void close() throws IOException {
		if (this.file != null) {
			this.file.close();
		}
	}

}
