package io.smtpd;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.smtpd.SmtpServer.Listener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the server runs in fails: the application's code, its executor, the threads of the
 * system. As often as there are places and once more, so that none may be lost.
 */
class FailingHostTests {

	@TempDir
	Path directory;

	private final AtomicBoolean broken = new AtomicBoolean();

	static List<Error> errors() {
		return List.of(new OutOfMemoryError("Java heap space"), new StackOverflowError(),
				new NoClassDefFoundError("com/example/Missing"), new AssertionError("not so"));
	}

	@ParameterizedTest
	@MethodSource("errors")
	void errorOfAHandlerIsATemporaryFailureAndTheSessionGoesOn(Error error) throws IOException {
		try (BadWorld world = BadWorld.open(this.directory, (builder) -> builder.messageHandler((peer, envelope) -> {
			throwIfBroken(error);
		}))) {
			this.broken.set(true);
			try (RawClient client = world.testServer().connect()) {
				for (int i = 0; i <= BadWorld.PLACES; i++) {
					client.openTransaction().expect("DATA", "354").send(Stage.HALF + ".\r\n").expect("451 4.3.0");
				}
				assertThat(world.spoolFiles()).isZero();
				this.broken.set(false);
				client.openTransaction().expect("DATA", "354").send(Stage.HALF + ".\r\n").expect("250 2.0.0");
			}
			world.expectAsBefore();
		}
	}

	/** Wherever the application's code is called, an Error of it costs no place. */
	@ParameterizedTest
	@EnumSource
	void errorOfTheApplicationLeavesNothing(Code code) throws IOException {
		Runnable call = () -> throwIfBroken(new NoClassDefFoundError("com/example/Missing"));
		try (BadWorld world = BadWorld.open(this.directory, (builder) -> code.add(builder, call))) {
			this.broken.set(true);
			for (int i = 0; i <= BadWorld.PLACES; i++) {
				try (RawClient client = new RawClient(world.server().localAddress(code.name()))) {
					client.send("EHLO client.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\n"
							+ "RSET\r\nAUTH PLAIN AGEAYg==\r\nQUIT\r\n");
					List<String> replies = new ArrayList<>();
					for (String reply = client.reply(); reply != null; reply = client.reply()) {
						replies.add(reply.substring(0, 3));
					}
					assertThat(replies).isEqualTo(code.replies);
				}
			}
			this.broken.set(false);
			world.expectAsBefore();
		}
	}

	@ParameterizedTest
	@EnumSource
	void executorThatFailsLeavesNothing(Threads threads) throws IOException {
		Executor good = SessionThreads.executor();
		Semaphore greeted = new Semaphore(0);
		Executor bad = threads.create(greeted);
		try (BadWorld world = BadWorld.open(this.directory,
				(builder) -> builder.executor((task) -> (this.broken.get() ? bad : good).execute(task)))) {
			this.broken.set(true);
			for (int i = 0; i <= BadWorld.PLACES; i++) {
				try (RawClient client = new RawClient(world.server().localAddress())) {
					client.expect(threads.greeting);
					greeted.release();
					if (threads.greeting.startsWith("421")) {
						client.expectClosed();
					}
					else {
						client.expect("QUIT", "221");
					}
				}
				BadWorld.eventually().until(() -> world.server().sessions().isEmpty());
			}
			this.broken.set(false);
			world.expectAsBefore();
			expectNoMorePlacesThanBefore(world);
		}
	}

	/** They hold their own places and nothing else. */
	@Test
	void handlersThatHangHinderNobodyElse() throws Exception {
		CountDownLatch release = new CountDownLatch(1);
		CountDownLatch hanging = new CountDownLatch(BadWorld.PLACES - 1);
		try (BadWorld world = BadWorld.open(this.directory, (builder) -> builder.messageHandler((peer, envelope) -> {
			if (this.broken.get()) {
				hanging.countDown();
				release.await();
			}
		}))) {
			this.broken.set(true);
			List<RawClient> clients = new ArrayList<>();
			for (int i = 0; i < BadWorld.PLACES - 1; i++) {
				clients.add(world.testServer().connect().openTransaction().expect("DATA", "354"));
				clients.get(i).send(Stage.HALF + ".\r\n");
			}
			assertThat(hanging.await(10, TimeUnit.SECONDS)).isTrue();
			this.broken.set(false);
			world.expectService();
			release.countDown();
			for (RawClient client : clients) {
				client.expect("250 2.0.0");
				client.close();
			}
			world.expectAsBefore();
		}
	}

	private static void expectNoMorePlacesThanBefore(BadWorld world) throws IOException {
		List<RawClient> clients = new ArrayList<>();
		for (int i = 0; i < BadWorld.PLACES; i++) {
			clients.add(world.testServer().connect());
		}
		try (RawClient tooMany = new RawClient(world.server().localAddress())) {
			tooMany.expect("421 4.3.2");
		}
		for (RawClient client : clients) {
			client.close();
		}
		world.expectNothingLeft();
	}

	private void throwIfBroken(Error error) {
		if (this.broken.get()) {
			throw brief(error);
		}
	}

	/** The log of a test that succeeds is not to be read. */
	private static <T extends Throwable> T brief(T failure) {
		failure.setStackTrace(new StackTraceElement[0]);
		return failure;
	}

	/** Where the application's code is called, and how a session goes when it fails. */
	enum Code {

		CONNECTION_CHECKER("451"), HELO_CHECKER("220", "451", "503", "503", "250", "503", "221"),
		SENDER_CHECKER("220", "250", "451", "503", "250", "535", "221"),
		RECIPIENT_CHECKER("220", "250", "250", "451", "250", "535", "221"),
		AUTHENTICATOR("220", "250", "250", "250", "250", "454", "221"),
		SESSION_LISTENER("220", "250", "250", "250", "250", "535", "221"),
		RATE_LIMITER("220", "250", "250", "250", "250", "535", "221"), TLS_CONTEXT, PROXIES;

		private final List<String> replies;

		Code(String... replies) {
			this.replies = List.of(replies);
		}

		void add(SmtpServer.Builder builder, Runnable call) {
			Listener listener = Listener.of(TestServer.loopback()).named(name());
			switch (this) {
				case CONNECTION_CHECKER -> builder.connectionChecker((peer) -> call.run());
				case HELO_CHECKER -> builder.heloChecker((peer, name) -> call.run());
				case SENDER_CHECKER -> builder.senderChecker((peer, from) -> call.run());
				case RECIPIENT_CHECKER -> builder.recipientChecker((peer, from, to) -> call.run());
				case AUTHENTICATOR -> builder.authenticator(Authenticator.passwords((peer, name, password) -> {
					call.run();
					return false;
				}));
				case SESSION_LISTENER -> builder.sessionListener(new SessionListener() {

					@Override
					public void connected(Peer peer) {
						call.run();
					}

					@Override
					public void disconnected(Peer peer, SessionOutcome outcome, Duration elapsed, Throwable cause) {
						call.run();
					}
				});
				case RATE_LIMITER -> builder
					.limits(SmtpLimits.none().maxConnectionsPerAddress(BadWorld.PLACES).connectionRate(1_000_000))
					.rateLimiter((limit, client, perMinute) -> {
						call.run();
						return true;
					});
				case TLS_CONTEXT -> listener = listener.tls(TlsPolicy.implicit(() -> {
					call.run();
					return Certificates.server();
				}));
				case PROXIES -> listener = listener.proxyProtocol((address) -> {
					call.run();
					return true;
				});
			}
			builder.listener(listener);
		}

	}

	/** How the threads of an executor may fail. */
	enum Threads {

		/** A pool that is full, or shut down. */
		REJECTED("421 4.3.2"),

		/** The system has no more of them. */
		NO_NATIVE_THREAD("421 4.3.2"),

		/** A bug in the executor. */
		LINKAGE_ERROR("421 4.3.2"),

		/** A bug in what wraps the executor: it has taken the task. */
		FAILS_AFTER_THE_TASK_WAS_TAKEN("220");

		private final String greeting;

		Threads(String greeting) {
			this.greeting = greeting;
		}

		Executor create(Semaphore greeted) {
			Executor good = SessionThreads.executor();
			return switch (this) {
				case REJECTED -> (task) -> {
					throw brief(new RejectedExecutionException("full"));
				};
				case NO_NATIVE_THREAD -> new ThreadPoolExecutor(0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS,
						new SynchronousQueue<>(), (task) -> {
							throw brief(new OutOfMemoryError("unable to create native thread"));
						});
				case LINKAGE_ERROR -> (task) -> {
					throw brief(new NoClassDefFoundError("com/example/Missing"));
				};
				case FAILS_AFTER_THE_TASK_WAS_TAKEN -> (task) -> {
					good.execute(task);
					greeted.acquireUninterruptibly();
					throw brief(new IllegalStateException("after the fact"));
				};
			};
		}

	}

}
