package io.smtpd.benchmarks;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * How fast octets get from one thread to another over 127.0.0.1 when nobody looks at
 * them: no server can be faster.
 */
final class LoopbackCopy {

	private static final int CHUNK_OCTETS = 64 * 1024;

	private static final long NANOS = 500_000_000;

	private LoopbackCopy() {
	}

	/** Measures, in millions of octets a second. */
	static double megabytesPerSecond() throws IOException, InterruptedException {
		try (ServerSocketChannel server = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0));
				SocketChannel sender = SocketChannel.open(server.getLocalAddress());
				SocketChannel receiver = server.accept()) {
			Thread thread = new Thread(() -> send(sender));
			long startedAt = System.nanoTime();
			thread.start();
			ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK_OCTETS);
			long total = 0;
			int count;
			do {
				buffer.clear();
				count = receiver.read(buffer);
				total += count;
			}
			while (count >= 0);
			double seconds = (System.nanoTime() - startedAt) / 1e9;
			thread.join();
			return total / seconds / 1e6;
		}
	}

	private static void send(SocketChannel channel) {
		ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK_OCTETS);
		long end = System.nanoTime() + NANOS;
		try {
			while (System.nanoTime() - end < 0) {
				buffer.clear();
				channel.write(buffer);
			}
			channel.shutdownOutput();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
