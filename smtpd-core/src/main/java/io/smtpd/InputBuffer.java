package io.smtpd;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * What a connection has read and not yet used: the octets from {@link #position()} to
 * {@link #limit()} of {@link #octets()}. Small while little comes, so that an idle
 * session holds next to nothing: room for a command line at first, for a short message
 * once there are messages, and a large buffer that is borrowed when that one was filled.
 */
final class InputBuffer {

	/** A command line (RFC 5321 §4.5.3.1.4). Most connections are scans, or idle. */
	private static final int FIRST_OCTETS = 512;

	private static final int OWN_OCTETS = 2048;

	private final BufferPool pool;

	/** The one that stays with the connection. */
	private byte[] own = new byte[FIRST_OCTETS];

	private byte[] octets = this.own;

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

	/** Mail data follows: a second read for its second half would cost more than room. */
	void expectMailData() {
		if (this.own.length < OWN_OCTETS && this.octets == this.own) {
			moveTo(new byte[OWN_OCTETS]);
			this.own = this.octets;
		}
	}

	/** Makes room behind the octets that are there, which may move to another place. */
	void makeRoom() {
		byte[] before = this.octets;
		boolean borrowed = before != this.own;
		if (borrowed && isEmpty() && !this.lastReadFilled) {
			moveTo(this.own);
			this.pool.give(before);
		}
		else if (!borrowed && this.lastReadFilled) {
			moveTo(this.pool.take());
		}
		else if (this.position > 0) {
			moveTo(before);
		}
	}

	private void moveTo(byte[] target) {
		int length = length();
		System.arraycopy(this.octets, this.position, target, 0, length);
		this.octets = target;
		this.position = 0;
		this.limit = length;
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
		if (this.octets != this.own) {
			this.pool.give(this.octets);
			this.octets = this.own;
		}
		this.position = 0;
		this.limit = 0;
	}

}
