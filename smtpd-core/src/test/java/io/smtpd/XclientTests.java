package io.smtpd;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import io.smtpd.Peer.Protocol;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * XCLIENT as Postfix's XCLIENT_README has it; syntax and values are in the transcripts.
 */
class XclientTests {

	private static final String HELLO = "EHLO client.example.org";

	private final List<Peer> peers = new CopyOnWriteArrayList<>();

	@Test
	void isOfferedToTrustedProxiesOnly() throws IOException {
		try (TestServer trusting = start((builder) -> {
		});
				TestServer other = TestServer.start((builder) -> builder.xclient((address) -> false));
				RawClient proxy = trusting.connect();
				RawClient stranger = other.connect()) {
			assertThat(proxy.command(HELLO))
				.endsWith("\n250 XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT");
			assertThat(stranger.command(HELLO)).doesNotContain("XCLIENT");
			stranger.expect("XCLIENT ADDR=192.0.2.7", "550 5.7.0").expect("NOOP", "250");
			assertThat(other.server().sessions().get(0).peer().remoteAddress().getAddress().isLoopbackAddress())
				.isTrue();
		}
	}

	@Test
	void everyAttributeIsSeen() throws IOException {
		try (TestServer server = start((builder) -> {
		}); RawClient client = server.connect()) {
			client.expect(HELLO, "250")
				.expect("XCLIENT NAME=a.example.org ADDR=IPV6:2001:db8::7 PORT=40007 PROTO=ESMTP HELO=[IPv6:2001:db8::7]"
						+ " LOGIN=tim+40example.org DESTADDR=198.51.100.1 DESTPORT=25", "220 mx.example.org");
			Peer peer = server.server().sessions().get(0).peer();
			assertThat(peer.remoteAddress()).isEqualTo(new InetSocketAddress("2001:db8::7", 40007));
			assertThat(peer.localAddress()).isEqualTo(new InetSocketAddress("198.51.100.1", 25));
			assertThat(peer.heloName()).isEqualTo("[IPv6:2001:db8::7]");
			assertThat(peer.protocol()).isEqualTo(Protocol.ESMTP);
			assertThat(peer.principal().getName()).isEqualTo("tim@example.org");
			assertThat(peer.sessionId()).isEqualTo(this.peers.get(0).sessionId());
		}
	}

	/** What the README calls unavailable must not look like the proxy. */
	@Test
	void unknownAddressIsNobodys() throws IOException {
		try (TestServer server = start((builder) -> {
		}); RawClient client = server.connect()) {
			for (String unknown : List.of("[UNAVAILABLE]", "[TEMPUNAVAIL]", "[unavailable]")) {
				client.expect("XCLIENT ADDR=" + unknown + " PORT=" + unknown, "220");
				assertThat(server.server().sessions().get(0).peer().remoteAddress())
					.isEqualTo(new InetSocketAddress("0.0.0.0", 0));
				client.expect("XCLIENT ADDR=192.0.2.7 PORT=7", "220");
			}
		}
	}

	/** The proxy stays who connected: it may tell of the next client. */
	@Test
	void attributesMayComeInSeveralCommands() throws IOException {
		try (TestServer server = start((builder) -> {
		}); RawClient client = server.connect()) {
			client.expect("XCLIENT ADDR=192.0.2.7", "220")
				.expect("XCLIENT PORT=40007", "220")
				.expect("XCLIENT DESTADDR=198.51.100.1 DESTPORT=25", "220");
			assertThat(server.server().sessions().get(0).peer()).satisfies((peer) -> {
				assertThat(peer.remoteAddress()).isEqualTo(Transport.FORWARDED);
				assertThat(peer.localAddress()).isEqualTo(Transport.DESTINATION);
			});
			assertThat(this.peers).hasSize(4);
		}
	}

	@Test
	void connectionCheckersAreAskedAgainAndARefusalCloses() throws IOException {
		try (TestServer server = start((builder) -> builder.connectionChecker((peer) -> {
			if (peer.remoteAddress().getAddress().equals(Transport.FORWARDED.getAddress())) {
				throw new SmtpException(554, "5.7.1", "Not from there");
			}
		})); RawClient client = server.connect()) {
			client.expect("XCLIENT ADDR=192.0.2.8", "220")
				.expect("XCLIENT ADDR=192.0.2.7", "554 5.7.1 Not from there")
				.expectClosed();
			assertThat(this.peers).extracting((peer) -> peer.remoteAddress().getAddress().getHostAddress())
				.containsExactly("127.0.0.1", "192.0.2.8", "192.0.2.7");
			await().until(() -> server.server().sessions().isEmpty());
		}
	}

	@Test
	void sessionBeginsAnewButStaysInTls() throws IOException {
		try (TestServer server = start(Transport.IMPLICIT_TLS::configure);
				RawClient client = Transport.IMPLICIT_TLS.connectAndRead(server.server())) {
			client.expect(HELLO, "250")
				.expect("XCLIENT ADDR=192.0.2.7", "220")
				.expect("MAIL FROM:<a@example.org>", "503");
			assertThat(server.server().sessions().get(0).peer()).satisfies((peer) -> {
				assertThat(peer.secure()).isTrue();
				assertThat(peer.heloName()).isNull();
			});
			assertThat(client.command(HELLO)).doesNotContain("STARTTLS");
		}
	}

	@Test
	void isRefusedInATransactionWhichGoesOn() throws IOException {
		try (TestServer server = start((builder) -> {
		}); RawClient client = server.connect()) {
			client.openTransaction().expect("XCLIENT ADDR=192.0.2.7", "503 5.5.1").expect("DATA", "354");
			client.send(".\r\n").expect("250");
			assertThat(server.messages()).hasSize(1);
		}
	}

	@Test
	void logLinesNameTheNewPeer() throws IOException {
		AtomicReference<String> named = new AtomicReference<>();
		try (TestServer server = start((builder) -> builder
			.messageHandler((peer, envelope) -> named.set(MDC.get("smtpd.peer") + " " + MDC.get("smtpd.session"))));
				RawClient client = server.connect()) {
			client.expect("XCLIENT ADDR=IPV6:2001:db8::7 PORT=40007", "220");
			client.openTransaction().expect("DATA", "354").send(".\r\n").expect("250");
			assertThat(named.get()).isEqualTo("[IPv6:2001:db8:0:0:0:0:0:7]:40007 " + this.peers.get(0).sessionId());
		}
	}

	/** Behind a balancer it is the proxy behind it that has to be trusted. */
	@Test
	void trustIsInWhomTheProxyHeaderNames() throws IOException {
		try (TestServer server = TestServer.start((builder) -> {
			Transport.PROXY_V1.configure(builder);
			builder.xclient((address) -> address.equals(Transport.FORWARDED.getAddress()));
		});
				RawClient trusted = Transport.PROXY_V1.connectAndRead(server.server());
				RawClient other = new RawClient(server.server().localAddress(Transport.PROXY_V1.name()))) {
			trusted.expect("XCLIENT ADDR=192.0.2.99", "220").expect("XCLIENT ADDR=192.0.2.98", "220");
			other.send("PROXY UNKNOWN\r\n").expect("220").expect("XCLIENT ADDR=192.0.2.7", "550 5.7.0");
		}
	}

	/** RFC 2033 §4.2: the proxy's client may have spoken SMTP, the proxy does not. */
	@Test
	void lmtpStaysLmtp() throws IOException {
		try (TestServer server = start(Transport.LMTP::configure);
				RawClient client = Transport.LMTP.connectAndRead(server.server())) {
			client.expect("XCLIENT ADDR=192.0.2.7 PROTO=ESMTP HELO=client.example.org", "220")
				.expect("MAIL FROM:<a@example.org>", "250")
				.expect("RCPT TO:<b@example.org>", "250")
				.expect("RCPT TO:<c@example.org>", "250")
				.expect("DATA", "354");
			client.send(".\r\n").expect("250 2.0.0").expect("250 2.0.0").expect("NOOP", "250 2.0.0 Ok");
		}
	}

	private TestServer start(Consumer<SmtpServer.Builder> settings) throws IOException {
		return TestServer.start(((Consumer<SmtpServer.Builder>) (builder) -> builder.xclient((address) -> true)
			.connectionChecker(this.peers::add)).andThen(settings));
	}

}
