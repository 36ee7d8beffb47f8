package io.smtpd;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** What sessions run on when the application has no opinion. */
class SessionThreadsTests {

	private final Executor executor = SessionThreads.executor();

	private final BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();

	private final CountDownLatch end = new CountDownLatch(1);

	@AfterEach
	void endSessions() {
		this.end.countDown();
	}

	@Test
	void theFirstSessionsRunOnPlatformThreads() throws Exception {
		assertThat(run(SessionThreads.PLATFORM_THREADS)).noneMatch(SessionThreadsTests::isVirtual);
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_21)
	void theSessionsBeyondRunOnVirtualThreads() throws Exception {
		run(SessionThreads.PLATFORM_THREADS);
		assertThat(run(10)).allMatch(SessionThreadsTests::isVirtual);
	}

	@Test
	@EnabledForJreRange(max = JRE.JAVA_20)
	void whereThereAreNoVirtualThreadsTheSessionsBeyondRunOnPlatformThreads() throws Exception {
		assertThat(run(SessionThreads.PLATFORM_THREADS + 10)).hasSize(SessionThreads.PLATFORM_THREADS + 10);
	}

	@Test
	void threadOfASessionThatEndedTakesTheNext() throws Exception {
		List<Thread> busy = run(SessionThreads.PLATFORM_THREADS);
		this.end.countDown();
		await().untilAsserted(
				() -> assertThat(busy).allMatch((thread) -> thread.getState() == Thread.State.TIMED_WAITING));
		BlockingQueue<Thread> next = new LinkedBlockingQueue<>();
		this.executor.execute(() -> next.add(Thread.currentThread()));
		assertThat(next.poll(10, TimeUnit.SECONDS)).isIn(busy);
	}

	@Test
	void threadsAreNamedAfterSessionsAndLetTheJvmEnd() throws Exception {
		assertThat(run(SessionThreads.PLATFORM_THREADS + 1)).allMatch(Thread::isDaemon)
			.allMatch((thread) -> thread.getName().startsWith("smtpd-session-"));
	}

	/** Begins sessions that go on until the test ends. */
	private List<Thread> run(int sessions) throws InterruptedException {
		List<Thread> begun = new ArrayList<>();
		for (int i = 0; i < sessions; i++) {
			this.executor.execute(() -> {
				this.threads.add(Thread.currentThread());
				awaitEnd();
			});
			begun.add(this.threads.poll(10, TimeUnit.SECONDS));
		}
		return begun;
	}

	private void awaitEnd() {
		try {
			this.end.await(10, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/** Before Java 21 there is no {@code Thread.isVirtual}. */
	private static boolean isVirtual(Thread thread) {
		return thread.getClass().getSimpleName().equals("VirtualThread");
	}

}
