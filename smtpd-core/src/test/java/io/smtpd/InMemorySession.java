package io.smtpd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import io.smtpd.SessionListener.SessionOutcome;
import io.smtpd.SmtpServer.Listener;
import org.jspecify.annotations.Nullable;

/** Runs sessions over octets in memory, on the caller's thread, one after another. */
final class InMemorySession implements AutoCloseable {

	private static final InetSocketAddress ADDRESS = new InetSocketAddress(InetAddress.getLoopbackAddress(), 25);

	private final List<ReceivedMessage> messages = new ArrayList<>();

	private final List<SessionOutcome> outcomes = new ArrayList<>();

	private final Engine engine;

	InMemorySession(Path spoolDirectory, Consumer<Settings.Draft> options) throws IOException {
		Settings.Draft draft = new Settings.Draft();
		draft.hostname = "mx.example.org";
		draft.receivedHeader = false;
		draft.messageHandlers.add((peer, envelope) -> this.messages.add(ReceivedMessage.of(envelope)));
		draft.sessionListeners.add(new SessionListener() {

			@Override
			public void disconnected(Peer peer, SessionOutcome outcome, Duration elapsed, @Nullable Throwable cause) {
				InMemorySession.this.outcomes.add(outcome);
			}
		});
		options.accept(draft);
		Settings settings = new Settings(draft);
		Sessions sessions = new Sessions(settings.maxConnections());
		Spool spool = Spool.open(spoolDirectory, settings.spoolMemoryThreshold(), settings.spoolMaxSize());
		this.engine = new Engine(settings, sessions, spool, new Watchdog(sessions, settings.shortestTimeout()),
				new BufferPool(), new TraceLine(settings.hostname()),
				new AddressLimits(settings.limits(), settings.rateLimiter()));
	}

	/**
	 * Has one session read all of a stream.
	 * @return what the server wrote
	 */
	byte[] run(InputStream sent) throws IOException {
		this.messages.clear();
		this.outcomes.clear();
		MemorySocket socket = new MemorySocket(sent);
		Listener listener = this.engine.settings().listeners().get(0);
		Session session = new Session(this.engine, listener, new Connection(socket, this.engine));
		this.engine.sessions().takePlace();
		this.engine.sessions().add(session);
		new SessionTask(session).run();
		return socket.written.toByteArray();
	}

	/** The messages of the last session. */
	List<ReceivedMessage> messages() {
		return this.messages;
	}

	/** How the last session ended, once if all is well. */
	List<SessionOutcome> outcomes() {
		return this.outcomes;
	}

	@Override
	public void close() {
		this.engine.spool().close();
	}

	/** A socket without a network. */
	private static final class MemorySocket extends Socket {

		private final InputStream in;

		private final ByteArrayOutputStream written = new ByteArrayOutputStream();

		MemorySocket(InputStream in) {
			this.in = in;
		}

		@Override
		public InputStream getInputStream() {
			return this.in;
		}

		@Override
		public OutputStream getOutputStream() {
			return this.written;
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
