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
 * What sessions run on by default: a virtual thread each on Java 21 and later, pooled
 * platform threads before. The class level is 17, so the newer API is looked up.
 */
final class SessionThreads {

	private static final String NAME = "smtpd-session-";

	private SessionThreads() {
	}

	static Executor executor() {
		ThreadFactory virtual = virtualThreadFactory();
		if (virtual != null) {
			return (task) -> virtual.newThread(task).start();
		}
		AtomicLong count = new AtomicLong();
		return new ThreadPoolExecutor(0, Integer.MAX_VALUE, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), (task) -> {
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
