package io.smtpd;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

import io.smtpd.SessionListener.MessageOutcome;
import io.smtpd.SessionListener.SessionOutcome;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * RFC 5321 §4.5.3.2, with deadlines for the whole of a thing: a client that sends an
 * octet now and then does not hold a session for ever.
 */
class DeadlineTests {

	private static final Duration SHORT = Duration.ofMillis(400);

	private static final Duration LONG = Duration.ofSeconds(30);

	private final Outcomes outcomes = new Outcomes();

	@Test
	void silentClientIsToldAndCut() throws IOException {
		try (TestServer server = start(SHORT, LONG, LONG); RawClient client = server.connect()) {
			long startedAt = System.nanoTime();
			client.expect("421 4.4.2").expectClosed();
			assertElapsed(startedAt);
			await().untilAsserted(() -> assertThat(this.outcomes.sessions).containsExactly(SessionOutcome.TIMEOUT));
		}
	}

	@Test
	void slowDripOfACommandIsCutAtTheDeadlineOfTheLine() throws Exception {
		try (TestServer server = start(SHORT, LONG, LONG); RawClient client = server.connect()) {
			drip(client, 'N');
			await().untilAsserted(() -> assertThat(this.outcomes.sessions).containsExactly(SessionOutcome.TIMEOUT));
		}
	}

	@Test
	void slowDripInATransactionIsCutToo() throws Exception {
		try (TestServer server = start(SHORT, LONG, LONG); RawClient client = server.connect()) {
			client.openTransaction();
			drip(client, 'R');
			await().untilAsserted(() -> assertThat(this.outcomes.sessions).containsExactly(SessionOutcome.TIMEOUT));
		}
	}

	/** The excess of an over-long line is dropped, but not for ever. */
	@Test
	void endlessLineIsCut() throws Exception {
		try (TestServer server = start(SHORT, LONG, LONG); RawClient client = server.connect()) {
			client.send("N".repeat(5000));
			drip(client, 'N');
		}
	}

	@Test
	void eachCommandHasItsOwnTime() throws Exception {
		try (TestServer server = start(Duration.ofSeconds(1), LONG, LONG); RawClient client = server.connect()) {
			long startedAt = System.nanoTime();
			while (System.nanoTime() - startedAt < Duration.ofMillis(1500).toNanos()) {
				client.expect("NOOP", "250");
			}
			assertThat(this.outcomes.sessions).isEmpty();
		}
	}

	@Test
	void mailDataHasATimeAsAWhole() throws Exception {
		try (TestServer server = start(LONG, LONG, SHORT); RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354");
			drip(client, 'x');
			await().untilAsserted(() -> assertThat(this.outcomes.messages).containsExactly(MessageOutcome.ABORTED));
			assertThat(server.messages()).isEmpty();
		}
	}

	@Test
	void silenceInMailDataIsCutAtTheReadTimeout() throws IOException {
		try (TestServer server = start(SHORT, LONG, LONG); RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354").send("half");
			client.expect("421 4.4.2").expectClosed();
			assertThat(server.messages()).isEmpty();
		}
	}

	/** A slow handler is the server's matter: no deadline of the client's runs. */
	@Test
	void handlerMayTakeLongerThanTheClientMay() throws IOException {
		try (TestServer server = TestServer.start((builder) -> builder.readTimeout(SHORT)
			.writeTimeout(SHORT)
			.dataTimeout(SHORT)
			.messageHandler((peer, envelope) -> Thread.sleep(3 * SHORT.toMillis())));
				RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354").send(".\r\n").expect("250 2.0.0").expect("NOOP", "250");
		}
	}

	/** The stuck reader: it pipelines for ever and takes no reply. */
	@Test
	void clientThatDoesNotReadIsCutAtTheWriteTimeout() throws IOException {
		try (TestServer server = TestServer.start((builder) -> builder.readTimeout(LONG)
			.writeTimeout(SHORT)
			.limits(SmtpLimits.none())
			.sessionListener(this.outcomes)); Socket socket = new Socket()) {
			socket.setReceiveBufferSize(4096);
			InetSocketAddress address = server.address();
			socket.connect(address);
			byte[] commands = "HELP\r\n".repeat(10_000).getBytes(StandardCharsets.US_ASCII);
			AtomicBoolean over = new AtomicBoolean();
			Thread sender = new Thread(() -> {
				try {
					while (!over.get()) {
						socket.getOutputStream().write(commands);
					}
				}
				catch (IOException ex) {
					over.set(true); // cut, as it should be
				}
			});
			sender.start();
			await().untilAsserted(() -> assertThat(this.outcomes.sessions).containsExactly(SessionOutcome.TIMEOUT));
			await().until(() -> server.server().sessions().isEmpty());
			over.set(true);
		}
	}

	private TestServer start(Duration readTimeout, Duration writeTimeout, Duration dataTimeout) throws IOException {
		return TestServer.start((builder) -> builder.readTimeout(readTimeout)
			.writeTimeout(writeTimeout)
			.dataTimeout(dataTimeout)
			.limits(SmtpLimits.none())
			.sessionListener(this.outcomes));
	}

	/** Sends an octet every few milliseconds until the server has had enough. */
	private static void drip(RawClient client, char octet) throws Exception {
		AtomicBoolean over = new AtomicBoolean();
		Thread dripping = new Thread(() -> {
			try {
				while (!over.get()) {
					client.send(String.valueOf(octet));
					Thread.sleep(20);
				}
			}
			catch (IOException | InterruptedException ex) {
				over.set(true); // cut, as it should be
			}
		});
		long startedAt = System.nanoTime();
		dripping.start();
		try {
			assertThat(client.reply()).startsWith("421 4.4.2");
			assertElapsed(startedAt);
		}
		finally {
			over.set(true);
			dripping.join();
		}
	}

	private static void assertElapsed(long startedAt) {
		assertThat(Duration.ofNanos(System.nanoTime() - startedAt)).isBetween(SHORT.dividedBy(2),
				Duration.ofSeconds(8));
	}

	/** How sessions and messages ended. */
	static final class Outcomes implements SessionListener {

		final List<SessionOutcome> sessions = new CopyOnWriteArrayList<>();

		final List<MessageOutcome> messages = new CopyOnWriteArrayList<>();

		@Override
		public void messageEnded(Peer peer, Envelope envelope, MessageOutcome outcome, Duration elapsed) {
			this.messages.add(outcome);
		}

		@Override
		public void disconnected(Peer peer, SessionOutcome outcome, Duration elapsed, @Nullable Throwable cause) {
			this.sessions.add(outcome);
		}

	}

}
