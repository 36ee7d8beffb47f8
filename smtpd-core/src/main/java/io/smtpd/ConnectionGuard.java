package io.smtpd;

import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

import io.smtpd.SessionListener.SessionOutcome;

/**
 * Decides who may use a connection's socket: who moves the state owns the output. The
 * session's thread says before each call that may block what it is and when it is past
 * due; the watchdog, a stop and an operator take the connection away from it.
 * <p>
 * Reads and writes are untimed, since a socket timeout starts anew with every octet and
 * never ends a blocked write.
 */
final class ConnectionGuard {

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

	private static final Duration CUT_TIMEOUT = Duration.ofSeconds(1);

	private static final long POLL_NANOS = Duration.ofMillis(1).toNanos();

	private final Consumer<SmtpReply> farewell;

	private final Runnable closeTransport;

	private final AtomicReference<State> state = new AtomicReference<>(State.BUSY);

	private volatile long deadline;

	/** When the last reply of a connection that was cut must be written. */
	private volatile long cutDeadline;

	/**
	 * Makes the guard of a connection.
	 * @param farewell writes a last reply and closes; may block
	 * @param closeTransport closes the socket below all layers, which ends every call
	 */
	ConnectionGuard(Consumer<SmtpReply> farewell, Runnable closeTransport) {
		this.farewell = farewell;
		this.closeTransport = closeTransport;
	}

	/**
	 * Begins a call that may block. By the session's thread only, as {@link #leave}.
	 * @param next what kind of call it is
	 * @param callDeadline when it is past due, as {@link System#nanoTime()}
	 * @throws ConnectionEndedException when another thread ended the connection
	 */
	void enter(State next, long callDeadline) throws ConnectionEndedException {
		this.deadline = callDeadline;
		if (!this.state.compareAndSet(State.BUSY, next)) {
			throw new ConnectionEndedException(cutOutcome(), null);
		}
	}

	/** Ends a call that may block. */
	void leave(State current) throws ConnectionEndedException {
		if (!this.state.compareAndSet(current, State.BUSY)) {
			throw new ConnectionEndedException(cutOutcome(), null);
		}
	}

	/** What a failed call means: it may have failed because the connection was ended. */
	ConnectionEndedException lost(IOException cause) {
		return isCut(state()) ? new ConnectionEndedException(cutOutcome(), null)
				: new ConnectionEndedException(SessionOutcome.LOST, cause);
	}

	private State state() {
		return Objects.requireNonNull(this.state.get());
	}

	/** Whether another thread ended the connection, or is about to. */
	boolean isCut() {
		return isCut(state());
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
			this.closeTransport.run();
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
			this.closeTransport.run(); // a reply would have to wait behind what blocks
		}
		else {
			execute(closer, () -> this.farewell.accept(reply));
		}
		return true;
	}

	private void execute(Executor closer, Runnable task) {
		try {
			closer.execute(task);
		}
		catch (RejectedExecutionException | OutOfMemoryError ex) {
			// too many at once for good manners, or no native thread to be had
			this.closeTransport.run();
		}
	}

}
