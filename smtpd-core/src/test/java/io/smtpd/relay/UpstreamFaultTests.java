package io.smtpd.relay;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

import io.smtpd.relay.ScriptedUpstream.Script;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Everything that can go wrong upstream, and what the client is told of it. */
@Timeout(30)
class UpstreamFaultTests {

	private static final Duration SHORT = Duration.ofMillis(300);

	private static final String TIMED_OUT = "451 4.4.2 Timeout while talking to the relay host";

	private static final String LOST = "451 4.4.2 Connection to the relay host was lost";

	private static final String BAD_REPLY = "451 4.5.0 Relay host gave a reply that is no SMTP";

	/** The reply to a message; the client's session must go on behind it. */
	private static String replyTo(RelayHandler.Builder relay, String... recipients) throws IOException {
		try (RelayingServer server = new RelayingServer(relay.build())) {
			String reply = server.deliver(recipients);
			assertThat(server.ask("NOOP")).startsWith("250 ");
			return reply;
		}
	}

	private static String replyTo(Script script) throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing(script)) {
			String reply = replyTo(upstream.relay(), "a@example.org");
			assertThat(upstream.connections()).isEqualTo(1);
			return reply;
		}
	}

	@Test
	void refusedConnectionIsNoAnswer() throws IOException {
		int port;
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			port = socket.getLocalPort();
		}
		assertThat(replyTo(RelayHandler.to("127.0.0.1").port(port), "a@example.org"))
			.isEqualTo("451 4.4.1 Relay host does not answer, try again later");
	}

	@Test
	void unknownHostIsNoAnswer() throws IOException {
		assertThat(replyTo(RelayHandler.to("[not-an-address]"), "a@example.org"))
			.isEqualTo("451 4.4.1 Relay host does not answer, try again later");
	}

	@Test
	void hangingBeforeTheGreetingIsATimeout() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing(ScriptedUpstream.Talk::hang)) {
			assertThat(replyTo(upstream.relay().readTimeout(SHORT), "a@example.org")).isEqualTo(TIMED_OUT);
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "421 4.3.2 Too busy|451 4.3.2 Too busy", "421 Too busy|451 4.3.2 Too busy",
			"554 5.7.1 Not you|451 4.7.1 Not you", "554 No SMTP here|451 4.3.2 No SMTP here" })
	void refusalInsteadOfTheGreetingIsTemporary(String greeting, String expected) throws IOException {
		assertThat(replyTo((talk) -> talk.say(greeting))).isEqualTo(expected);
	}

	@Test
	@DisplayName("RFC 5321 §3.2: a server without EHLO is greeted with HELO")
	void serverWithoutEhloIsGreetedWithHelo() throws IOException {
		assertThat(replyTo((talk) -> {
			talk.say("220 old.example");
			talk.answer("EHLO relay.example", "500 what?");
			talk.answer("HELO relay.example", "250 hello");
			talk.acceptMessages();
		})).startsWith("250 2.0.0 Ok: queued as ");
	}

	@Test
	void temporaryRefusalOfMailGoesThrough() throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet();
			talk.answer("MAIL FROM:<sender@client.example>", "451 4.7.1 Try again in 5 minutes");
			talk.hang();
		})).isEqualTo("451 4.7.1 Try again in 5 minutes");
	}

	@Test
	void refusalWithSeveralLinesGoesThrough() throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet();
			talk.answer("MAIL", "550-5.7.1 We do not know you", "550-5.7.1 and never will", "550 5.7.1 see our site");
			talk.hang();
		})).isEqualTo("550-5.7.1 We do not know you\n550-5.7.1 and never will\n550 5.7.1 see our site");
	}

	@Test
	@DisplayName("RFC 5321 §4.3.2: of an unknown code the first digit counts")
	void unknownCodeKeepsItsClass() throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet();
			talk.answer("MAIL", "571 5.7.1 Spam");
			talk.hang();
		})).isEqualTo("550 5.7.1 Spam");
	}

	@Test
	void oneRefusedRecipientOfThreeRefusesTheMessage() throws IOException {
		CompletableFuture<String> rest = new CompletableFuture<>();
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.answer("MAIL", "250 ok");
			talk.answer("RCPT TO:<a@example.org>", "250 ok");
			talk.answer("RCPT TO:<b@example.org>", "550 5.1.1 No such user");
			rest.complete(talk.readToEnd());
		})) {
			assertThat(replyTo(upstream.relay(), "a@example.org", "b@example.org", "c@example.org"))
				.isEqualTo("550 5.1.1 No such user");
			assertThat(rest).succeedsWithin(Duration.ofSeconds(5)).asString().doesNotContain("DATA");
		}
	}

	@Test
	@DisplayName("RFC 2920: DATA is on its way when a recipient is refused, so the message must not get its end")
	void oneRefusedRecipientInAPipelineRefusesTheMessage() throws IOException {
		CompletableFuture<String> rest = new CompletableFuture<>();
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet("PIPELINING");
			for (String command : List.of("MAIL", "RCPT", "RCPT", "RCPT", "DATA")) {
				talk.expect(command);
			}
			talk.say("250 ok", "250 ok", "550 5.1.1 No such user", "250 ok", "354 go on");
			rest.complete(talk.readToEnd());
		})) {
			assertThat(replyTo(upstream.relay(), "a@example.org", "b@example.org", "c@example.org"))
				.isEqualTo("550 5.1.1 No such user");
			assertThat(rest).succeedsWithin(Duration.ofSeconds(5)).isEqualTo("");
		}
	}

	@Test
	void refusalBeforeAHangUpGoesThrough() throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet("PIPELINING");
			talk.answer("MAIL", "550 5.7.1 Not from there");
			talk.expect("RCPT");
			talk.expect("DATA");
		})).isEqualTo("550 5.7.1 Not from there");
	}

	@Test
	void refusalInTheFirstOfManyGroupsEndsTheTransaction() throws IOException {
		String[] recipients = new String[120];
		for (int i = 0; i < recipients.length; i++) {
			recipients[i] = "r" + i + "@example.org";
		}
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet("PIPELINING");
			talk.answer("MAIL", "250 ok");
			for (int i = 0; i < 49; i++) {
				talk.answer("RCPT", (i == 20) ? "452 4.2.2 Full" : "250 ok");
			}
			talk.acceptMessages();
		})) {
			assertThat(replyTo(upstream.relay(), recipients)).isEqualTo("452 4.2.2 Full");
			assertThat(upstream.commands()).doesNotContain("DATA").doesNotContain("RCPT TO:<r49@example.org>");
		}
	}

	@Test
	void refusedDataGoesThrough() throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet();
			talk.answer("MAIL", "250 ok");
			talk.answer("RCPT", "250 ok");
			talk.answer("DATA", "451 4.3.1 Disk full");
			talk.hang();
		})).isEqualTo("451 4.3.1 Disk full");
	}

	@Test
	void silenceBehindTheGoAheadIsATimeout() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.acceptEnvelope(1);
			talk.readData();
			talk.hang();
		})) {
			assertThat(replyTo(upstream.relay().readTimeout(SHORT), "a@example.org")).isEqualTo(TIMED_OUT);
			assertThat(upstream.connections()).isEqualTo(1);
		}
	}

	@Test
	void refusedMessageGoesThrough() throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet();
			talk.acceptEnvelope(1);
			talk.readData();
			talk.say("552 5.3.4 Too much for us");
			talk.hang();
		})).isEqualTo("552 5.3.4 Too much for us");
	}

	@Test
	@DisplayName("RFC 1047: whether upstream has the message cannot be known; it is not sent again by us")
	void connectionLostBehindTheFinalDotIsTemporary() throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet();
			talk.acceptEnvelope(1);
			talk.readData();
		})).isEqualTo(LOST);
	}

	@ParameterizedTest
	@ValueSource(strings = { "MAIL", "RCPT", "DATA" })
	void connectionLostWithinTheEnvelopeIsTemporary(String lastCommand) throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet();
			String command = talk.expect("MAIL");
			while (!command.startsWith(lastCommand)) {
				talk.say("250 ok");
				command = talk.expect("");
			}
		})).isEqualTo(LOST);
	}

	@Test
	@DisplayName("RFC 5321 §3.8: a 421 is between the relay and upstream; the client's session goes on")
	void shutdownUpstreamDoesNotEndTheClientsSession() throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet();
			talk.acceptEnvelope(1);
			talk.readData();
			talk.say("421 4.3.2 Shutting down");
		})).isEqualTo("451 4.3.2 Shutting down");
	}

	@ParameterizedTest
	@ValueSource(strings = { "garbage", "2x0 ok", "25", "150 ok", "650 ok", "250ok", "250-one\r\n251 two", "354 go on",
			"\u00fcbel", "HTTP/1.1 400 Bad Request" })
	void replyThatIsNoneIsTemporary(String reply) throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet();
			talk.answer("MAIL", reply);
			talk.hang();
		})).isEqualTo(BAD_REPLY);
	}

	@Test
	void anotherReplyThanTheGoAheadIsTemporary() throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet();
			talk.answer("MAIL", "250 ok");
			talk.answer("RCPT", "250 ok");
			talk.answer("DATA", "250 ok");
			assertThat(talk.readToEnd()).isEmpty();
		})).isEqualTo(BAD_REPLY);
	}

	@Test
	void goAheadInPlaceOfAReplyToRcptEndsTheConnection() throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet();
			talk.answer("MAIL", "250 ok");
			talk.answer("RCPT", "354 go on");
			assertThat(talk.readToEnd()).isEmpty();
		})).isEqualTo(BAD_REPLY);
	}

	@Test
	void endlessReplyLineIsBounded() throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet();
			talk.expect("MAIL");
			while (true) {
				talk.sayOctets("250 " + "x".repeat(10_000));
			}
		})).isEqualTo(BAD_REPLY);
	}

	@Test
	void endlessReplyIsBounded() throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet();
			talk.expect("MAIL");
			while (true) {
				talk.say("250-and so on");
			}
		})).isEqualTo(BAD_REPLY);
	}

	@Test
	void controlCharactersOfARefusalDoNotReachTheClient() throws IOException {
		assertThat(replyTo((talk) -> {
			talk.greet();
			talk.answer("MAIL", "550 5.7.1 a\rb\u001b[2Jc");
			talk.hang();
		})).isEqualTo("550 5.7.1 a b [2Jc");
	}

	@Test
	void replyInDropsIsBoundedAsAWhole() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.expect("MAIL");
			while (true) {
				talk.sayOctets("2");
				LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
			}
		})) {
			assertThat(replyTo(upstream.relay().readTimeout(SHORT), "a@example.org")).isEqualTo(TIMED_OUT);
		}
	}

	@Test
	void wholeTransactionIsBounded() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.answer("MAIL", "250 ok");
			talk.expect("RCPT");
			talk.hang();
		})) {
			assertThat(replyTo(upstream.relay().timeout(SHORT), "a@example.org")).isEqualTo(TIMED_OUT);
		}
	}

	@Test
	void upstreamThatDoesNotReadIsATimeout() throws Exception {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.acceptEnvelope(1);
			talk.hang();
		}); RelayHandler relay = upstream.relay().readTimeout(Duration.ofSeconds(1)).build()) {
			assertThat(Envelopes.refusal(relay, Envelopes.large(64 << 20))).hasToString(TIMED_OUT);
		}
	}

	@Test
	void refusalInTheMiddleOfTheDataGoesThrough() throws Exception {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.acceptEnvelope(1);
			talk.say("552 5.3.4 Too much for us");
		}); RelayHandler relay = upstream.relay().build()) {
			assertThat(Envelopes.refusal(relay, Envelopes.large(64 << 20))).hasToString("552 5.3.4 Too much for us");
		}
	}

	@Test
	void mailDataThatCannotBeReadIsNotSentToItsEnd() throws Exception {
		CompletableFuture<String> rest = new CompletableFuture<>();
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.acceptEnvelope(1);
			rest.complete(talk.readToEnd());
		}); RelayHandler relay = upstream.relay().build()) {
			InputStream header = InputStream.nullInputStream();
			InputStream broken = new InputStream() {
				@Override
				public int read() throws IOException {
					throw new IOException("disk on fire");
				}
			};
			List<InputStream> streams = Collections.synchronizedList(new ArrayList<>(List.of(header, broken)));
			assertThat(Envelopes.failure(relay, Envelopes.of(100, () -> streams.remove(0))))
				.isInstanceOf(IOException.class)
				.isNotInstanceOf(UncheckedIOException.class)
				.hasMessage("disk on fire");
			assertThat(rest).succeedsWithin(Duration.ofSeconds(5)).isEqualTo("");
		}
	}

}
