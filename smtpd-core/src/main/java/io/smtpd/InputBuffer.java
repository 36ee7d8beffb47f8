package io.smtpd;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * What a connection has read and not yet used: the octets from {@link #position()} to
 * {@link #limit()} of {@link #octets()}. Small while little comes, so that an idle
 * session holds next to nothing; a large buffer is borrowed when the small one was
 * filled.
 */
final class InputBuffer {

	private static final int SMALL_OCTETS = 2048;

	private final BufferPool pool;

	private final byte[] small = new byte[SMALL_OCTETS];

	private byte[] octets = this.small;

	private int position;

	private int limit;

	private boolean lastReadFilled;

	InputBuffer(BufferPool pool) {
		this.pool = pool;
	}

	byte[] octets() {
		return this.octets;
	}

	int position() {
		return this.position;
	}

	int limit() {
		return this.limit;
	}

	int length() {
		return this.limit - this.position;
	}

	boolean isEmpty() {
		return this.position == this.limit;
	}

	void consumeTo(int newPosition) {
		this.position = newPosition;
	}

	/** Makes room behind the octets that are there, which may move to another place. */
	void makeRoom() {
		int length = length();
		boolean large = this.octets != this.small;
		byte[] target = this.octets;
		if (large && length == 0 && !this.lastReadFilled) {
			target = this.small;
		}
		else if (!large && this.lastReadFilled) {
			target = this.pool.take();
		}
		if (target != this.octets || this.position > 0) {
			System.arraycopy(this.octets, this.position, target, 0, length);
			this.position = 0;
			this.limit = length;
		}
		if (target != this.octets && large) {
			this.pool.give(this.octets);
		}
		this.octets = target;
	}

	/**
	 * Reads what there is, after {@link #makeRoom()}.
	 * @return how many octets came, or -1 at the end
	 */
	int readFrom(InputStream in) throws IOException {
		return in.read(this.octets, this.limit, this.octets.length - this.limit);
	}

	/** Takes in what {@link #readFrom} read. */
	void added(int count) {
		this.limit += count;
		this.lastReadFilled = this.limit == this.octets.length;
	}

	/** Takes all octets away, for a layer that wants to read them itself. */
	InputStream takeAll() {
		InputStream taken = new ByteArrayInputStream(this.octets.clone(), this.position, length());
		this.position = 0;
		this.limit = 0;
		this.lastReadFilled = false;
		return taken;
	}

	/** Gives a borrowed buffer back; the octets are lost. */
	void release() {
		if (this.octets != this.small) {
			this.pool.give(this.octets);
			this.octets = this.small;
		}
		this.position = 0;
		this.limit = 0;
	}

}
