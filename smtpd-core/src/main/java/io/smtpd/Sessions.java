package io.smtpd;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

import io.smtpd.SmtpServer.SessionInfo;

/** The live sessions of a server, over all listeners: how many, which, and their end. */
final class Sessions {

	/** How long a session gets to notice that its connection was closed. */
	private static final Duration LAST_WAIT = Duration.ofSeconds(1);

	private static final int CLOSERS = 4;

	private static final int MOST_FAREWELLS = 1024;

	private final Map<String, Session> live = new ConcurrentHashMap<>();

	private final AtomicInteger places = new AtomicInteger();

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition ended = this.lock.newCondition();

	/** Writes the last reply to sockets that another thread reads; may block for long. */
	private final Executor closer = newCloser();

	private volatile int maxConnections;

	private volatile boolean draining;

	Sessions(int maxConnections) {
		this.maxConnections = maxConnections;
	}

	private static Executor newCloser() {
		ThreadPoolExecutor executor = new ThreadPoolExecutor(CLOSERS, CLOSERS, 5, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(MOST_FAREWELLS), (task) -> {
					Thread thread = new Thread(task, "smtpd-closer");
					thread.setDaemon(true);
					return thread;
				});
		executor.allowCoreThreadTimeOut(true);
		return executor;
	}

	int maxConnections() {
		return this.maxConnections;
	}

	void maxConnections(int limit) {
		this.maxConnections = limit;
	}

	Executor closer() {
		return this.closer;
	}

	boolean draining() {
		return this.draining;
	}

	void open() {
		this.draining = false;
	}

	/** Takes a place for a session; false when all are taken. */
	boolean takePlace() {
		int taken = this.places.incrementAndGet();
		if (SmtpLimits.exceeds(taken, this.maxConnections)) {
			this.places.decrementAndGet();
			return false;
		}
		return true;
	}

	void add(Session session) {
		this.live.put(session.id(), session);
	}

	/** Gives the session's place back. */
	void remove(Session session) {
		this.live.remove(session.id());
		if (this.places.decrementAndGet() == 0 && this.draining) {
			this.lock.lock();
			try {
				this.ended.signalAll();
			}
			finally {
				this.lock.unlock();
			}
		}
	}

	void forEach(Consumer<Session> action) {
		this.live.values().forEach(action);
	}

	int count(String listener) {
		int count = 0;
		for (Session session : this.live.values()) {
			if (session.listener().name().equals(listener)) {
				count++;
			}
		}
		return count;
	}

	List<SessionInfo> snapshot() {
		return this.live.values().stream().map(Session::info).toList();
	}

	boolean close(String sessionId) {
		Session session = this.live.get(sessionId);
		if (session == null) {
			return false;
		}
		session.connection().guard().cut(Replies.CLOSED_BY_OPERATOR, this.closer);
		return true;
	}

	/** From now on a session that is between transactions ends. */
	void beginDrain() {
		this.draining = true;
	}

	/**
	 * Ends all sessions: those that wait for a command at once, those with a transaction
	 * when it is done, and what is left after the grace period by force.
	 * @param grace how long to wait
	 * @return whether no force was needed
	 */
	boolean drain(Duration grace) {
		forEach((session) -> session.connection().guard().cutIdle(this.closer));
		if (awaitEnd(grace)) {
			return true;
		}
		abortAll();
		awaitEnd(LAST_WAIT);
		return false;
	}

	/** Ends all sessions by force, whatever they are doing. */
	void abortAll() {
		forEach(this::abort);
	}

	private void abort(Session session) {
		session.connection().guard().cut(Replies.SHUTTING_DOWN, this.closer);
		session.callbacks().interrupt();
	}

	private boolean awaitEnd(Duration most) {
		long left = most.toNanos();
		this.lock.lock();
		try {
			while (this.places.get() > 0) {
				if (left <= 0) {
					return false;
				}
				left = this.ended.awaitNanos(left);
			}
			return true;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
		finally {
			this.lock.unlock();
		}
	}

}
