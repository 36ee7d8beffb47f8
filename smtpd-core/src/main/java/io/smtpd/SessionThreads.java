package io.smtpd;

import java.lang.reflect.Method;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

/**
 * What sessions run on by default: pooled platform threads for the first few, and a
 * virtual thread each for those beyond, on Java 21 and later. A virtual thread that waits
 * for a socket goes through a poller, which doubles the cost of a quiet dialogue and
 * makes a handful of busy sessions wait for each other; a crowd has no such cost, and
 * needs no stack for each. Before Java 21 all sessions are on platform threads.
 */
final class SessionThreads {

	/** So many sessions at once are not a crowd yet. */
	static final int PLATFORM_THREADS = 32;

	private static final String NAME = "smtpd-session-";

	private SessionThreads() {
	}

	static Executor executor() {
		ThreadFactory virtual = virtualThreadFactory();
		if (virtual == null) {
			return platformThreads(Integer.MAX_VALUE);
		}
		ThreadPoolExecutor few = platformThreads(PLATFORM_THREADS);
		few.setRejectedExecutionHandler((task, pool) -> virtual.newThread(task).start());
		return few;
	}

	/** Threads are handed sessions, never a queue: a session may last for hours. */
	private static ThreadPoolExecutor platformThreads(int most) {
		AtomicLong count = new AtomicLong();
		return new ThreadPoolExecutor(0, most, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), (task) -> {
			Thread thread = new Thread(task, NAME + count.getAndIncrement());
			thread.setDaemon(true);
			return thread;
		});
	}

	private static @Nullable ThreadFactory virtualThreadFactory() {
		try {
			Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
			Class<?> type = Class.forName("java.lang.Thread$Builder");
			Method name = type.getMethod("name", String.class, long.class);
			return (ThreadFactory) type.getMethod("factory").invoke(name.invoke(builder, NAME, 0L));
		}
		catch (ReflectiveOperationException ex) {
			return null; // before Java 21
		}
	}

}
