package io.smtpd;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.smtpd.DeadlineTests.Outcomes;
import io.smtpd.SessionListener.MessageOutcome;
import io.smtpd.SessionListener.SessionOutcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** How sessions end when the server stops (RFC 5321 §3.8) or the client goes away. */
class SessionEndTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	private final Outcomes outcomes = new Outcomes();

	@Test
	void idleSessionIsToldAndClosedWhenTheServerStops() throws IOException {
		try (TestServer server = start(); RawClient client = server.connect(); RawClient silent = server.connect()) {
			client.expect("EHLO client.example.org", "250");
			assertThat(server.server().stop(LONG)).isTrue();
			client.expect("421 4.3.2").expectClosed();
			silent.expect("421 4.3.2").expectClosed();
			await().untilAsserted(() -> assertThat(this.outcomes.sessions).containsExactly(SessionOutcome.SHUTDOWN,
					SessionOutcome.SHUTDOWN));
		}
	}

	@Test
	void transactionUnderWayMayFinish() throws Exception {
		try (TestServer server = start(); RawClient client = server.connect()) {
			client.openTransaction();
			CompletableFuture<Boolean> stopped = CompletableFuture.supplyAsync(() -> server.server().stop(LONG));
			await().until(() -> server.server().isStopping() && !server.server().isAccepting("default"));
			client.expect("RCPT TO:<other@example.org>", "250").expect("DATA", "354");
			client.send("late\r\n.\r\n").expect("250 2.0.0").expect("421 4.3.2").expectClosed();
			assertThat(stopped.get(30, TimeUnit.SECONDS)).isTrue();
			assertThat(server.messages()).hasSize(1);
			assertThat(this.outcomes.messages).containsExactly(MessageOutcome.ACCEPTED);
		}
	}

	@Test
	void transactionThatIsDroppedEndsTheWait() throws Exception {
		try (TestServer server = start(); RawClient client = server.connect()) {
			client.openTransaction();
			CompletableFuture<Boolean> stopped = CompletableFuture.supplyAsync(() -> server.server().stop(LONG));
			await().until(() -> server.server().isStopping());
			client.expect("RSET", "250").expect("421 4.3.2").expectClosed();
			assertThat(stopped.get(30, TimeUnit.SECONDS)).isTrue();
		}
	}

	@Test
	void transactionThatDoesNotFinishIsCutAfterTheGracePeriod() throws IOException {
		try (TestServer server = start(); RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354").send("half a message");
			assertThat(server.server().stop(Duration.ofMillis(200))).isFalse();
			client.expect("421 4.3.2").expectClosed();
			assertThat(server.messages()).isEmpty();
			await().untilAsserted(() -> assertThat(this.outcomes.messages).containsExactly(MessageOutcome.ABORTED));
		}
	}

	@Test
	void closeCutsAGracePeriodShort() throws Exception {
		try (TestServer server = start(); RawClient client = server.connect()) {
			client.openTransaction();
			CompletableFuture<Boolean> stopped = CompletableFuture
				.supplyAsync(() -> server.server().stop(Duration.ofHours(1)));
			await().until(server.server()::isStopping);
			server.server().close();
			client.expect("421 4.3.2").expectClosed();
			assertThat(stopped.get(30, TimeUnit.SECONDS)).isNotNull();
		}
	}

	/** RFC 2920 lets a server gather replies, but a handler may take its time. */
	@Test
	void messageIsAnsweredBeforeTheNextOneIsHandled() throws Exception {
		CountDownLatch release = new CountDownLatch(1);
		try (TestServer server = TestServer.start((builder) -> builder.messageHandler((peer, envelope) -> {
			if (envelope.id().endsWith(".2")) {
				release.await();
			}
		})); RawClient client = server.connect()) {
			String message = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n";
			client.expect("EHLO client.example.org", "250").send(message + message);
			client.expect("250").expect("250").expect("354").expect("250 2.0.0");
			release.countDown();
			client.expect("250").expect("250").expect("354").expect("250 2.0.0");
		}
	}

	/** The client must not be told of success by a handler that was cut off. */
	@Test
	void handlerThatHangsIsInterruptedAndNothingIsAcceptedAfterTheCut() throws Exception {
		CountDownLatch handling = new CountDownLatch(1);
		CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
		try (TestServer server = TestServer
			.start((builder) -> builder.sessionListener(this.outcomes).messageHandler((peer, envelope) -> {
				handling.countDown();
				try {
					new CountDownLatch(1).await();
				}
				catch (InterruptedException ex) {
					interrupted.complete(true); // and goes on as if nothing had been
				}
			})); RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354").send(".\r\nNOOP\r\n");
			handling.await();
			assertThat(server.server().stop(Duration.ofMillis(200))).isFalse();
			client.expect("421 4.3.2").expectClosed();
			assertThat(interrupted.get(30, TimeUnit.SECONDS)).isTrue();
			await().untilAsserted(() -> assertThat(this.outcomes.sessions).containsExactly(SessionOutcome.SHUTDOWN));
			assertThat(server.server().sessions()).isEmpty();
		}
	}

	/** A late interrupt belongs to the callback, not to the session after it. */
	@Test
	void interruptLeftByAHandlerDoesNotHarmTheSession() throws IOException {
		try (TestServer server = TestServer
			.start((builder) -> builder.messageHandler((peer, envelope) -> Thread.currentThread().interrupt()));
				RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354").send(".\r\n").expect("250").expect("NOOP", "250");
		}
	}

	/** The client hangs up in every state: no message, no session left. */
	@ParameterizedTest
	@ValueSource(strings = { "", "E", "EHLO client.example.org", "EHLO client.example.org\r\n",
			"EHLO client.example.org\r\nMAIL FROM:<a@example.org>\r\n",
			"EHLO client.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\n",
			"EHLO client.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA",
			"EHLO client.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n",
			"EHLO client.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n.",
			"EHLO client.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n.\r",
			"EHLO client.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nx\r\n.\r",
			"EHLO client.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nx\r\n.\n" })
	void clientThatHangsUpLeavesNothing(String sent) throws IOException {
		try (TestServer server = start()) {
			try (RawClient client = server.connect()) {
				client.send(sent);
				client.shutdownOutput();
				await().until(() -> server.server().sessions().isEmpty());
			}
			assertThat(server.messages()).isEmpty();
			await().untilAsserted(() -> assertThat(this.outcomes.sessions).containsExactly(SessionOutcome.LOST));
			assertThat(this.outcomes.messages).isSubsetOf(List.of(MessageOutcome.ABORTED));
		}
	}

	/** RFC 5321 §4.1.1.10: QUIT is answered, also when the client is in a hurry. */
	@Test
	void messageOfAClientThatHangsUpAfterItIsKept() throws IOException {
		try (TestServer server = start()) {
			try (RawClient client = server.connect()) {
				client.openTransaction().expect("DATA", "354").send("text\r\n.\r\nQUIT\r\n");
			}
			await().untilAsserted(() -> assertThat(server.messages()).hasSize(1));
			await().until(() -> server.server().sessions().isEmpty());
		}
	}

	@Test
	void resetByTheClientEndsTheSession() throws IOException {
		try (TestServer server = start(); RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354").send("half");
			client.socket().setSoLinger(true, 0);
			client.close();
			await().until(() -> server.server().sessions().isEmpty());
			await().untilAsserted(() -> assertThat(this.outcomes.sessions).containsExactly(SessionOutcome.LOST));
		}
	}

	/** Every listener is told of every session's end once, even of those that fail. */
	@Test
	void failingSessionListenerDoesNoHarm() throws IOException {
		List<String> events = new CopyOnWriteArrayList<>();
		try (TestServer server = TestServer.start((builder) -> builder.sessionListener(new SessionListener() {

			@Override
			public void replied(Peer peer, String verb, SmtpReply reply, Duration elapsed) {
				events.add(verb + " " + reply.code());
				throw new IllegalStateException("broken listener");
			}
		}).sessionListener(this.outcomes)); RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354").send(".\r\n").expect("250");
			client.expect("foo", "500").expect("QUIT", "221").expectClosed();
			await().untilAsserted(() -> assertThat(this.outcomes.sessions).containsExactly(SessionOutcome.QUIT));
			assertThat(events).containsExactly("EHLO 250", "MAIL 250", "RCPT 250", "DATA 250", "unknown 500",
					"QUIT 221");
		}
	}

	private TestServer start() throws IOException {
		return TestServer.start((builder) -> builder.sessionListener(this.outcomes));
	}

}
