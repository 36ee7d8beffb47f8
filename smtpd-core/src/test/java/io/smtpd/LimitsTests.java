package io.smtpd;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

import io.smtpd.SessionListener.Limit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/** What a client may do, and how often, before the server has had enough. */
class LimitsTests {

	private static final String HELLO = "EHLO client.example.org";

	private final List<Limit> reached = new CopyOnWriteArrayList<>();

	@Test
	void addressMayHaveSoManyConnectionsAndGetsThePlaceBack() throws IOException {
		try (TestServer server = start((limits) -> limits.maxConnectionsPerAddress(2));
				RawClient first = server.connect()) {
			try (RawClient second = server.connect(); RawClient third = new RawClient(server.address())) {
				third.expect("421 4.7.0 Too many connections").expectClosed();
				second.expect("NOOP", "250");
			}
			await().until(() -> server.server().sessions().size() == 1);
			try (RawClient again = server.connect()) {
				again.expect("QUIT", "221");
			}
			first.expect("NOOP", "250");
			assertThat(this.reached).containsExactly(Limit.MAX_CONNECTIONS_PER_ADDRESS);
		}
	}

	@Test
	void clientsBehindAProxyAreCountedForThemselves() throws IOException {
		try (TestServer server = start((limits) -> limits.maxConnectionsPerAddress(1), Transport.PROXY_V1::configure);
				RawClient first = Transport.PROXY_V1.connectAndRead(server.server());
				RawClient second = Transport.PROXY_V1.connect(server.server());
				RawClient other = new RawClient(server.server().localAddress(Transport.PROXY_V1.name()))) {
			second.expect("421 4.7.0").expectClosed();
			other.send(Transport.V1_HEADER.replace("192.0.2.7", "192.0.2.8")).expect("220");
			first.expect("NOOP", "250");
		}
	}

	/** However a connection ends, also before the greeting. */
	@Test
	void connectionThatWasTurnedAwayLeavesNothingCounted() throws IOException {
		try (TestServer server = start((limits) -> limits.maxConnectionsPerAddress(1),
				(builder) -> builder.connectionChecker((peer) -> {
					throw new SmtpException(554, "5.7.1", "No");
				}))) {
			for (int i = 0; i < 5; i++) {
				try (RawClient client = new RawClient(server.address())) {
					client.expect("554 5.7.1").expectClosed();
				}
				await().until(() -> server.server().sessions().isEmpty());
			}
		}
	}

	@Test
	void trustedNetworksAreExempt() throws IOException {
		try (TestServer server = start(
				(limits) -> limits.maxConnectionsPerAddress(1)
					.messageRate(1)
					.connectionRate(1)
					.trustedNetworks(InetAddress::isLoopbackAddress),
				(builder) -> builder.rateLimiter((limit, client, perMinute) -> false));
				RawClient first = server.connect();
				RawClient second = server.connect()) {
			first.openTransaction();
			second.openTransaction();
			assertThat(this.reached).isEmpty();
		}
	}

	@Test
	void messageRateIsToldAtMail() throws IOException {
		List<String> asked = new CopyOnWriteArrayList<>();
		try (TestServer server = start((limits) -> limits.messageRate(7),
				(builder) -> builder.rateLimiter((limit, client, perMinute) -> {
					asked.add(limit + " " + client + " " + perMinute);
					return asked.size() <= 1;
				})); RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354").send(".\r\n").expect("250");
			client.expect("MAIL FROM:<a@example.org>", "450 4.7.1").expect("NOOP", "250");
			assertThat(asked).hasSize(2).containsOnly("MESSAGE_RATE 127.0.0.1 7");
			assertThat(this.reached).containsExactly(Limit.MESSAGE_RATE);
		}
	}

	@Test
	void connectionRateIsToldInsteadOfTheGreeting() throws IOException {
		try (TestServer server = start((limits) -> limits.connectionRate(7),
				(builder) -> builder.rateLimiter((limit, client, perMinute) -> limit != Limit.CONNECTION_RATE));
				RawClient client = new RawClient(server.address())) {
			client.expect("421 4.7.0").expectClosed();
			await().untilAsserted(() -> assertThat(this.reached).containsExactly(Limit.CONNECTION_RATE));
		}
	}

	@Test
	void authFailureRateEndsTheSession() throws IOException {
		try (TestServer server = start((limits) -> limits.authFailureRate(7),
				(builder) -> builder.authenticator(AuthTests.USERS)
					.authAllowWithoutTls(true)
					.rateLimiter((limit, client, perMinute) -> limit != Limit.AUTH_FAILURE_RATE));
				RawClient right = server.connect();
				RawClient wrong = server.connect()) {
			right.expect(HELLO, "250").expect(AuthTests.PLAIN, "235");
			wrong.expect(HELLO, "250").expect("AUTH PLAIN " + AuthTests.base64("\0tim\0x"), "421 4.7.0").expectClosed();
			assertThat(this.reached).containsExactly(Limit.AUTH_FAILURE_RATE);
		}
	}

	/** A store of rates that is down must not stop the mail. */
	@Test
	void failingRateLimiterLetsMailPass() throws IOException {
		try (TestServer server = start((limits) -> limits.messageRate(1).connectionRate(1),
				(builder) -> builder.rateLimiter((limit, client, perMinute) -> {
					throw new IllegalStateException("the store is down");
				})); RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354").send(".\r\n").expect("250");
			assertThat(server.messages()).hasSize(1);
		}
	}

	@Test
	void rateThatNobodyKeepsIsRefused() throws IOException {
		SmtpLimits rate = SmtpLimits.defaults().messageRate(5);
		assertThatIllegalArgumentException().isThrownBy(() -> SmtpServer.builder().limits(rate).build())
			.withMessageContaining("messageRate");
		try (TestServer server = TestServer.start()) {
			assertThatIllegalArgumentException().isThrownBy(() -> server.server().limits(rate));
			assertThat(server.server().limits().messageRate()).isEqualTo(-1);
		}
	}

	@Test
	void sessionMayBringSoManyMessages() throws IOException {
		try (TestServer server = start((limits) -> limits.maxMessagesPerSession(2));
				RawClient client = server.connect()) {
			for (int i = 0; i < 2; i++) {
				client.openTransaction().expect("RSET", "250");
				client.openTransaction().expect("DATA", "354").send(".\r\n").expect("250");
			}
			client.expect("MAIL FROM:<a@example.org>", "421 4.7.0").expectClosed();
			assertThat(this.reached).containsExactly(Limit.MAX_MESSAGES_PER_SESSION);
			assertThat(server.messages()).hasSize(2);
		}
	}

	@Test
	void sessionMayLastSoLongButNoTransactionIsCut() throws IOException {
		Duration most = Duration.ofMillis(300);
		try (TestServer server = start((limits) -> limits.maxSessionDuration(most));
				RawClient polite = server.connect();
				RawClient client = server.connect()) {
			client.openTransaction();
			Instant connectedAt = server.server()
				.sessions()
				.stream()
				.map(SmtpServer.SessionInfo::connectedAt)
				.max(Instant::compareTo)
				.orElseThrow();
			await().until(() -> Duration.between(connectedAt, Instant.now()).compareTo(most.plusMillis(50)) > 0);
			client.expect("RCPT TO:<other@example.org>", "250").expect("DATA", "354").send(".\r\n").expect("250");
			client.expect("NOOP", "421 4.7.0").expectClosed();
			polite.expect("QUIT", "221");
			assertThat(server.messages()).hasSize(1);
			assertThat(this.reached).containsExactly(Limit.MAX_SESSION_DURATION);
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "PLAIN", "IMPLICIT_TLS", "PROXY_V2" })
	void clientThatTalksBeforeTheGreetingIsTurnedAway(Transport transport) throws IOException {
		try (TestServer server = start((limits) -> limits, (builder) -> {
			transport.configure(builder);
			builder.greetDelay(Duration.ofSeconds(20));
		}); RawClient client = transport.connect(server.server())) {
			client.send(HELLO + "\r\nQUIT\r\n").expect("554 5.5.0").expectClosed();
			assertThat(this.reached).containsExactly(Limit.GREET_DELAY);
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "PLAIN", "IMPLICIT_TLS", "PROXY_IMPLICIT_TLS" })
	void clientThatWaitsIsGreetedAfterTheDelay(Transport transport) throws IOException {
		Duration delay = Duration.ofMillis(300);
		try (TestServer server = start((limits) -> limits, (builder) -> {
			transport.configure(builder);
			builder.greetDelay(delay);
		}); RawClient client = transport.connect(server.server())) {
			long startedAt = System.nanoTime();
			client.expect("220");
			assertThat(Duration.ofNanos(System.nanoTime() - startedAt)).isGreaterThan(delay.dividedBy(2));
			client.openTransaction().expect("DATA", "354").send(".\r\n").expect("250");
		}
	}

	@Test
	void trustedNetworksAreGreetedAtOnce() throws IOException {
		try (TestServer server = start((limits) -> limits.trustedNetworks(InetAddress::isLoopbackAddress),
				(builder) -> builder.greetDelay(Duration.ofMinutes(1)));
				RawClient client = new RawClient(server.address())) {
			client.send(HELLO + "\r\n").expect("220").expect("250");
		}
	}

	/** A page in a browser that posts to this port must not get to speak SMTP. */
	@ParameterizedTest
	@ValueSource(
			strings = { "GET / HTTP/1.1", "POST / HTTP/1.1", "PRI * HTTP/2.0", "CONNECT mx.example.org:25 HTTP/1.1" })
	void httpIsCutAtItsFirstLine(String line) throws IOException {
		try (TestServer server = start((limits) -> limits); RawClient client = server.connect()) {
			client.send(line + "\r\nHost: mx.example.org\r\n\r\nEHLO evil\r\nMAIL FROM:<a@example.org>\r\n")
				.expect("421 4.7.0")
				.expectClosed();
			assertThat(this.reached).containsExactly(Limit.FOREIGN_PROTOCOL);
		}
	}

	/**
	 * Who diverts a browser's TLS connection here (ALPACA) neither gets a command run nor
	 * words of the page's choice back.
	 */
	@ParameterizedTest
	@EnumSource(names = { "STARTTLS", "IMPLICIT_TLS" })
	void httpInsideTlsIsCutTooAndNothingOfItIsRepeated(Transport transport) throws IOException {
		try (TestServer server = start((limits) -> limits, transport::configure);
				RawClient client = transport.connectAndRead(server.server())) {
			client.send("GET /<script>alert(1)</script> HTTP/1.1\r\nHost: mx.example.org\r\n\r\nNOOP\r\n");
			assertThat(client.reply()).isEqualTo("421 4.7.0 This is a mail server, closing connection");
			client.expectClosed();
			assertThat(this.reached).containsExactly(Limit.FOREIGN_PROTOCOL);
		}
		try (TestServer server = start((limits) -> limits.maxErrors(-1)); RawClient client = server.connect()) {
			for (String line : List.of("<script>", "<script> NOOP", "EHLO <script>", "MAIL FROM:<script>",
					"VRFY <script>", "AUTH <script>", "XCLIENT <script>=1", "HELP <script>", "NOOP <script>",
					"STARTTLS <script>")) {
				assertThat(client.command(line)).as("reply to %s", line).doesNotContainIgnoringCase("script");
			}
		}
	}

	/**
	 * RFC 5321 §7.3: a client cannot go through a list of names to see which are known.
	 */
	@Test
	void guessingRecipientsEndsTheSession() throws IOException {
		try (TestServer server = start((limits) -> limits,
				(builder) -> builder.recipientChecker((peer, reversePath, forwardPath) -> {
					if (!forwardPath.equals("known@example.org")) {
						throw new SmtpException(550, "5.1.1", "No such mailbox");
					}
				})); RawClient client = server.connect()) {
			String known = client.command("VRFY known@example.org");
			assertThat(client.command("VRFY unknown@example.org")).isEqualTo(known).startsWith("252");
			client.expect(HELLO, "250").expect("MAIL FROM:<a@example.org>", "250");
			client.expect("RCPT TO:<known@example.org>", "250").expect("EXPN known", "502 5.5.1");
			for (int i = 1; i < SmtpLimits.defaults().maxErrors(); i++) {
				client.expect("RCPT TO:<guess" + i + "@example.org>", "550 5.1.1");
			}
			client.expect("RCPT TO:<guess@example.org>", "421 4.7.0").expectClosed();
			assertThat(this.reached).containsExactly(Limit.MAX_ERRORS);
		}
	}

	@Test
	void limitsChangeForSessionsUnderWay() throws IOException {
		try (TestServer server = start((limits) -> limits); RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354").send(".\r\n").expect("250");
			server.server().limits(server.server().limits().maxMessagesPerSession(1));
			assertThat(server.server().limits().maxMessagesPerSession()).isOne();
			client.expect("MAIL FROM:<a@example.org>", "421 4.7.0").expectClosed();
			server.server().limits(SmtpLimits.defaults().maxErrors(1));
			try (RawClient next = server.connect()) {
				next.expect("FOO", "500").expect("FOO", "421 4.7.0").expectClosed();
			}
		}
	}

	@Test
	void mostConnectionsChangeWhileTheServerRuns() throws IOException {
		try (TestServer server = start((limits) -> limits); RawClient first = server.connect()) {
			server.server().maxConnections(1);
			try (RawClient second = new RawClient(server.address())) {
				second.expect("421 4.3.2").expectClosed();
			}
			server.server().maxConnections(2);
			try (RawClient second = server.connect()) {
				second.expect("NOOP", "250");
			}
			first.expect("NOOP", "250");
			assertThatIllegalArgumentException().isThrownBy(() -> server.server().maxConnections(0));
			assertThat(server.server().maxConnections()).isEqualTo(2);
		}
	}

	private TestServer start(UnaryOperator<SmtpLimits> limits) throws IOException {
		return start(limits, (builder) -> {
		});
	}

	private TestServer start(UnaryOperator<SmtpLimits> limits, Consumer<SmtpServer.Builder> settings)
			throws IOException {
		return TestServer.start(settings.andThen(
				(builder) -> builder.limits(limits.apply(SmtpLimits.defaults())).sessionListener(new SessionListener() {

					@Override
					public void limitReached(Peer peer, Limit limit) {
						LimitsTests.this.reached.add(limit);
					}
				})));
	}

}
