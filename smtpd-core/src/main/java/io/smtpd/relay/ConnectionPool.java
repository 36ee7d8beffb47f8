package io.smtpd.relay;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import io.smtpd.SmtpException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections to the upstream server: a bounded number at once, those without work
 * kept for a while. One thread sweeps over all of them and ends waits that are past due.
 */
final class ConnectionPool {

	private static final Logger logger = LoggerFactory.getLogger(ConnectionPool.class);

	static final Duration IDLE_TIMEOUT = Duration.ofSeconds(30);

	/**
	 * A connection that a firewall forgot does not answer; it is not worth a long wait.
	 */
	private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(10);

	private static final long SHORTEST_INTERVAL_NANOS = Duration.ofMillis(5).toNanos();

	private static final long LONGEST_INTERVAL_NANOS = Duration.ofMillis(250).toNanos();

	private final RelaySettings settings;

	private final long idleTimeoutNanos;

	private final Semaphore permits;

	private final Deque<UpstreamConnection> idle = new ConcurrentLinkedDeque<>();

	private final Set<UpstreamConnection> live = ConcurrentHashMap.newKeySet();

	private final ScheduledThreadPoolExecutor sweeper;

	private volatile boolean closed;

	ConnectionPool(RelaySettings settings, Duration idleTimeout) {
		this.settings = settings;
		this.idleTimeoutNanos = idleTimeout.toNanos();
		this.permits = new Semaphore(settings.poolSize(), true);
		this.sweeper = new ScheduledThreadPoolExecutor(1, (task) -> {
			Thread thread = new Thread(task, "smtpd-relay-sweeper");
			thread.setDaemon(true);
			return thread;
		});
		long shortest = Math.min(settings.readTimeout().toNanos(), settings.timeout().toNanos());
		long interval = Math.max(SHORTEST_INTERVAL_NANOS, Math.min(LONGEST_INTERVAL_NANOS, shortest / 10));
		this.sweeper.scheduleWithFixedDelay(this::sweep, interval, interval, TimeUnit.NANOSECONDS);
	}

	/**
	 * Waits until one more connection may be used.
	 * @param deadline as {@link System#nanoTime()}
	 * @throws SmtpException when that is too long, or will never be
	 */
	void acquire(long deadline) {
		if (this.closed) {
			throw new SmtpException(RelayReplies.CLOSED);
		}
		long patience = Math.min(this.settings.connectTimeout().toNanos(), deadline - System.nanoTime());
		try {
			if (!this.permits.tryAcquire(patience, TimeUnit.NANOSECONDS)) {
				throw new SmtpException(RelayReplies.CONGESTED);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new SmtpException(RelayReplies.CLOSED, ex);
		}
	}

	void release() {
		this.permits.release();
	}

	/**
	 * Takes a connection that was used before and still answers.
	 * @return the connection, without a transaction, or null when there is none
	 */
	@Nullable UpstreamConnection reuse(long deadline) {
		UpstreamConnection connection = this.idle.pollFirst();
		while (connection != null) {
			if (answers(connection, deadline)) {
				connection.begin(deadline);
				return connection;
			}
			connection.abort();
			connection = this.idle.pollFirst();
		}
		return null;
	}

	private static boolean answers(UpstreamConnection connection, long deadline) {
		long checkDeadline = System.nanoTime() + CHECK_TIMEOUT.toNanos();
		connection.begin((checkDeadline - deadline < 0) ? checkDeadline : deadline);
		try {
			return connection.isOpen() && connection.ask("RSET").code() < 300;
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * Opens a connection that is ready for MAIL.
	 * @throws UpstreamException when that is not possible
	 */
	UpstreamConnection open(long deadline) throws IOException {
		UpstreamConnection connection = new UpstreamConnection(this.settings, connect(deadline), deadline);
		this.live.add(connection);
		if (this.closed) {
			connection.cut();
		}
		try {
			new Handshake(connection, this.settings).perform();
			return connection;
		}
		catch (IOException | RuntimeException ex) {
			connection.abort();
			throw ex;
		}
	}

	private Socket connect(long deadline) throws UpstreamException {
		long last = Math.min(this.settings.connectTimeout().toNanos(), deadline - System.nanoTime())
				+ System.nanoTime();
		IOException problem = new UnknownHostException(this.settings.host());
		try {
			InetAddress[] addresses = InetAddress.getAllByName(this.settings.host());
			for (int i = 0; i < addresses.length; i++) {
				long share = (last - System.nanoTime()) / (addresses.length - i);
				try {
					return connect(addresses[i], Math.max(1, TimeUnit.NANOSECONDS.toMillis(share)));
				}
				catch (IOException ex) {
					problem = ex;
				}
			}
		}
		catch (UnknownHostException ex) {
			problem = ex;
		}
		throw new UpstreamException(RelayReplies.NO_ANSWER, problem);
	}

	private Socket connect(InetAddress address, long timeoutMillis) throws IOException {
		Socket socket = new Socket();
		try {
			socket.setTcpNoDelay(true);
			socket.connect(new InetSocketAddress(address, this.settings.port()),
					(int) Math.min(Integer.MAX_VALUE, timeoutMillis));
			return socket;
		}
		catch (IOException ex) {
			socket.close();
			throw ex;
		}
	}

	/** Takes a connection back, to be used again if it is still open. */
	void giveBack(UpstreamConnection connection) {
		if (connection.isOpen()) {
			connection.idle();
			this.idle.addFirst(connection);
			if (this.closed) {
				sayGoodbye();
			}
		}
	}

	private void sweep() {
		try {
			sweep(System.nanoTime());
		}
		catch (RuntimeException ex) { // would be the last sweep
			logger.error("Connections to {} could not be looked after", this.settings, ex);
		}
	}

	private void sweep(long now) {
		for (UpstreamConnection connection : this.live) {
			connection.checkDeadline(now);
		}
		UpstreamConnection oldest = this.idle.peekLast();
		while (oldest != null && now - oldest.idleSince() >= this.idleTimeoutNanos) {
			if (this.idle.removeLastOccurrence(oldest)) { // it may have been taken
															// meanwhile
				oldest.quit();
			}
			oldest = this.idle.peekLast();
		}
		this.live.removeIf((connection) -> !connection.isOpen());
	}

	private void sayGoodbye() {
		UpstreamConnection connection = this.idle.pollFirst();
		while (connection != null) {
			connection.quit();
			connection = this.idle.pollFirst();
		}
	}

	void close() {
		this.closed = true;
		sayGoodbye();
		this.live.forEach(UpstreamConnection::cut);
		this.sweeper.shutdownNow();
	}

}
