package io.smtpd;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

import io.smtpd.DeadlineTests.Outcomes;
import io.smtpd.Peer.Protocol;
import io.smtpd.SessionListener.SessionOutcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** The same sessions on every way to the server. */
class TransportTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	/** One of a kind: the others differ in what they say, not in how it travels. */
	private static final String CHOSEN = "(auth-(failures|line-too-long|login|replies|required)"
			+ "|bare-line-endings-in-data-rejected|callbacks-(connection-refused|message|recipient|recipient-421)|dots"
			+ "|data-octets|limits-errors|line-too-long|lost-in-data|pipelining-.*|recipients-limit|reset-(rset|quit)"
			+ "|session-(helo|smallest|two-messages)|size-.*|smtputf8|smuggling-lf-dot-lf-rejected|xclient-values)[.]txt";

	private final Map<String, Peer> seen = new ConcurrentHashMap<>();

	private final Outcomes outcomes = new Outcomes();

	@TempDir
	private Path spool;

	static Stream<Arguments> transcripts() throws IOException, URISyntaxException {
		List<Transcript> all = TranscriptTests.transcripts();
		return Stream.of(Transport.values())
			.filter((transport) -> transport != Transport.PLAIN && transport != Transport.LMTP)
			.flatMap((transport) -> all.stream()
				.filter((transcript) -> fits(transcript, transport))
				.map((transcript) -> Arguments.of(transport, transcript)));
	}

	/** Not all can be the same: who is refused at the door does not get to STARTTLS. */
	private static boolean fits(Transcript transcript, Transport transport) {
		boolean turnedAway = transcript.settings()
			.stream()
			.anyMatch((setting) -> setting.key().endsWith("connection") || setting.value().startsWith("*"));
		boolean listsExtensions = transcript.steps().stream().anyMatch((step) -> step.text().contains("-PIPELINING"));
		return transcript.name().matches(CHOSEN) && !(turnedAway && transport.restarts())
				&& !(listsExtensions && transport == Transport.XCLIENT);
	}

	@ParameterizedTest(name = "{0} {1}")
	@MethodSource("transcripts")
	void serverAnswersAsWritten(Transport transport, Transcript transcript) throws IOException {
		TranscriptTests.play(transcript, transport, false);
	}

	@ParameterizedTest
	@EnumSource
	void messageWithDotsIsStoredAndEverybodySeesTheRightPeer(Transport transport) throws IOException {
		try (TestServer server = start(transport, this::keepPeers);
				RawClient client = transport.connectAndRead(server.server())) {
			client.expect(transport.hello() + " client.example.org", "250")
				.send("MAIL FROM:<sender@example.org>\r\nRCPT TO:<one@example.org>\r\nDATA\r\n")
				.expect("250 2.1.0")
				.expect("250 2.1.5")
				.expect("354")
				.send("Subject: dots\r\n\r\n..\r\n...\r\n.x\r\nend\r\n.\r\n")
				.expect("250 2.0.0");
			assertThat(server.messages()).singleElement()
				.satisfies((message) -> assertThat(message.text())
					.isEqualTo("Subject: dots\r\n\r\n.\r\n..\r\nx\r\nend\r\n"));
			assertThat(this.seen).containsOnlyKeys("connection", "helo", "sender", "recipient", "message");
			this.seen.values().forEach((peer) -> assertPeer(transport, client, peer));
			assertThat(this.seen.get("helo").heloName()).isNull();
			assertThat(this.seen.get("message").heloName()).isEqualTo("client.example.org");
			assertThat(this.seen.get("message").protocol())
				.isEqualTo((transport == Transport.LMTP) ? Protocol.LMTP : Protocol.ESMTP);
			client.expect("QUIT", "221 2.0.0").expectClosed();
			await().untilAsserted(() -> assertThat(this.outcomes.sessions).containsExactly(SessionOutcome.QUIT));
		}
	}

	private void assertPeer(Transport transport, RawClient client, Peer peer) {
		assertThat(peer.remoteAddress()).isEqualTo(transport.seenAs(client));
		assertThat(peer.localAddress()).isEqualTo(transport.forwarded() ? Transport.DESTINATION
				: (InetSocketAddress) client.socket().getRemoteSocketAddress());
		assertThat(peer.listener()).isEqualTo(transport.name());
		assertThat(peer.principal()).isNull();
		assertThat(peer.secure()).isEqualTo(transport.secure());
		assertThat(peer.sessionId()).isEqualTo(this.seen.get("message").sessionId());
	}

	/** RFC 3848: the trace line tells how the message came. */
	@ParameterizedTest
	@EnumSource
	void traceLineNamesTheTransport(Transport transport) throws IOException {
		try (TestServer server = start(transport, (builder) -> builder.receivedHeader(true));
				RawClient client = transport.connectAndRead(server.server())) {
			send(transport, client);
			String expected = ((transport == Transport.LMTP) ? "LMTP" : "ESMTP") + (transport.secure() ? "S" : "");
			assertThat(server.messages().get(0).text()).startsWith(
					"Received: from client.example.org ([" + transport.seenAs(client).getAddress().getHostAddress()
							+ "])\r\n\tby mx.example.org with " + expected + " id ");
			assertThat(server.messages().get(0).text().contains("(version=TLSv1.3 cipher="))
				.isEqualTo(transport.secure());
		}
	}

	@ParameterizedTest
	@EnumSource
	void largeMessageIsSpooledAndComesOutAsItWentIn(Transport transport) throws IOException {
		String line = "0123456789 abcdefghijklmnopqrstuvwxyz\r\n";
		String data = line.repeat(5 * 1024 * 1024 / line.length());
		try (TestServer server = start(transport,
				(builder) -> builder.spoolDirectory(this.spool)
					.messageHandler((peer, envelope) -> assertThat(spooledFiles()).isOne()));
				RawClient client = transport.connectAndRead(server.server())) {
			client.expect(transport.hello() + " client.example.org", "250")
				.expect("MAIL FROM:<a@example.org> SIZE=" + data.length(), "250")
				.expect("RCPT TO:<b@example.org>", "250")
				.expect("DATA", "354");
			client.send(data + ".\r\n").expect("250 2.0.0");
			assertThat(server.messages().get(0).data()).hasSize(data.length());
			assertThat(server.messages().get(0).text().equals(data)).as("same octets").isTrue();
			assertThat(spooledFiles()).isZero();
		}
	}

	private long spooledFiles() throws IOException {
		try (Stream<Path> files = Files.walk(this.spool)) {
			return files.filter(Files::isRegularFile)
				.filter((file) -> !String.valueOf(file.getFileName()).endsWith("lock"))
				.count();
		}
	}

	@ParameterizedTest
	@EnumSource
	void messageOverTheLimitIsRefusedAndTheSessionStaysInStep(Transport transport) throws IOException {
		try (TestServer server = start(transport, (builder) -> builder.maxMessageSize(1000));
				RawClient client = transport.connectAndRead(server.server())) {
			client.expect(transport.hello() + " client.example.org", "250")
				.expect("MAIL FROM:<a@example.org> SIZE=1001", "552 5.3.4")
				.expect("MAIL FROM:<a@example.org>", "250")
				.expect("RCPT TO:<b@example.org>", "250")
				.expect("DATA", "354")
				.send("x".repeat(100_000) + "\r\n.\r\nNOOP\r\n")
				.expect("552 5.3.4")
				.expect("250 2.0.0 Ok");
			assertThat(server.messages()).isEmpty();
		}
	}

	@ParameterizedTest
	@EnumSource
	void refusalsOfTheApplicationGoOutAsTheyStand(Transport transport) throws IOException {
		SmtpException refusal = new SmtpException(550, "5.7.1", "Not here");
		try (TestServer server = start(transport, (builder) -> builder.recipientChecker((peer, from, to) -> {
			if (to.startsWith("no")) {
				throw refusal;
			}
		}).messageHandler((peer, envelope) -> {
			throw refusal;
		})); RawClient client = transport.connectAndRead(server.server())) {
			client.expect(transport.hello() + " client.example.org", "250")
				.expect("MAIL FROM:<a@example.org>", "250")
				.expect("RCPT TO:<no@example.org>", "550 5.7.1 Not here")
				.expect("RCPT TO:<yes@example.org>", "250")
				.expect("DATA", "354");
			client.send(".\r\n").expect("550 5.7.1 Not here").expect("NOOP", "250");
		}
	}

	/** All at once, since it is waiting that takes the time. */
	@Test
	void silentClientsAreToldAndCut() throws IOException {
		List<RawClient> clients = new ArrayList<>();
		try (TestServer server = TestServer.start((builder) -> {
			Stream.of(Transport.values()).forEach((transport) -> transport.configure(builder));
			builder.readTimeout(Duration.ofMillis(700)).sessionListener(this.outcomes);
		})) {
			for (Transport transport : Transport.values()) {
				clients.add(transport.connectAndRead(server.server())
					.expect(transport.hello() + " client.example.org", "250"));
				clients.add(openTransaction(transport, transport.connectAndRead(server.server())).expect("DATA", "354")
					.send("half"));
			}
			for (RawClient client : clients) {
				client.expect("421 4.4.2").expectClosed();
				client.close();
			}
			await().untilAsserted(() -> assertThat(this.outcomes.sessions).hasSameSizeAs(clients)
				.containsOnly(SessionOutcome.TIMEOUT));
			assertThat(server.messages()).isEmpty();
		}
	}

	@ParameterizedTest
	@EnumSource
	void gracefulStopTellsIdleSessionsAndLetsTransactionsFinish(Transport transport) throws Exception {
		try (TestServer server = start(transport, (builder) -> {
		});
				RawClient idle = transport.connectAndRead(server.server());
				RawClient busy = transport.connectAndRead(server.server())) {
			openTransaction(transport, busy);
			CompletableFuture<Boolean> stopped = CompletableFuture.supplyAsync(() -> server.server().stop(LONG));
			idle.expect("421 4.3.2").expectClosed();
			busy.expect("DATA", "354").send("late\r\n.\r\n").expect("250 2.0.0").expect("421 4.3.2").expectClosed();
			assertThat(stopped.get(30, TimeUnit.SECONDS)).isTrue();
			assertThat(server.messages()).hasSize(1);
		}
	}

	@Test
	void allTransportsRunInOneProcess() throws IOException {
		try (TestServer server = TestServer
			.start((builder) -> Stream.of(Transport.values()).forEach((transport) -> transport.configure(builder)))) {
			for (Transport transport : Transport.values()) {
				try (RawClient client = transport.connectAndRead(server.server())) {
					send(transport, client);
					assertThat(server.server().activeConnections(transport.name())).isOne();
				}
			}
			assertThat(server.messages()).hasSize(Transport.values().length);
		}
	}

	private TestServer start(Transport transport, Consumer<SmtpServer.Builder> settings) throws IOException {
		return TestServer.start((builder) -> {
			transport.configure(builder.sessionListener(this.outcomes));
			settings.accept(builder);
		});
	}

	private void keepPeers(SmtpServer.Builder builder) {
		// after STARTTLS nobody is asked again, so only the last call before HELO counts
		builder.connectionChecker((peer) -> this.seen.put("connection", peer)).heloChecker((peer, name) -> {
			this.seen.put("helo", peer);
			this.seen.compute("connection", (key, before) -> peer.secure() ? peer : before);
		})
			.senderChecker((peer, path) -> this.seen.put("sender", peer))
			.recipientChecker((peer, from, path) -> this.seen.put("recipient", peer))
			.messageHandler((peer, envelope) -> this.seen.put("message", peer));
	}

	private static RawClient openTransaction(Transport transport, RawClient client) throws IOException {
		return client.expect(transport.hello() + " client.example.org", "250")
			.expect("MAIL FROM:<sender@example.org>", "250")
			.expect("RCPT TO:<recipient@example.org>", "250");
	}

	private static void send(Transport transport, RawClient client) throws IOException {
		openTransaction(transport, client).expect("DATA", "354").send("text\r\n.\r\n").expect("250 2.0.0");
	}

}
