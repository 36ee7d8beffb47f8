package io.smtpd.relay;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;

import io.smtpd.Envelope;
import io.smtpd.EsmtpExtension;
import io.smtpd.Peer;
import io.smtpd.SmtpServer;
import io.smtpd.relay.ScriptedUpstream.Script;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/** What upstream is told of the envelope, and what is refused before it is asked. */
@Timeout(30)
class RelayEnvelopeTests {

	private static final String ACCEPTED = "250 2.0.0 Ok: queued as ";

	private static Script offering(String... extensions) {
		return (talk) -> {
			talk.greet(extensions);
			talk.acceptMessages();
		};
	}

	/** RFC 3461, as an application may add it. */
	private static void withDsn(SmtpServer.Builder builder) {
		builder.extension(new EsmtpExtension() {

			@Override
			public String ehloLine(Peer peer) {
				return "DSN";
			}

			@Override
			public Set<String> mailParameters() {
				return Set.of("RET", "ENVID", "X-OURS");
			}

			@Override
			public Set<String> rcptParameters() {
				return Set.of("NOTIFY", "ORCPT");
			}

		});
	}

	@Test
	void parametersAreKeptWhereTheyAreOffered() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream
			.playing(offering("SIZE 1000000", "8BITMIME", "SMTPUTF8", "DSN"));
				RelayingServer server = new RelayingServer(upstream.relay().build(), RelayEnvelopeTests::withDsn)) {
			server.ask("MAIL FROM:<j\u00f6rg@example.com> SIZE=5 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb X-OURS=1");
			server.ask("RCPT TO:<a@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@example.org");
			server.ask("RCPT TO:<c@example.org>");
			server.ask("DATA");
			assertThat(server.ask("Subject: x\r\n\r\n.")).startsWith(ACCEPTED);
			assertThat(upstream.commands().subList(1, 4)).containsExactly(
					"MAIL FROM:<j\u00f6rg@example.com> SIZE=14 BODY=8BITMIME RET=HDRS ENVID=a+2Bb SMTPUTF8",
					"RCPT TO:<a@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@example.org",
					"RCPT TO:<c@example.org>");
		}
	}

	@Test
	void parametersAreLeftOutWhereTheyAreNotOffered() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing(offering());
				RelayingServer server = new RelayingServer(upstream.relay().build(), RelayEnvelopeTests::withDsn)) {
			server.ask("MAIL FROM:<> SIZE=5 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a");
			server.ask("RCPT TO:<a@example.org> NOTIFY=NEVER");
			server.ask("DATA");
			assertThat(server.ask("Subject: x\r\n\r\n\u00e4\r\n.")).startsWith(ACCEPTED);
			assertThat(upstream.commands().subList(1, 3)).containsExactly("MAIL FROM:<>", "RCPT TO:<a@example.org>");
			assertThat(upstream.messages().get(0)).asString(StandardCharsets.UTF_8)
				.isEqualTo("Subject: x\r\n\r\n\u00e4\r\n");
		}
	}

	@Test
	@DisplayName("RFC 6531 §3.5: addresses that need SMTPUTF8 are refused where it is not offered")
	void utf8AddressNeedsTheExtension() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing(offering());
				RelayingServer server = new RelayingServer(upstream.relay().build())) {
			assertThat(server.deliver(" SMTPUTF8", List.of("j\u00f6rg@example.org"), RelayingServer.MESSAGE))
				.isEqualTo("553 5.6.7 Relay host does not take addresses that are not ASCII");
			assertThat(server.deliver(" SMTPUTF8", List.of("a@example.org"),
					"Subject: \u00e4\r\n\r\n".getBytes(StandardCharsets.UTF_8)))
				.isEqualTo("554 5.6.9 Relay host does not take header fields that are not ASCII");
			assertThat(upstream.commands()).doesNotContain("DATA");
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 3, 4 })
	@DisplayName("RFC 5321 §6.3: many Received header fields are a loop")
	void loopIsRefused(int hops) throws IOException {
		byte[] message = ("Received: x\r\n".repeat(hops) + "\r\n").getBytes(StandardCharsets.US_ASCII);
		try (ScriptedUpstream upstream = ScriptedUpstream.playing(offering());
				RelayingServer server = new RelayingServer(upstream.relay().maxHops(3).build())) {
			String reply = server.deliver("", List.of("a@example.org"), message);
			if (hops > 3) {
				assertThat(reply).isEqualTo("554 5.4.6 Too many hops, this looks like a mail loop");
				assertThat(upstream.connections()).isZero();
			}
			else {
				assertThat(reply).startsWith(ACCEPTED);
			}
		}
	}

	@Test
	@DisplayName("RFC 5321 §2.3.8: what two servers could see differently is not relayed (smuggling)")
	void bareLineEndingIsRefused() throws Exception {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.acceptEnvelope(1);
			assertThat(talk.readToEnd()).doesNotContain("MAIL").doesNotContain("\n.");
		}); RelayHandler relay = upstream.relay().build()) {
			byte[] message = "Subject: x\r\n\r\nHello\n.\r\nMAIL FROM:<x@example.com>\r\n"
				.getBytes(StandardCharsets.US_ASCII);
			assertThat(Envelopes.refusal(relay, Envelopes.of(message))).isEqualTo(RelayReplies.BARE_LINE_ENDING);
		}
	}

	@Test
	void headerSourcesPutTheirFieldsOnTop() throws Exception {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing(offering("SIZE"));
				RelayHandler relay = upstream.relay()
					.headerSource((peer, envelope) -> "X-First: " + peer.sessionId() + "\r\n")
					.headerSource((peer, envelope) -> "")
					.headerSource((peer, envelope) -> "X-Second: b\r\n c\r\n")
					.build()) {
			relay.handle(Envelopes.PEER, Envelopes.of(RelayingServer.MESSAGE));
			String expected = "X-Second: b\r\n c\r\nX-First: s1\r\n"
					+ new String(RelayingServer.MESSAGE, StandardCharsets.US_ASCII);
			assertThat(upstream.messages().get(0)).asString(StandardCharsets.US_ASCII).isEqualTo(expected);
			assertThat(upstream.commands()).contains("MAIL FROM:<sender@client.example> SIZE=" + expected.length());
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "X: y", "X: y\r\n\r\n", "\r\n", "X: y\r\n\r\nZ: z\r\n", "X: y\n z\r\n", "X: y\rz\r\n" })
	void headerSourceCannotEndTheHeader(String fields) throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing(offering());
				RelayHandler relay = upstream.relay().headerSource((peer, envelope) -> fields).build()) {
			assertThat(Envelopes.failure(relay, Envelopes.of(RelayingServer.MESSAGE)))
				.isInstanceOf(IllegalStateException.class);
			assertThat(upstream.connections()).isZero();
		}
	}

	@Test
	void pathCannotHoldACommand() throws Exception {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing(offering());
				RelayHandler relay = upstream.relay().build()) {
			Envelope envelope = Envelope.of("", List.of("a@example.org>\r\nRCPT TO:<b"), RelayingServer.MESSAGE);
			assertThat(Envelopes.failure(relay, envelope)).isInstanceOf(IllegalArgumentException.class);
		}
	}

	@Test
	void recipientsAreVerifiedUpstreamAtRcpt() throws IOException {
		RelayHandler relay;
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet("PIPELINING");
			for (String reply : List.of("250 2.1.5 ok", "550-5.1.1 No such", "421 4.3.2 Bye")) {
				talk.expect("MAIL FROM:<sender@client.example>");
				talk.expect("RCPT");
				talk.expect("RSET");
				talk.say("250 ok", reply.startsWith("550") ? reply + "\r\n550 5.1.1 user" : reply, "250 ok");
				talk.answer("RSET", "250 ok");
			}
		}, offering())) {
			relay = upstream.relay().build();
			try (RelayingServer server = new RelayingServer(relay,
					(builder) -> builder.recipientChecker(relay.recipientChecker()))) {
				server.ask("MAIL FROM:<sender@client.example>");
				assertThat(server.ask("RCPT TO:<a@example.org>")).startsWith("250 2.1.5 ");
				assertThat(server.ask("RCPT TO:<b@example.org>")).isEqualTo("550-5.1.1 No such\n550 5.1.1 user");
				assertThat(server.ask("RCPT TO:<c@example.org>")).startsWith("250 2.1.5 "); // asked
																							// anew
				server.ask("DATA");
				assertThat(server.ask("x: y\r\n\r\n.")).startsWith(ACCEPTED);
				assertThat(upstream.connections()).isEqualTo(2);
				assertThat(upstream.messages()).hasSize(1);
			}
		}
	}

	@Test
	void recipientsGetTheRefusalOfTheSender() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.answer("MAIL", "550 5.7.1 Not from you");
			talk.hang();
		}); RelayHandler relay = upstream.relay().build()) {
			assertThat(refusal(relay, "a@example.org")).isEqualTo("550 5.7.1 Not from you");
		}
	}

	@Test
	void recipientCannotBeVerifiedWithoutUpstream() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
		}); RelayHandler relay = upstream.relay().build()) {
			assertThat(refusal(relay, "a@example.org")).isEqualTo("451 4.4.2 Connection to the relay host was lost");
		}
	}

	private static @Nullable String refusal(RelayHandler relay, String recipient) {
		try {
			relay.recipientChecker().check(Envelopes.PEER, "sender@client.example", recipient);
			return null;
		}
		catch (Exception ex) {
			return ex.getMessage();
		}
	}

	@Test
	void optionsAreChecked() {
		RelayHandler.Builder builder = RelayHandler.to("relay.example");
		assertThatIllegalArgumentException().isThrownBy(() -> RelayHandler.to(" "));
		assertThatIllegalArgumentException().isThrownBy(() -> builder.port(0))
			.withMessage("port cannot be 0: allowed is 1 to 65535");
		assertThatIllegalArgumentException().isThrownBy(() -> builder.heloName("a b"));
		assertThatIllegalArgumentException().isThrownBy(() -> builder.timeout(Duration.ZERO));
		assertThatIllegalArgumentException().isThrownBy(() -> builder.poolSize(0));
		assertThatIllegalArgumentException().isThrownBy(() -> builder.maxHops(0));
		try (RelayHandler relay = builder.credentials("user", "secret").build()) {
			assertThat(relay).hasToString("RelayHandler[relay.example:25]");
		}
	}

}
