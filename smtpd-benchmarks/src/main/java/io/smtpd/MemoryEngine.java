package io.smtpd;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

import io.smtpd.SmtpServer.Listener;

/** The core without a network: sessions read octets from memory. */
final class MemoryEngine implements Closeable {

	static final InetSocketAddress ADDRESS = new InetSocketAddress(InetAddress.getLoopbackAddress(), 25);

	private final Path directory;

	private final Engine engine;

	MemoryEngine() throws IOException {
		this.directory = Files.createTempDirectory("smtpd-benchmarks");
		Settings.Draft draft = new Settings.Draft();
		draft.hostname = "mx.example.org";
		draft.maxMessageSize = 64 * 1024 * 1024;
		draft.messageHandlers.add((peer, envelope) -> {
			// thrown away
		});
		Settings settings = new Settings(draft);
		Sessions sessions = new Sessions(settings.maxConnections());
		this.engine = new Engine(settings, sessions,
				Spool.open(this.directory, settings.spoolMemoryThreshold(), settings.spoolMaxSize()),
				new Watchdog(sessions, settings.shortestTimeout()), new BufferPool(),
				new TraceLine(settings.hostname()), new AddressLimits(settings.limits(), settings.rateLimiter()));
	}

	Spool spool() {
		return this.engine.spool();
	}

	Connection connection(InputStream in) throws IOException {
		return new Connection(new MemorySocket(in), this.engine);
	}

	/** Has one session read all of a stream, on this thread. */
	void run(InputStream in) throws IOException {
		Session session = new Session(this.engine, Listener.of(ADDRESS), connection(in));
		this.engine.sessions().takePlace();
		this.engine.sessions().add(session);
		new SessionTask(session).run();
	}

	@Override
	public void close() throws IOException {
		this.engine.spool().close();
		Files.deleteIfExists(this.directory);
	}

	/** A socket whose output nobody reads. */
	private static final class MemorySocket extends Socket {

		private final InputStream in;

		MemorySocket(InputStream in) {
			this.in = in;
		}

		@Override
		public InputStream getInputStream() {
			return this.in;
		}

		@Override
		public OutputStream getOutputStream() {
			return OutputStream.nullOutputStream();
		}

		@Override
		public SocketAddress getRemoteSocketAddress() {
			return ADDRESS;
		}

		@Override
		public SocketAddress getLocalSocketAddress() {
			return ADDRESS;
		}

		@Override
		public void shutdownOutput() {
			// nobody is waiting
		}

	}

}
