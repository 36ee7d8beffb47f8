package io.smtpd;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

import io.smtpd.ConnectionGuard.State;
import io.smtpd.SessionListener.SessionOutcome;

/**
 * The socket of a session with its buffers and deadline, and the only writer of replies.
 * <p>
 * One thread, the session's, reads and writes. Others may only end the connection, and
 * only when the {@link ConnectionGuard} lets them.
 */
final class Connection {

	/** RFC 8996: nothing older. */
	private static final Set<String> TLS_PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");

	/** Replies are gathered up to this, then written even if more commands wait. */
	private static final int MOST_OUTPUT_OCTETS = 8192;

	private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

	private static final int LINGER_OCTETS = 1 << 20;

	private final Socket transport;

	private final long writeTimeoutNanos;

	private final BooleanSupplier draining;

	private final ConnectionGuard guard = new ConnectionGuard(this::sayFarewell, this::closeTransport);

	private volatile long octetsRead;

	private volatile long activeAt = System.nanoTime();

	private Socket socket;

	private InputStream in;

	private OutputStream out;

	private final InputBuffer input;

	private final ReplyBuffer output = new ReplyBuffer();

	Connection(Socket transport, Engine engine) throws IOException {
		this.transport = transport;
		this.socket = transport;
		this.in = transport.getInputStream();
		this.out = transport.getOutputStream();
		this.input = new InputBuffer(engine.buffers());
		this.writeTimeoutNanos = engine.settings().writeTimeout().toNanos();
		this.draining = engine.sessions()::draining;
	}

	InetSocketAddress remoteAddress() {
		return (InetSocketAddress) this.transport.getRemoteSocketAddress();
	}

	InetSocketAddress localAddress() {
		return (InetSocketAddress) this.transport.getLocalSocketAddress();
	}

	InputBuffer input() {
		return this.input;
	}

	/** Lets other threads end the connection. */
	ConnectionGuard guard() {
		return this.guard;
	}

	/**
	 * Reads more octets behind those that are there, which may move to another place.
	 * Gathered replies are written first (RFC 2920 §3.2), so that the client is never
	 * waited for while it waits.
	 * @param idle whether this waits for a command between transactions
	 * @param readDeadline as {@link System#nanoTime()}
	 * @throws ConnectionEndedException when there are none to come
	 */
	void fill(boolean idle, long readDeadline) throws IOException {
		flush();
		this.input.makeRoom();
		State waiting = idle ? State.IDLE : State.READING;
		this.guard.enter(waiting, readDeadline);
		if (idle && this.draining.getAsBoolean()) {
			this.guard.leave(waiting);
			throw new SmtpException(Replies.SHUTTING_DOWN);
		}
		int count;
		try {
			count = this.input.readFrom(this.in);
		}
		catch (IOException ex) {
			throw this.guard.lost(ex);
		}
		this.guard.leave(waiting);
		if (count <= 0) {
			throw new ConnectionEndedException(SessionOutcome.LOST, null);
		}
		added(count);
	}

	@SuppressWarnings("NonAtomicVolatileUpdate") // only the session's thread writes it
	private void added(int count) {
		this.input.added(count);
		this.octetsRead += count;
		this.activeAt = System.nanoTime();
	}

	/** How many octets came so far. Any thread may ask. */
	long octetsRead() {
		return this.octetsRead;
	}

	/** When something last came, as {@link System#nanoTime()}. Any thread may ask. */
	long activeAt() {
		return this.activeAt;
	}

	/**
	 * Waits, and tells whether the client says anything while it should be waiting, too.
	 * @param delay how long
	 * @return whether there is input
	 * @throws ConnectionEndedException when the client is gone
	 */
	boolean talksWithin(Duration delay) throws IOException {
		if (!this.input.isEmpty()) {
			return true;
		}
		this.input.makeRoom();
		this.guard.enter(State.READING, System.nanoTime() + delay.multipliedBy(2).toNanos() + CLOSE_TIMEOUT.toNanos());
		int count;
		try {
			this.socket.setSoTimeout((int) Math.max(1, Math.min(Integer.MAX_VALUE, delay.toMillis())));
			count = this.input.readFrom(this.in);
			this.socket.setSoTimeout(0);
		}
		catch (SocketTimeoutException ex) {
			this.socket.setSoTimeout(0);
			count = 0;
		}
		catch (IOException ex) {
			throw this.guard.lost(ex);
		}
		this.guard.leave(State.READING);
		if (count < 0) {
			throw new ConnectionEndedException(SessionOutcome.LOST, null);
		}
		added(count);
		return count > 0;
	}

	/** Tells whether the client sent more than was asked for (RFC 3207 §4.2). */
	boolean hasEarlyInput() throws IOException {
		return !this.input.isEmpty() || this.in.available() > 0;
	}

	/**
	 * Goes on in TLS: everything from here on, what was read ahead included.
	 * @param policy gives context and parameters
	 * @param timeoutNanos how long the handshake may take
	 * @return the TLS session
	 * @throws ConnectionEndedException when there is none; nothing goes on in clear text
	 */
	SSLSession startTls(TlsPolicy.Encrypted policy, long timeoutNanos) throws IOException {
		InputStream readAhead = this.input.takeAll();
		SSLSocket secured;
		try {
			secured = (SSLSocket) policy.context()
				.get()
				.getSocketFactory()
				.createSocket(this.transport, readAhead, true);
			SSLParameters parameters = secured.getSSLParameters();
			policy.parameters().accept(parameters);
			parameters.setProtocols(
					Stream.of(parameters.getProtocols()).filter(TLS_PROTOCOLS::contains).toArray(String[]::new));
			secured.setSSLParameters(parameters);
		}
		catch (RuntimeException ex) { // a context that cannot be had, for example
			throw new ConnectionEndedException(SessionOutcome.ERROR, ex);
		}
		this.socket = secured;
		try {
			occupied(timeoutNanos, () -> {
				secured.startHandshake();
				// at once: whoever cuts the connection now must not write in clear text
				this.in = secured.getInputStream();
				this.out = secured.getOutputStream();
			});
		}
		catch (ConnectionEndedException ex) {
			throw (ex.getCause() instanceof SSLException)
					? new ConnectionEndedException(SessionOutcome.REFUSED, ex.getCause()) : ex;
		}
		return secured.getSession();
	}

	// Output

	/**
	 * Gathers a reply; it is written before the next wait for input.
	 * @param reply the reply
	 * @param utf8 whether the client may be sent more than ASCII (RFC 6531 §3.7.4.2)
	 * @throws ConnectionEndedException when there is nobody to write to
	 */
	void write(SmtpReply reply, boolean utf8) throws IOException {
		this.output.append(reply, utf8);
		if (this.output.length() > MOST_OUTPUT_OCTETS) {
			flush();
		}
	}

	/** Writes a 334 reply; unlike others it is one line, however long (RFC 4954 §4). */
	void writeChallenge(byte[] base64) {
		this.output.appendChallenge(base64);
	}

	void flush() throws IOException {
		if (this.output.length() == 0) {
			return;
		}
		occupied(this.writeTimeoutNanos, () -> {
			this.out.write(this.output.octets(), 0, this.output.length());
			this.out.flush();
		});
		this.output.clear();
	}

	/** Runs what only closing the socket can end. */
	private void occupied(long timeoutNanos, Blocking action) throws IOException {
		this.guard.enter(State.OCCUPIED, System.nanoTime() + timeoutNanos);
		try {
			action.run();
		}
		catch (IOException ex) {
			throw this.guard.lost(ex);
		}
		this.guard.leave(State.OCCUPIED);
	}

	/**
	 * Closes the connection from the session's thread, after what was gathered is
	 * written. A client that still sends would be answered with a reset that destroys the
	 * reply on its way, so its input is read and dropped for a moment.
	 * @param waitForPeer whether to give the client time to read and close first
	 */
	void close(boolean waitForPeer) {
		try {
			flush();
			if (waitForPeer || hasEarlyInput()) {
				occupied(CLOSE_TIMEOUT.toNanos(), this::linger);
			}
			occupied(CLOSE_TIMEOUT.toNanos(), this.socket::close);
		}
		catch (IOException ex) {
			// gone already, which is what was wanted
		}
		this.input.release();
		if (!this.guard.isCut()) {
			closeTransport();
		}
	}

	/** Closes a connection that no watchdog looks after, without waiting for anything. */
	void closeAtOnce() {
		try {
			flush();
			this.socket.shutdownOutput();
		}
		catch (IOException ex) {
			// gone already, which is what was wanted
		}
		closeTransport();
	}

	private void linger() throws IOException {
		this.socket.shutdownOutput();
		byte[] dropped = this.input.octets();
		int total = 0;
		int count;
		do {
			count = this.in.read(dropped);
			total += count;
		}
		while (count > 0 && total < LINGER_OCTETS);
	}

	private void closeTransport() {
		try {
			this.transport.close();
		}
		catch (IOException ex) {
			// there is no more to be done about it
		}
	}

	private void sayFarewell(SmtpReply reply) {
		try {
			ReplyBuffer farewell = new ReplyBuffer();
			farewell.append(reply, false);
			this.out.write(farewell.octets(), 0, farewell.length());
			this.out.flush();
			this.socket.close();
		}
		catch (IOException ex) {
			// the client no longer hears
		}
		closeTransport();
	}

	/** A call that may block. */
	@FunctionalInterface
	private interface Blocking {

		void run() throws IOException;

	}

}
