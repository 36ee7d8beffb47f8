package io.smtpd;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

import io.smtpd.SessionListener.SessionOutcome;

/**
 * The socket of a session with its buffers and deadline, and the only writer of replies.
 * <p>
 * One thread, the session's, reads and writes. Others may only {@link #cut} it, and only
 * when the state lets them: who moves the state owns the socket's output. Reads and
 * writes are untimed; the watchdog looks at state and deadline and cuts what is past due,
 * since a socket timeout starts anew with every octet and never ends a blocked write.
 */
final class Connection {

	/** What the session's thread is doing with the socket. */
	enum State {

		/** Nothing: it works. */
		BUSY,

		/** It waits for a command, between transactions. */
		IDLE,

		/** It waits for input that it needs to go on. */
		READING,

		/** It is inside a write or a handshake, which only closing the socket ends. */
		OCCUPIED,

		/** The watchdog ended the connection. */
		TIMED_OUT,

		/** Another thread ended the connection. */
		CLOSED

	}

	/** RFC 8996: nothing older. */
	private static final Set<String> TLS_PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");

	/** Replies are gathered up to this, then written even if more commands wait. */
	private static final int MOST_OUTPUT_OCTETS = 8192;

	private static final Duration CUT_TIMEOUT = Duration.ofSeconds(1);

	private static final long POLL_NANOS = Duration.ofMillis(1).toNanos();

	private static final int LINGER_OCTETS = 1 << 20;

	private final Socket transport;

	private final long writeTimeoutNanos;

	private final BooleanSupplier draining;

	private final AtomicReference<State> state = new AtomicReference<>(State.BUSY);

	private volatile long deadline;

	/** When the last reply of a connection that was cut must be written. */
	private volatile long cutDeadline;

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
		this.deadline = readDeadline;
		enter(waiting);
		if (idle && this.draining.getAsBoolean()) {
			leave(waiting);
			throw new SmtpException(Replies.SHUTTING_DOWN);
		}
		int count;
		try {
			count = this.input.readFrom(this.in);
		}
		catch (IOException ex) {
			throw lost(ex);
		}
		leave(waiting);
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
		this.deadline = System.nanoTime() + delay.multipliedBy(2).toNanos() + CUT_TIMEOUT.toNanos();
		enter(State.READING);
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
			throw lost(ex);
		}
		leave(State.READING);
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
		this.deadline = System.nanoTime() + timeoutNanos;
		enter(State.OCCUPIED);
		try {
			action.run();
		}
		catch (IOException ex) {
			throw lost(ex);
		}
		leave(State.OCCUPIED);
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
				occupied(CUT_TIMEOUT.toNanos(), this::linger);
			}
			occupied(CUT_TIMEOUT.toNanos(), this.socket::close);
		}
		catch (IOException ex) {
			// gone already, which is what was wanted
		}
		this.input.release();
		if (!isCut(state())) {
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

	// The state, and what other threads may do

	private void enter(State next) throws ConnectionEndedException {
		if (!this.state.compareAndSet(State.BUSY, next)) {
			throw new ConnectionEndedException(cutOutcome(), null);
		}
	}

	private void leave(State current) throws ConnectionEndedException {
		if (!this.state.compareAndSet(current, State.BUSY)) {
			throw new ConnectionEndedException(cutOutcome(), null);
		}
	}

	private ConnectionEndedException lost(IOException cause) {
		return isCut(state()) ? new ConnectionEndedException(cutOutcome(), null)
				: new ConnectionEndedException(SessionOutcome.LOST, cause);
	}

	private State state() {
		return Objects.requireNonNull(this.state.get());
	}

	private static boolean isCut(State state) {
		return state == State.TIMED_OUT || state == State.CLOSED;
	}

	private SessionOutcome cutOutcome() {
		return (state() == State.TIMED_OUT) ? SessionOutcome.TIMEOUT : SessionOutcome.SHUTDOWN;
	}

	/**
	 * Ends the connection if its wait is past due. Called by the watchdog.
	 * @param now as {@link System#nanoTime()}
	 * @param closer writes to sockets, which may block
	 */
	void checkDeadline(long now, Executor closer) {
		// the state before the deadline: the session sets them the other way round
		State current = state();
		boolean cut = isCut(current);
		if (current == State.BUSY || now - (cut ? this.cutDeadline : this.deadline) < 0) {
			return;
		}
		if (cut) {
			closeTransport();
		}
		else {
			cut(current, State.TIMED_OUT, Replies.TIMEOUT, closer);
		}
	}

	/**
	 * Ends the connection if it waits for a command between transactions.
	 * @param closer writes to sockets, which may block
	 */
	void cutIdle(Executor closer) {
		cut(State.IDLE, State.CLOSED, Replies.SHUTTING_DOWN, closer);
	}

	/**
	 * Ends the connection whatever the session's thread is doing; a reply that it still
	 * wants to give is not given.
	 * @param reply what to tell the client, if it can still hear it
	 * @param closer writes to sockets, which may block
	 */
	void cut(SmtpReply reply, Executor closer) {
		State current = state();
		while (!isCut(current)) {
			if (current == State.OCCUPIED) {
				cutWhenFree(reply, closer);
				return;
			}
			if (cut(current, State.CLOSED, reply, closer)) {
				return;
			}
			current = state();
		}
	}

	/** Most writes end at once: it would be a pity to close without a word. */
	private void cutWhenFree(SmtpReply reply, Executor closer) {
		long patience = System.nanoTime() + CUT_TIMEOUT.toNanos();
		execute(closer, () -> {
			State current = state();
			while (!isCut(current) && !(isDue(current, patience) && cut(current, State.CLOSED, reply, Runnable::run))) {
				LockSupport.parkNanos(this, POLL_NANOS);
				current = state();
			}
		});
	}

	private static boolean isDue(State current, long patience) {
		return current != State.OCCUPIED || System.nanoTime() - patience > 0;
	}

	private boolean cut(State from, State to, SmtpReply reply, Executor closer) {
		this.cutDeadline = System.nanoTime() + CUT_TIMEOUT.toNanos();
		if (!this.state.compareAndSet(from, to)) {
			return false;
		}
		if (from == State.OCCUPIED) {
			closeTransport(); // a reply would have to wait behind what blocks
		}
		else {
			sayFarewell(reply, closer);
		}
		return true;
	}

	private void sayFarewell(SmtpReply reply, Executor closer) {
		execute(closer, () -> {
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
		});
	}

	private void execute(Executor closer, Runnable task) {
		try {
			closer.execute(task);
		}
		catch (RejectedExecutionException ex) {
			closeTransport(); // too many at once for good manners
		}
	}

	/** A call that may block. */
	@FunctionalInterface
	private interface Blocking {

		void run() throws IOException;

	}

}
