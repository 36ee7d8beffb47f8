package io.smtpd;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the sessions' deadlines: one thread that looks at all of them again and again,
 * which costs a session nothing but setting a field.
 */
final class Watchdog implements Runnable {

	private static final Logger logger = LoggerFactory.getLogger(Watchdog.class);

	private static final long SHORTEST_NANOS = Duration.ofMillis(5).toNanos();

	private static final long LONGEST_NANOS = Duration.ofMillis(250).toNanos();

	private final Sessions sessions;

	private final long intervalNanos;

	private final Thread thread;

	private volatile boolean closed;

	Watchdog(Sessions sessions, Duration shortestTimeout) {
		this.sessions = sessions;
		this.intervalNanos = Math.max(SHORTEST_NANOS, Math.min(LONGEST_NANOS, shortestTimeout.toNanos() / 10));
		this.thread = new Thread(this, "smtpd-watchdog");
		this.thread.setDaemon(true);
	}

	void start() {
		this.thread.start();
	}

	void close() {
		this.closed = true;
		LockSupport.unpark(this.thread);
	}

	@Override
	public void run() {
		while (!this.closed) {
			LockSupport.parkNanos(this, this.intervalNanos);
			long now = System.nanoTime();
			this.sessions.forEach((session) -> check(session, now));
		}
	}

	/** What fails for one session must not keep the others from their deadlines. */
	private void check(Session session, long now) {
		try {
			session.connection().guard().checkDeadline(now, this.sessions.closer());
		}
		catch (Throwable ex) {
			logger.error("The deadline of session {} could not be kept, trying again", session.id(), ex);
		}
	}

}
