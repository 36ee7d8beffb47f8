package io.smtpd;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

import org.jspecify.annotations.Nullable;

/**
 * The large buffers that mail data is read into. A session has one only while data keeps
 * coming; making one for each message costs more than reading the message.
 */
final class BufferPool {

	static final int BUFFER_OCTETS = 64 * 1024;

	private static final int MOST = 64;

	private final BlockingQueue<byte[]> idle = new ArrayBlockingQueue<>(MOST);

	byte[] take() {
		byte @Nullable [] buffer = this.idle.poll();
		return (buffer != null) ? buffer : new byte[BUFFER_OCTETS];
	}

	@SuppressWarnings("ReturnValueIgnored") // a pool that is full lets the buffer go
	void give(byte[] buffer) {
		this.idle.offer(buffer);
	}

}
