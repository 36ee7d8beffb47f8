package io.smtpd.autoconfigure;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.system.JavaVersion;
import org.springframework.core.env.Environment;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * What the sessions run on, where that is not the core's default. It holds the executor
 * and is none: an {@link Executor} bean would make Spring Boot withdraw its own task
 * executor.
 */
final class SessionExecutor implements AutoCloseable {

	private static final String SPRING_VIRTUAL_THREADS = "spring.threads.virtual.enabled";

	private static final String NAME = "smtpd-session-";

	private final @Nullable Executor executor;

	private final @Nullable ExecutorService owned;

	private SessionExecutor(@Nullable Executor executor, @Nullable ExecutorService owned) {
		this.executor = executor;
		this.owned = owned;
	}

	/**
	 * Chooses the executor.
	 * @param users the application's own, or null
	 */
	static SessionExecutor choose(@Nullable Executor users, SmtpServerProperties properties, Environment environment) {
		if (users != null) {
			return new SessionExecutor(users, null);
		}
		Boolean virtual = properties.getVirtualThreads();
		if (virtual == null) {
			virtual = environment.getProperty(SPRING_VIRTUAL_THREADS, Boolean.class);
		}
		if (virtual == null) {
			return new SessionExecutor(null, null); // the core's default has both kinds
		}
		if (virtual && JavaVersion.getJavaVersion().isEqualOrNewerThan(JavaVersion.TWENTY_ONE)) {
			return new SessionExecutor(new VirtualThreadTaskExecutor(NAME), null);
		}
		ExecutorService platformThreads = platformThreads();
		return new SessionExecutor(platformThreads, platformThreads);
	}

	/** As many as there are sessions, which are limited already. */
	private static ExecutorService platformThreads() {
		CustomizableThreadFactory threads = new CustomizableThreadFactory(NAME);
		threads.setDaemon(true);
		ThreadFactory factory = threads;
		return new ThreadPoolExecutor(0, Integer.MAX_VALUE, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
	}

	/** The executor for the builder, or null for the core's default. */
	@Nullable Executor executor() {
		return this.executor;
	}

	@Override
	public void close() {
		if (this.owned != null) {
			this.owned.shutdown();
		}
	}

}
