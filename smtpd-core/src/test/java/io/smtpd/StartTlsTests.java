package io.smtpd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;

import io.smtpd.SessionListener.SessionOutcome;
import io.smtpd.SmtpServer.Listener;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/** STARTTLS (RFC 3207) and TLS at once (RFC 8314). */
class StartTlsTests {

	private static final String HELLO = "EHLO client.example.org";

	private final Events events = new Events();

	private final List<Peer> senders = new CopyOnWriteArrayList<>();

	/** RFC 3207 §4.2: what stands behind STARTTLS was not said by who then proves it. */
	@ParameterizedTest
	@ValueSource(strings = { "NOOP\r\n", "MAIL FROM:<evil@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n.\r\n",
			"EHLO evil.example.org\r\n", "QUIT\r\n", "STARTTLS\r\n", "R", "\r\n", "\026\003\001" })
	void injectionBehindStartTlsEndsTheSessionAndIsNotRun(String injected) throws IOException {
		try (TestServer server = start(offered()); RawClient client = connect(server)) {
			client.expect(HELLO, "250").send("STARTTLS\r\n" + injected).expect("503 5.5.1").expectClosed();
			await().untilAsserted(() -> assertThat(this.events.sessions).containsExactly(SessionOutcome.REFUSED));
			assertThat(this.events.verbs).containsExactly("EHLO", "STARTTLS");
			assertThat(this.events.handshakes).isEmpty();
			assertThat(server.messages()).isEmpty();
		}
	}

	@Test
	void commandsBeforeStartTlsInTheSameSegmentAreRun() throws IOException {
		try (TestServer server = start(offered()); RawClient client = connect(server)) {
			client.send(HELLO + "\r\nNOOP\r\nSTARTTLS\r\n").expect("250").expect("250").expect("220 2.0.0");
			secure(client).expect(HELLO, "250");
		}
	}

	/** RFC 3207 §4.2. */
	@Test
	void everythingSaidBeforeIsForgotten() throws IOException {
		try (TestServer server = start(offered().andThen((builder) -> builder.xclient((address) -> true)
			.authenticator(Authenticator.passwords((peer, name, password) -> false))
			.authRequired(true))); RawClient client = connect(server)) {
			client.expect("XCLIENT LOGIN=tim HELO=before.example.org PROTO=ESMTP", "220")
				.expect("MAIL FROM:<a@example.org>", "250")
				.expect("RSET", "250");
			RawClient secured = upgrade(client);
			secured.expect("MAIL FROM:<a@example.org>", "503 5.5.1");
			assertThat(server.server().sessions().get(0).peer()).satisfies((peer) -> {
				assertThat(peer.heloName()).isNull();
				assertThat(peer.principal()).isNull();
				assertThat(peer.protocol()).isEqualTo(Peer.Protocol.SMTP);
			});
			assertThat(secured.command(HELLO)).doesNotContain("STARTTLS").contains("AUTH PLAIN LOGIN");
			secured.expect("MAIL FROM:<a@example.org>", "530 5.7.0");
			assertThat(this.senders).hasSize(1);
		}
	}

	/** Whatever comes instead of a handshake, no reply is given to it. */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void failedHandshakeClosesAndNeverGoesOnInClearText(boolean implicit) throws IOException {
		try (TestServer server = start(implicit ? listener(TlsPolicy.implicit(Certificates::server)) : offered());
				RawClient client = implicit ? open(server) : connect(server)) {
			if (!implicit) {
				client.expect("STARTTLS", "220");
			}
			client.send("EHLO evil.example.org\r\nMAIL FROM:<a@example.org>\r\nNOOP\r\n");
			byte[] answer = rest(client);
			assertThat(new String(answer, StandardCharsets.ISO_8859_1)).doesNotContain("250", "50", "\r\n");
			assertThat(answer.length).as("an alert and nothing else").isLessThanOrEqualTo(7);
			await().untilAsserted(() -> assertThat(this.events.handshakes).containsExactly(false));
			await().until(() -> server.server().sessions().isEmpty());
			if (!implicit) {
				assertThat(this.events.sessions).containsExactly(SessionOutcome.REFUSED);
			}
			assertThat(this.events.verbs).doesNotContain("EHLO", "MAIL", "NOOP");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "\026\003\001\002\000\001" })
	void handshakeThatNeverFinishesIsCutAtTheReadTimeout(String begun) throws IOException {
		try (TestServer server = start(offered().andThen((builder) -> builder.readTimeout(Duration.ofMillis(500))));
				RawClient client = connect(server)) {
			client.expect("STARTTLS", "220").send(begun);
			assertThat(rest(client)).isEmpty();
			await().untilAsserted(() -> assertThat(this.events.sessions).containsExactly(SessionOutcome.TIMEOUT));
			assertThat(this.events.handshakes).containsExactly(false);
		}
	}

	@Test
	void implicitHandshakeThatNeverFinishesIsCutToo() throws IOException {
		try (TestServer server = start(listener(TlsPolicy.implicit(Certificates::server))
			.andThen((builder) -> builder.readTimeout(Duration.ofMillis(500)))); RawClient client = open(server)) {
			assertThat(rest(client)).isEmpty();
			await().until(() -> server.server().sessions().isEmpty());
		}
	}

	@Test
	void startTlsIsRefusedWhereItMakesNoSense() throws IOException {
		try (TestServer server = start(offered()); RawClient client = connect(server)) {
			client.expect("STARTTLS now", "501 5.5.4").openTransaction().expect("STARTTLS", "503 5.5.1");
			client.expect("RSET", "250");
			RawClient secured = upgrade(client);
			secured.expect("STARTTLS", "503 5.5.1").expect("NOOP", "250");
			secured.openTransaction().expect("DATA", "354").send(".\r\n").expect("250");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.2", "TLSv1.3" })
	void currentProtocolsAreSpoken(String protocol) throws IOException {
		try (TestServer server = start(offered()); RawClient client = connect(server)) {
			client.expect("STARTTLS", "220");
			new RawClient(Certificates.secure(client.socket(), Certificates.client(), protocol)).openTransaction();
			assertThat(this.senders).singleElement()
				.satisfies((peer) -> assertThat(peer.tls().getProtocol()).isEqualTo(protocol));
		}
	}

	/** RFC 8996, even where the parameters ask for them: alert 70, protocol_version. */
	@ParameterizedTest
	@ValueSource(ints = { 0x0301, 0x0302 })
	void oldProtocolsAreRefused(int version) throws IOException {
		TlsPolicy policy = TlsPolicy.implicit(Certificates::server)
			.parameters((parameters) -> parameters.setProtocols(new String[] { "TLSv1", "TLSv1.1", "TLSv1.2" }));
		try (TestServer server = start(listener(policy)); RawClient client = open(server)) {
			client.send(clientHello(version));
			byte[] answer = rest(client);
			assertThat(answer).hasSize(7).startsWith(0x15).endsWith(2, 70);
		}
	}

	@Test
	void parametersOfThePolicyAreHonoured() throws IOException {
		Consumer<SSLParameters> narrow = (parameters) -> {
			parameters.setProtocols(new String[] { "TLSv1.3" });
			parameters.setCipherSuites(new String[] { "TLS_AES_256_GCM_SHA384" });
		};
		try (TestServer server = start(listener(TlsPolicy.startTls(Certificates::server).parameters(narrow)))) {
			try (RawClient client = connect(server)) {
				upgrade(client).openTransaction();
				assertThat(this.senders.get(0).tls().getCipherSuite()).isEqualTo("TLS_AES_256_GCM_SHA384");
			}
			try (RawClient client = connect(server)) {
				client.expect("STARTTLS", "220");
				assertThatExceptionOfType(SSLException.class)
					.isThrownBy(() -> Certificates.secure(client.socket(), Certificates.client(), "TLSv1.2"));
			}
		}
	}

	@Test
	void clientCertificateReachesThePeer() throws Exception {
		Consumer<SSLParameters> want = (parameters) -> parameters.setWantClientAuth(true);
		Consumer<SSLParameters> need = (parameters) -> parameters.setNeedClientAuth(true);
		Consumer<SSLParameters> none = (parameters) -> {
		};
		Certificate own = Certificates.of(Certificates.CLIENT);
		assertThat(certificatesSeen(none, Certificates.clientWithCertificate())).isEmpty();
		assertThat(certificatesSeen(want, Certificates.client())).isEmpty();
		assertThat(certificatesSeen(want, Certificates.clientWithCertificate())).containsExactly(own);
		assertThat(certificatesSeen(need, Certificates.clientWithCertificate())).containsExactly(own);
	}

	private List<Certificate> certificatesSeen(Consumer<SSLParameters> parameters, SSLContext context)
			throws IOException {
		this.senders.clear();
		try (TestServer server = start(listener(TlsPolicy.implicit(Certificates::server).parameters(parameters)));
				RawClient client = new RawClient(Certificates.secure(open(server).socket(), context))) {
			client.expect("220").openTransaction();
			try {
				return Arrays.asList(this.senders.get(0).tls().getPeerCertificates());
			}
			catch (SSLPeerUnverifiedException ex) {
				return List.of();
			}
		}
	}

	@Test
	void missingClientCertificateThatIsNeededFailsTheHandshake() throws IOException {
		TlsPolicy policy = TlsPolicy.implicit(Certificates::server)
			.parameters((parameters) -> parameters.setNeedClientAuth(true));
		try (TestServer server = start(listener(policy)); RawClient client = open(server)) {
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> {
				// in TLS 1.3 the client learns of it only when it reads
				SSLSocket socket = Certificates.secure(client.socket());
				socket.getInputStream().read();
			});
			await().untilAsserted(() -> assertThat(this.events.handshakes).containsExactly(false));
			await().until(() -> server.server().sessions().isEmpty());
		}
	}

	/** A certificate is replaced: new sessions get it, old ones finish their message. */
	@Test
	void changedContextServesTheNextHandshake() throws Exception {
		AtomicReference<SSLContext> current = new AtomicReference<>(Certificates.server());
		try (TestServer server = start(listener(TlsPolicy.startTls(current::get)));
				RawClient old = connect(server);
				RawClient halfOpen = connect(server)) {
			RawClient oldSecured = upgrade(old).openTransaction().expect("DATA", "354").send("half of ");
			halfOpen.expect(HELLO, "250");
			current.set(Certificates.nextServer());
			RawClient next = upgrade(halfOpen);
			assertThat(serverCertificate(next)).isEqualTo(Certificates.of(Certificates.NEXT_SERVER));
			assertThat(serverCertificate(oldSecured)).isEqualTo(Certificates.of(Certificates.SERVER));
			oldSecured.send("a message\r\n.\r\n").expect("250 2.0.0");
			next.openTransaction().expect("DATA", "354").send(".\r\n").expect("250 2.0.0");
			assertThat(server.messages()).extracting(ReceivedMessage::text)
				.containsExactly("half of a message\r\n", "");
		}
	}

	private static Certificate serverCertificate(RawClient client) throws IOException {
		return ((SSLSocket) client.socket()).getSession().getPeerCertificates()[0];
	}

	@Test
	void contextThatCannotBeHadEndsOneSessionOnly() throws IOException {
		AtomicReference<SSLContext> current = new AtomicReference<>();
		try (TestServer server = start(listener(TlsPolicy.startTls(() -> {
			SSLContext context = current.get();
			if (context == null) {
				throw new IllegalStateException("the key store is gone");
			}
			return context;
		})))) {
			try (RawClient client = connect(server)) {
				client.expect("STARTTLS", "220");
				assertThat(rest(client)).isEmpty();
				await().untilAsserted(() -> assertThat(this.events.sessions).containsExactly(SessionOutcome.ERROR));
			}
			current.set(Certificates.server());
			try (RawClient client = connect(server)) {
				upgrade(client).openTransaction();
			}
		}
	}

	/** RFC 3207 §4, and LHLO where that is spoken. */
	@ParameterizedTest
	@MethodSource("verbs")
	void requiredTlsRefusesEverythingElse(String verb) throws IOException {
		Set<String> allowed = Set.of("EHLO", "LHLO", "NOOP", "STARTTLS", "QUIT");
		for (boolean lmtp : new boolean[] { false, true }) {
			Listener listener = Listener.of(TestServer.loopback())
				.named("tls")
				.tls(TlsPolicy.requireStartTls(Certificates::server));
			try (TestServer server = start((builder) -> builder.listener(lmtp ? listener.lmtp() : listener));
					RawClient client = connect(server)) {
				client.expect(lmtp ? "LHLO client.example.org" : HELLO, "250");
				for (String line : List.of(verb, verb + " x", verb + " FROM:<a@example.org>")) {
					if (!allowed.contains(verb)) {
						client.expect(line, "530 5.7.0 Must issue a STARTTLS command first");
					}
				}
				if (allowed.contains(verb)) {
					assertThat(client.command(verb)).doesNotStartWith("530");
				}
			}
		}
	}

	static Stream<String> verbs() {
		return Stream.concat(Stream.of("FOO", "MAIL", "XXXX"), Stream.of(Verb.values()).map(Verb::name)).distinct();
	}

	@Test
	void requiredTlsLetsEverythingThroughAfterwards() throws IOException {
		try (TestServer server = start(listener(TlsPolicy.requireStartTls(Certificates::server)));
				RawClient client = connect(server)) {
			client.expect("MAIL FROM:<a@example.org>", "530 5.7.0");
			upgrade(client).openTransaction().expect("DATA", "354").send(".\r\n").expect("250");
		}
	}

	private static Consumer<SmtpServer.Builder> offered() {
		return listener(TlsPolicy.startTls(Certificates::server));
	}

	private static Consumer<SmtpServer.Builder> listener(TlsPolicy policy) {
		return (builder) -> builder.listener(Listener.of(TestServer.loopback()).named("tls").tls(policy));
	}

	private TestServer start(Consumer<SmtpServer.Builder> settings) throws IOException {
		return TestServer.start(settings.andThen((builder) -> builder.sessionListener(this.events)
			.senderChecker((peer, path) -> this.senders.add(peer))));
	}

	private static RawClient open(TestServer server) throws IOException {
		return new RawClient(server.server().localAddress("tls"));
	}

	private static RawClient connect(TestServer server) throws IOException {
		return open(server).expect("220 ");
	}

	private static RawClient upgrade(RawClient client) throws IOException {
		return secure(client.expect("STARTTLS", "220 2.0.0"));
	}

	private static RawClient secure(RawClient client) throws IOException {
		return new RawClient(Certificates.secure(client.socket()));
	}

	/** All that still comes; a reset is an end, too. */
	private static byte[] rest(RawClient client) throws IOException {
		ByteArrayOutputStream octets = new ByteArrayOutputStream();
		try {
			int octet = client.socket().getInputStream().read();
			while (octet >= 0) {
				octets.write(octet);
				octet = client.socket().getInputStream().read();
			}
		}
		catch (SocketException ex) {
			assertThat(ex).hasMessageContaining("reset");
		}
		return octets.toByteArray();
	}

	/** RFC 4346 §7.4.1.2, with two cipher suites that every old server knew. */
	private static byte[] clientHello(int version) {
		byte[] hello = new byte[5 + 4 + 45];
		byte[] head = { 0x16, 3, 1, 0, 49, 1, 0, 0, 45, 3, (byte) version };
		System.arraycopy(head, 0, hello, 0, head.length);
		byte[] tail = { 0, 0, 6, (byte) 0xC0, 9, 0, 0x2F, 0, (byte) 0xFF, 1, 0 };
		System.arraycopy(tail, 0, hello, hello.length - tail.length, tail.length);
		return hello;
	}

	/** What the server tells of its sessions. */
	private static final class Events implements SessionListener {

		final List<SessionOutcome> sessions = new CopyOnWriteArrayList<>();

		final List<Boolean> handshakes = new CopyOnWriteArrayList<>();

		final List<String> verbs = new CopyOnWriteArrayList<>();

		@Override
		public void tlsHandshake(Peer peer, boolean success, Duration elapsed) {
			this.handshakes.add(success);
		}

		@Override
		public void replied(Peer peer, String verb, SmtpReply reply, Duration elapsed) {
			this.verbs.add(verb);
		}

		@Override
		public void disconnected(Peer peer, SessionOutcome outcome, Duration elapsed, @Nullable Throwable cause) {
			this.sessions.add(outcome);
		}

	}

}
