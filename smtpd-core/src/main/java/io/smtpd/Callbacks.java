package io.smtpd;

import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the application's code for one session. A refusal passes; whatever else is thrown
 * is logged and becomes a temporary failure that tells the client nothing of the inside,
 * so that a bug makes the sender retry and never loses mail.
 */
final class Callbacks {

	private static final Logger logger = LoggerFactory.getLogger(Callbacks.class);

	private final ReentrantLock lock = new ReentrantLock();

	private @Nullable Thread running;

	/**
	 * Runs a callback that answers by returning.
	 * @param failure the reply when it fails
	 * @param callback the application's code
	 * @throws SmtpException the refusal, or the failure
	 */
	void run(SmtpReply failure, Check callback) {
		call(failure, () -> {
			callback.run();
			return true;
		});
	}

	/**
	 * Runs a callback that gives something.
	 * @param failure the reply when it fails
	 * @param callback the application's code
	 * @return what it gave
	 * @throws SmtpException the refusal, or the failure
	 */
	<T> T call(SmtpReply failure, Callable<T> callback) {
		return Objects.requireNonNull(callNullable(failure, () -> Objects.requireNonNull(callback.call())));
	}

	/** As {@link #call}, for a callback that may give null. */
	<T> @Nullable T callNullable(SmtpReply failure, Callable<? extends @Nullable T> callback) {
		begin();
		try {
			return callback.call();
		}
		catch (SmtpException ex) {
			throw ex;
		}
		catch (Throwable ex) { // an Error, too, must not end the session without a reply
			logger.error("A callback failed, the client is told {}", failure, ex);
			throw new SmtpException(failure, ex);
		}
		finally {
			end();
		}
	}

	private void begin() {
		this.lock.lock();
		try {
			this.running = Thread.currentThread();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** An interrupt is meant for the callback: a virtual thread would lose its socket. */
	@SuppressWarnings("ReturnValueIgnored")
	private void end() {
		this.lock.lock();
		try {
			this.running = null;
			Thread.interrupted();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Interrupts the callback that runs now, if any. Called by another thread. */
	void interrupt() {
		this.lock.lock();
		try {
			if (this.running != null) {
				this.running.interrupt();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/** The application's code. */
	@FunctionalInterface
	interface Check {

		void run() throws Exception;

	}

}
