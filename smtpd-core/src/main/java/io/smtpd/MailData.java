package io.smtpd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

import io.smtpd.Spool.SpoolFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mail data of one transaction: in memory up to the spool's threshold, beyond it in a
 * file. Bounded by the maximum message size; what is over it is counted and dropped.
 * Written by the session's thread, then read by any.
 */
final class MailData {

	private static final Logger logger = LoggerFactory.getLogger(MailData.class);

	private static final int SMALLEST_SEGMENT_OCTETS = 1024;

	private static final int LARGEST_SEGMENT_OCTETS = 64 * 1024;

	private final Spool spool;

	private final long maxOctets;

	/** Segments that only the last of is not full; no octet is copied when they grow. */
	private final List<byte[]> segments = new ArrayList<>(4);

	private int lastSegmentLength;

	private @Nullable SpoolFile file;

	private long size;

	private boolean tooBig;

	private boolean spoolFailed;

	private boolean spoolFull;

	/** How much room is taken in the spool. */
	private long spooled;

	private boolean discarding;

	private volatile boolean deleted;

	MailData(Spool spool, long maxOctets) {
		this.spool = spool;
		this.maxOctets = maxOctets;
	}

	long size() {
		return this.size;
	}

	boolean tooBig() {
		return this.tooBig;
	}

	boolean spoolFailed() {
		return this.spoolFailed;
	}

	/** Whether that was because the spool may not grow. */
	boolean spoolFull() {
		return this.spoolFull;
	}

	/** Keeps no more, and nothing of what there is: the message is refused anyway. */
	void discard() {
		this.discarding = true;
		delete();
	}

	void append(byte[] source, int from, int to) {
		int length = to - from;
		this.size += length;
		if (this.maxOctets >= 0 && this.size > this.maxOctets && !this.tooBig) {
			this.tooBig = true;
			discard();
		}
		if (this.discarding || length == 0) {
			return;
		}
		if (this.file == null && this.size <= this.spool.memoryThreshold()) {
			appendToMemory(source, from, length);
		}
		else {
			appendToFile(source, from, length);
		}
	}

	private void appendToMemory(byte[] source, int from, int length) {
		int at = from;
		int left = length;
		while (left > 0) {
			byte[] segment = this.segments.isEmpty() ? addSegment(left) : this.segments.get(this.segments.size() - 1);
			if (this.lastSegmentLength == segment.length) {
				segment = addSegment(left);
			}
			int count = Math.min(left, segment.length - this.lastSegmentLength);
			System.arraycopy(source, at, segment, this.lastSegmentLength, count);
			this.lastSegmentLength += count;
			at += count;
			left -= count;
		}
	}

	/** As large as what came already: a small message fits one segment exactly. */
	private byte[] addSegment(int left) {
		long wanted = Math.max(SMALLEST_SEGMENT_OCTETS, Math.min(LARGEST_SEGMENT_OCTETS, Math.max(left, this.size)));
		byte[] segment = new byte[(int) wanted];
		this.segments.add(segment);
		this.lastSegmentLength = 0;
		return segment;
	}

	private void appendToFile(byte[] source, int from, int length) {
		try {
			SpoolFile target = this.file;
			if (target == null) {
				target = this.spool.create();
				this.file = target;
				for (int i = 0; i < this.segments.size(); i++) {
					write(target, this.segments.get(i), 0, segmentLength(i));
				}
				this.segments.clear();
			}
			write(target, source, from, length);
		}
		catch (IOException ex) {
			fail(ex);
		}
	}

	private void fail(IOException cause) {
		if (this.spoolFull) { // clients alone can bring that about: no cause for alarm
			logger.debug("Mail data cannot be spooled, the spool has reached its maximum size");
		}
		else {
			logger.error("Mail data cannot be spooled, the client is told to try again later", cause);
		}
		this.spoolFailed = true;
		discard();
	}

	private void write(SpoolFile target, byte[] source, int from, int length) throws IOException {
		if (!this.spool.reserve(length)) {
			this.spoolFull = true;
			throw new IOException("The spool has reached its maximum size");
		}
		this.spooled += length;
		ByteBuffer buffer = ByteBuffer.wrap(source, from, length);
		while (buffer.hasRemaining()) {
			target.channel().write(buffer);
		}
	}

	private int segmentLength(int index) {
		return (index == this.segments.size() - 1) ? this.lastSegmentLength : this.segments.get(index).length;
	}

	/** Ends writing: what was spooled can now be read. */
	void complete() {
		SpoolFile written = this.file;
		if (written != null) {
			try {
				written.channel().close();
			}
			catch (IOException ex) {
				fail(ex);
			}
		}
	}

	/**
	 * Opens the data from its first octet, with something on top of it.
	 * @throws IOException when the data is gone
	 */
	InputStream open(byte[] prefix) throws IOException {
		if (this.deleted) {
			throw new IOException("The mail data is gone: the transaction has ended");
		}
		SpoolFile spooled = this.file;
		if (spooled != null) {
			return new MailDataStream(List.of(prefix), prefix.length, Files.newInputStream(spooled.path()));
		}
		List<byte[]> parts = new ArrayList<>(this.segments.size() + 1);
		parts.add(prefix);
		parts.addAll(this.segments);
		int last = this.segments.isEmpty() ? prefix.length : this.lastSegmentLength;
		return new MailDataStream(parts, last, null);
	}

	/** Deletes the data, however the transaction ended. */
	void delete() {
		this.deleted = true;
		this.segments.clear();
		this.lastSegmentLength = 0;
		SpoolFile written = this.file;
		if (written == null) {
			return;
		}
		this.file = null;
		try {
			try {
				written.channel().close(); // may fail, on a disk that is full
			}
			finally {
				Files.deleteIfExists(written.path());
			}
		}
		catch (IOException ex) {
			logger.warn("Spool file {} could not be deleted", written.path(), ex);
		}
		this.spool.release(this.spooled);
		this.spooled = 0;
	}

}
