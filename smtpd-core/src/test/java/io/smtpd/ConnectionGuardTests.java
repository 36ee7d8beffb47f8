package io.smtpd;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

import io.smtpd.ConnectionGuard.State;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** A connection ends when it must, even when nobody can be found to say farewell. */
class ConnectionGuardTests {

	private final AtomicInteger closed = new AtomicInteger();

	private final ConnectionGuard guard = new ConnectionGuard((reply) -> {
	}, this.closed::incrementAndGet);

	static Executor[] failing() {
		return new Executor[] { (task) -> {
			throw new RejectedExecutionException("full");
		}, (task) -> {
			throw new OutOfMemoryError("unable to create native thread");
		} };
	}

	@BeforeEach
	void waitForInput() throws ConnectionEndedException {
		this.guard.enter(State.IDLE, System.nanoTime() - 1);
	}

	@ParameterizedTest
	@MethodSource("failing")
	void connectionPastItsDeadlineIsClosedWithoutFarewell(Executor closer) {
		this.guard.checkDeadline(System.nanoTime(), closer);
		expectEnd();
	}

	@ParameterizedTest
	@MethodSource("failing")
	void idleConnectionIsClosedWithoutFarewell(Executor closer) {
		this.guard.cutIdle(closer);
		expectEnd();
	}

	@ParameterizedTest
	@MethodSource("failing")
	void connectionThatIsInTheMiddleOfAWriteIsClosedWithoutFarewell(Executor closer) throws ConnectionEndedException {
		this.guard.leave(State.IDLE);
		this.guard.enter(State.OCCUPIED, System.nanoTime() + 1);
		this.guard.cut(Replies.SHUTTING_DOWN, closer);
		assertThat(this.closed).hasValue(1);
	}

	private void expectEnd() {
		assertThat(this.closed).hasValue(1);
		assertThatExceptionOfType(ConnectionEndedException.class).isThrownBy(() -> this.guard.leave(State.IDLE));
	}

}
