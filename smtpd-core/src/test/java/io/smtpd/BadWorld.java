package io.smtpd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;

import io.smtpd.SmtpServer.Listener;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A server with few places in a world where things go wrong. Whatever it was, afterwards
 * nothing of it may be left, which is counted, and mail goes through as before.
 */
final class BadWorld implements AutoCloseable {

	/** So few that a place that is lost is missed. */
	static final int PLACES = 4;

	static final String IMPLICIT = "implicit";

	private static final Executor THREADS = SessionThreads.executor();

	private final AtomicInteger busyThreads = new AtomicInteger();

	private final AtomicInteger mails = new AtomicInteger();

	private final Path spoolDirectory;

	private final TestServer world;

	private final Census before;

	private BadWorld(Path spoolDirectory, Consumer<SmtpServer.Builder> settings) throws IOException {
		this.spoolDirectory = spoolDirectory;
		expectNoServerThreads(); // a watchdog sees the end of its server a moment later
		this.world = TestServer.start((builder) -> {
			builder.executor(this::execute)
				.spoolDirectory(spoolDirectory)
				.spoolMemoryThreshold(1000)
				.maxConnections(PLACES)
				.limits(SmtpLimits.none().maxConnectionsPerAddress(PLACES))
				.authenticator(Authenticator.passwords((peer, name, password) -> false))
				.authAllowWithoutTls(true)
				.listener(Listener.of(TestServer.loopback())
					.named(IMPLICIT)
					.tls(TlsPolicy.implicit(Certificates::server)));
			settings.accept(builder);
		}, TlsPolicy.startTls(Certificates::server));
		expectService(); // loads and opens what stays
		eventually().until(() -> census().sessions() == 0 && census().busyThreads() == 0);
		this.before = census();
	}

	static BadWorld open(Path spoolDirectory) throws IOException {
		return open(spoolDirectory, (builder) -> {
		});
	}

	static BadWorld open(Path spoolDirectory, Consumer<SmtpServer.Builder> settings) throws IOException {
		return new BadWorld(spoolDirectory, settings);
	}

	static ConditionFactory eventually() {
		return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(5));
	}

	private void execute(Runnable task) {
		THREADS.execute(() -> {
			this.busyThreads.incrementAndGet();
			try {
				task.run();
			}
			finally {
				this.busyThreads.decrementAndGet();
			}
		});
	}

	SmtpServer server() {
		return this.world.server();
	}

	TestServer testServer() {
		return this.world;
	}

	/** How many messages lie in files now. */
	long spoolFiles() {
		try (Stream<Path> files = Files.walk(this.spoolDirectory)) {
			return files.filter((path) -> path.toString().endsWith(".data")).count();
		}
		catch (IOException | UncheckedIOException ex) {
			return -1; // one was deleted in the middle of it
		}
	}

	private Census census() {
		return new Census(server().sessions().size(), this.busyThreads.get(), serverThreads(), spoolFiles(), sockets());
	}

	/** Those of the session have their own count; farewells are said by few, for long. */
	private static long serverThreads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.map(Thread::getName)
			.filter((name) -> name.startsWith("smtpd-acceptor") || name.startsWith("smtpd-watchdog"))
			.count();
	}

	private static void expectNoServerThreads() {
		eventually().untilAsserted(() -> assertThat(serverThreads()).as("threads of the server").isZero());
	}

	/** Where the system tells; no test runs beside this one. */
	private static long sockets() {
		Path descriptors = Path.of("/proc/self/fd");
		if (!Files.isDirectory(descriptors)) {
			return 0;
		}
		try (Stream<Path> all = Files.list(descriptors)) {
			return all.filter(BadWorld::isSocket).count();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static boolean isSocket(Path descriptor) {
		try {
			return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
		}
		catch (IOException ex) {
			return false; // closed meanwhile
		}
	}

	/** The client's own ends are closed by now. */
	void expectNothingLeft() {
		eventually().untilAsserted(() -> assertThat(census()).satisfies((now) -> {
			assertThat(now.withoutSockets()).isEqualTo(this.before.withoutSockets());
			assertThat(now.sockets()).as("open sockets").isLessThanOrEqualTo(this.before.sockets());
		}));
	}

	/** Nothing is left of what went wrong, and a good client does not notice anything. */
	void expectAsBefore() throws IOException {
		expectNothingLeft();
		expectService();
		expectNothingLeft();
	}

	/** Sends a mail, and one in TLS, both too large for the memory. */
	void expectService() throws IOException {
		try (RawClient client = this.world.connect()) {
			expectMail(client);
			client.expect("STARTTLS", "220");
			try (Socket secured = Certificates.secure(client.socket()); RawClient inTls = new RawClient(secured)) {
				expectMail(inTls);
				inTls.expect("QUIT", "221").expectClosed();
			}
		}
	}

	private void expectMail(RawClient client) throws IOException {
		String text = "Subject: mail " + this.mails.incrementAndGet() + "\r\n\r\n" + Stage.HALF;
		String reply = client.openTransaction().expect("DATA", "354").send(text + ".\r\n").reply();
		assertThat(reply).startsWith("250 2.0.0 ");
		assertThat(this.world.messages()).filteredOn((message) -> reply.endsWith(" " + message.id()))
			.extracting(ReceivedMessage::text)
			.containsExactly(text);
	}

	@Override
	public void close() {
		try {
			assertThat(server().stop(Duration.ofSeconds(20))).as("no place is taken").isTrue();
			try (Stream<Path> left = Files.list(this.spoolDirectory)) {
				assertThat(left).isEmpty();
			}
			expectNoServerThreads();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		finally {
			this.world.close();
		}
	}

	/**
	 * What the server holds.
	 *
	 * @param sessions how many sessions there are
	 * @param busyThreads how many threads have a session
	 * @param serverThreads how many others there are
	 * @param spoolFiles how many messages lie in files
	 * @param sockets how many sockets are open in this process
	 */
	private record Census(int sessions, int busyThreads, long serverThreads, long spoolFiles, long sockets) {

		Census withoutSockets() {
			return new Census(this.sessions, this.busyThreads, this.serverThreads, this.spoolFiles, 0);
		}

	}

}
