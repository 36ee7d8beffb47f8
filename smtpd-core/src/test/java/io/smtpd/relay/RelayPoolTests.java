package io.smtpd.relay;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** How upstream connections are kept, and what happens when they were not worth it. */
@Timeout(30)
class RelayPoolTests {

	private static final String ACCEPTED = "250 2.0.0 Ok: queued as ";

	@Test
	void connectionIsUsedForManyMessages() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet("PIPELINING");
			talk.acceptMessages();
		}); RelayingServer server = new RelayingServer(upstream.relay().build())) {
			for (int i = 0; i < 5; i++) {
				assertThat(server.deliver("a@example.org")).startsWith(ACCEPTED);
			}
			assertThat(upstream.connections()).isEqualTo(1);
			assertThat(upstream.messages()).hasSize(5);
			assertThat(upstream.commands().subList(0, 7)).containsExactly("EHLO relay.example",
					"MAIL FROM:<sender@client.example>", "RCPT TO:<a@example.org>", "DATA", "RSET",
					"MAIL FROM:<sender@client.example>", "RCPT TO:<a@example.org>");
		}
	}

	@Test
	void connectionIsUsedAgainAfterARefusal() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.answer("MAIL", "250 ok");
			talk.answer("RCPT", "550 5.1.1 No such user");
			talk.acceptMessages();
		}); RelayingServer server = new RelayingServer(upstream.relay().build())) {
			assertThat(server.deliver("a@example.org")).isEqualTo("550 5.1.1 No such user");
			assertThat(server.deliver("b@example.org")).startsWith(ACCEPTED);
			assertThat(upstream.connections()).isEqualTo(1);
		}
	}

	@Test
	void connectionThatWasClosedWhileIdleIsReplaced() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.acceptEnvelope(1);
			talk.readData();
			talk.say("250 ok");
		}); RelayingServer server = new RelayingServer(upstream.relay().build())) {
			for (int i = 0; i < 3; i++) {
				assertThat(server.deliver("a@example.org")).startsWith(ACCEPTED);
			}
			assertThat(upstream.connections()).isEqualTo(3);
			assertThat(upstream.messages()).hasSize(3);
		}
	}

	/** For example because upstream takes so many messages from one connection. */
	@ParameterizedTest
	@ValueSource(strings = { "RSET", "MAIL", "RCPT", "DATA" })
	void usedConnectionThatIsEndedBeforeTheDataIsReplaced(String lastCommand) throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.acceptEnvelope(1);
			talk.readData();
			talk.say("250 ok");
			String command = talk.expect("RSET");
			while (!command.startsWith(lastCommand)) {
				talk.say("250 ok");
				command = talk.expect("");
			}
			talk.say("421 4.7.0 Enough");
		}, (talk) -> {
			talk.greet();
			talk.acceptMessages();
		}); RelayingServer server = new RelayingServer(upstream.relay().build())) {
			assertThat(server.deliver("a@example.org")).startsWith(ACCEPTED);
			assertThat(server.deliver("b@example.org")).startsWith(ACCEPTED);
			assertThat(upstream.connections()).isEqualTo(2);
			assertThat(upstream.messages()).hasSize(2);
		}
	}

	@Test
	void usedConnectionThatIsLostBehindTheFinalDotIsNotReplaced() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.acceptEnvelope(1);
			talk.readData();
			talk.say("250 ok");
			talk.answer("RSET", "250 ok");
			talk.acceptEnvelope(1);
			talk.readData();
		}); RelayingServer server = new RelayingServer(upstream.relay().build())) {
			assertThat(server.deliver("a@example.org")).startsWith(ACCEPTED);
			assertThat(server.deliver("b@example.org")).isEqualTo("451 4.4.2 Connection to the relay host was lost");
			assertThat(upstream.connections()).isEqualTo(1);
			assertThat(upstream.messages()).hasSize(2);
		}
	}

	@Test
	void freshConnectionIsTriedOnce() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.answer("MAIL", "421 4.7.0 Not now");
		}); RelayingServer server = new RelayingServer(upstream.relay().build())) {
			assertThat(server.deliver("a@example.org")).isEqualTo("451 4.7.0 Not now");
			assertThat(upstream.connections()).isEqualTo(1);
		}
	}

	@Test
	void idleConnectionSaysGoodbyeAfterAWhile() throws Exception {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.acceptMessages();
		}); RelayHandler relay = upstream.relay().build(Duration.ofMillis(50))) {
			relay.handle(Envelopes.PEER, Envelopes.of(RelayingServer.MESSAGE));
			await().until(() -> upstream.commands().contains("QUIT"));
			relay.handle(Envelopes.PEER, Envelopes.of(RelayingServer.MESSAGE));
			assertThat(upstream.connections()).isEqualTo(2);
		}
	}

	@Test
	void moreMessagesThanConnectionsWait() throws Exception {
		CountDownLatch busy = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.acceptEnvelope(1);
			talk.readData();
			busy.countDown();
			goOn.await();
			talk.say("250 ok");
			talk.acceptMessages();
		}); RelayHandler relay = upstream.relay().poolSize(1).connectTimeout(Duration.ofMillis(500)).build()) {
			CompletableFuture<Object> first = CompletableFuture
				.supplyAsync(() -> String.valueOf(Envelopes.failure(relay, Envelopes.of(RelayingServer.MESSAGE))));
			assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
			assertThat(Envelopes.refusal(relay, Envelopes.of(RelayingServer.MESSAGE)))
				.hasToString("451 4.4.5 Too many messages for the relay host at once");
			goOn.countDown();
			assertThat(first).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("null");
			assertThat(Envelopes.failure(relay, Envelopes.of(RelayingServer.MESSAGE))).isNull();
			assertThat(upstream.connections()).isEqualTo(1);
		}
	}

	@Test
	void closingEndsMessagesUnderWay() throws Exception {
		CountDownLatch busy = new CountDownLatch(1);
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.acceptEnvelope(1);
			talk.readData();
			busy.countDown();
			talk.hang();
		}); RelayHandler relay = upstream.relay().build()) {
			CompletableFuture<Object> first = CompletableFuture
				.supplyAsync(() -> String.valueOf(Envelopes.refusal(relay, Envelopes.of(RelayingServer.MESSAGE))));
			assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
			relay.close();
			assertThat(first).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("451 4.3.2 Relay is shutting down");
			assertThat(Envelopes.refusal(relay, Envelopes.of(RelayingServer.MESSAGE)))
				.hasToString("451 4.3.2 Relay is shutting down");
		}
	}

	@Test
	void probeTellsWhatItFound() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.answer("QUIT", "221 bye");
		}, (talk) -> talk.say("554 5.3.2 Closed for today")); RelayHandler relay = upstream.relay().build()) {
			RelayProbe first = relay.probe();
			assertThat(first.available()).isTrue();
			assertThat(first.secure()).isFalse();
			assertThat(first.greeting()).isEqualTo("upstream.example ESMTP");
			assertThat(first.problem()).isNull();
			RelayProbe second = relay.probe();
			assertThat(second.available()).isFalse();
			assertThat(second.problem()).contains("Closed for today");
			await()
				.untilAsserted(() -> assertThat(upstream.commands()).isEqualTo(List.of("EHLO relay.example", "QUIT")));
		}
	}

	@Test
	void probeOfAnUpstreamThatHangsEnds() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing(ScriptedUpstream.Talk::hang);
				RelayHandler relay = upstream.relay().connectTimeout(Duration.ofMillis(200)).build()) {
			RelayProbe probe = relay.probe();
			assertThat(probe.available()).isFalse();
			assertThat(probe.problem()).contains("Timeout");
			assertThat(probe.elapsed()).isLessThan(Duration.ofSeconds(5));
		}
	}

}
