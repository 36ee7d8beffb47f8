package io.smtpd;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;

import io.smtpd.SessionListener.Refusal;
import io.smtpd.SmtpServer.Listener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** HAProxy's PROXY protocol, versions 1 and 2. */
class ProxyProtocolTests {

	private static final int TCP4 = 0x11;

	private static final int TCP6 = 0x21;

	private static final int PROXY = 0x21;

	private static final int LOCAL = 0x20;

	private final List<Peer> peers = new CopyOnWriteArrayList<>();

	private final List<Refusal> refusals = new CopyOnWriteArrayList<>();

	@ParameterizedTest
	@CsvSource({ "TCP4 192.0.2.7 198.51.100.1 40007 25, 192.0.2.7, 40007, 198.51.100.1, 25",
			"TCP4 255.255.255.255 255.255.255.255 65535 65535, 255.255.255.255, 65535, 255.255.255.255, 65535",
			"TCP4 192.0.2.7 198.51.100.1 0 25, 192.0.2.7, 0, 198.51.100.1, 25",
			"TCP6 2001:db8::7 2001:db8::1 40007 465, 2001:db8::7, 40007, 2001:db8::1, 465",
			"TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535, "
					+ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, 65535, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, 65535" })
	void version1TellsTheAddresses(String line, String remote, int remotePort, String local, int localPort)
			throws IOException {
		try (TestServer server = start(); RawClient client = open(server)) {
			client.send("PROXY " + line + "\r\n").expect("220");
			assertPeer(new InetSocketAddress(remote, remotePort), new InetSocketAddress(local, localPort));
		}
	}

	/** The proxy does not know, or checks our health: it is the peer itself. */
	@ParameterizedTest
	@ValueSource(strings = { "PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n",
			"PROXY UNKNOWN whatever it \0 may be\r\n" })
	void version1UnknownKeepsTheRealPeer(String header) throws IOException {
		try (TestServer server = start(); RawClient client = open(server)) {
			client.send(header).expect("220");
			assertReal(client);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "PROXY \r\n", "PROXY TCP4\r\n", "PROXY TCP4 192.0.2.7 198.51.100.1 40007\r\n",
			"PROXY TCP4 192.0.2.7 198.51.100.1 40007 25 \r\n", "PROXY TCP4  192.0.2.7 198.51.100.1 40007 25\r\n",
			"PROXY TCP4 192.0.2.7 198.51.100.1 40007 25\n", "PROXY TCP4 192.0.2.7 198.51.100.1 40007 25\rx\r\n",
			"PROXY TCP4 192.0.2.7 198.51.100.1 65536 25\r\n", "PROXY TCP4 192.0.2.7 198.51.100.1 -1 25\r\n",
			"PROXY TCP4 192.0.2.7 198.51.100.1 040 25\r\n", "PROXY TCP4 192.0.2.256 198.51.100.1 40007 25\r\n",
			"PROXY TCP4 2001:db8::7 2001:db8::1 40007 25\r\n", "PROXY TCP6 192.0.2.7 198.51.100.1 40007 25\r\n",
			"PROXY TCP4 client.example.org 198.51.100.1 40007 25\r\n", "PROXY tcp4 192.0.2.7 198.51.100.1 40007 25\r\n",
			"PROXY UDP4 192.0.2.7 198.51.100.1 40007 25\r\n", "PROXY UNKNOWNX\r\n", "proxy TCP4 192.0.2.7\r\n",
			"EHLO client.example.org\r\n", "PROXIED", "GET / HTTP/1.1\r\n" })
	void version1ThatIsMalformedIsRefused(String header) throws IOException {
		try (TestServer server = start(); RawClient client = open(server)) {
			assertRefused(client.send(header));
		}
	}

	@Test
	void version1IsAtMost107OctetsLong() throws IOException {
		String longest = "PROXY UNKNOWN " + "x".repeat(107 - 16) + "\r\n";
		assertThat(longest).hasSize(107);
		try (TestServer server = start();
				RawClient client = open(server);
				RawClient tooLong = open(server);
				RawClient endless = open(server)) {
			client.send(longest).expect("220").expect("NOOP", "250");
			assertRefused(tooLong.send("PROXY UNKNOWN x" + "x".repeat(107 - 16) + "\r\n"));
			assertRefused(endless.send("PROXY " + "x".repeat(102)));
		}
	}

	static Stream<Arguments> version2() {
		InetSocketAddress four = new InetSocketAddress("192.0.2.7", 40007);
		InetSocketAddress six = new InetSocketAddress("2001:db8::7", 65535);
		return Stream.of(Arguments.of("TCP4", v2(PROXY, TCP4, block(four, 0)), four),
				Arguments.of("TCP4 with fields", v2(PROXY, TCP4, block(four, 100)), four),
				Arguments.of("TCP4 with all the fields there can be", v2(PROXY, TCP4, block(four, 65_535 - 12)), four),
				Arguments.of("TCP6", v2(PROXY, TCP6, block(six, 0)), six),
				Arguments.of("TCP6 with all the fields there can be", v2(PROXY, TCP6, block(six, 65_535 - 36)), six),
				Arguments.of("LOCAL", v2(LOCAL, 0, new byte[0]), null),
				Arguments.of("LOCAL with addresses", v2(LOCAL, TCP4, block(four, 5)), null),
				Arguments.of("LOCAL with anything", v2(LOCAL, 0x99, new byte[65_535]), null),
				Arguments.of("UNSPEC", v2(PROXY, 0, new byte[0]), null),
				Arguments.of("UNSPEC with fields", v2(PROXY, 0, new byte[3000]), null),
				// §2.2: valid, and to be taken as UNSPEC by who does not know them
				Arguments.of("UDP4", v2(PROXY, 0x12, block(four, 0)), null),
				Arguments.of("UDP6", v2(PROXY, 0x22, block(six, 0)), null),
				Arguments.of("a Unix socket", v2(PROXY, 0x31, new byte[216]), null),
				Arguments.of("a Unix socket of datagrams", v2(PROXY, 0x32, new byte[216]), null));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("version2")
	void version2TellsTheAddresses(String name, byte[] header, InetSocketAddress expected) throws IOException {
		try (TestServer server = start(); RawClient client = open(server)) {
			client.send(header).expect("220").expect("NOOP", "250");
			if (expected != null) {
				assertPeer(expected, expected);
			}
			else {
				assertReal(client);
			}
		}
	}

	static Stream<Arguments> badVersion2() {
		byte[] right = v2(PROXY, TCP4, new byte[12]);
		byte[] signature = right.clone();
		signature[11] = '\r';
		byte[] early = right.clone();
		early[4] = '\r';
		return Stream.of(Arguments.of("version 1", v2(0x11, TCP4, new byte[12])),
				Arguments.of("version 3", v2(0x31, TCP4, new byte[12])),
				Arguments.of("an unknown command", v2(0x22, TCP4, new byte[12])),
				Arguments.of("too short for IPv4", v2(PROXY, TCP4, new byte[11])),
				Arguments.of("no addresses", v2(PROXY, TCP4, new byte[0])),
				Arguments.of("too short for IPv6", v2(PROXY, TCP6, new byte[35])),
				Arguments.of("an unknown family", v2(PROXY, 0x41, new byte[12])),
				Arguments.of("an unknown transport", v2(PROXY, 0x13, new byte[12])),
				Arguments.of("a signature that is wrong late", signature),
				Arguments.of("a signature that is wrong early", early));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("badVersion2")
	void version2ThatIsMalformedIsRefused(String name, byte[] header) throws IOException {
		try (TestServer server = start(); RawClient client = open(server)) {
			assertRefused(client.send(header));
		}
	}

	@Test
	void headerMayComeOctetByOctet() throws IOException {
		try (TestServer server = start(); RawClient one = open(server); RawClient two = open(server)) {
			one.sendOneByOne(Transport.V1_HEADER.getBytes(StandardCharsets.US_ASCII)).expect("220");
			assertPeer(Transport.FORWARDED, Transport.DESTINATION);
			two.sendOneByOne(Transport.v2Header()).expect("220");
			assertThat(this.peers).hasSize(2)
				.allSatisfy((peer) -> assertThat(peer.remoteAddress()).isEqualTo(Transport.FORWARDED));
		}
	}

	@Test
	void commandsMayFollowInTheSameSegment() throws IOException {
		try (TestServer server = start(); RawClient client = open(server)) {
			client.send(Transport.V1_HEADER + "EHLO client.example.org\r\nNOOP\r\n")
				.expect("220")
				.expect("250")
				.expect("250 2.0.0 Ok");
		}
	}

	/**
	 * The header and the ClientHello in one segment: both are read by who they are for.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void tlsMayFollowInTheSameSegment(boolean version2) throws IOException {
		byte[] header = version2 ? Transport.v2Header() : Transport.V1_HEADER.getBytes(StandardCharsets.US_ASCII);
		try (TestServer server = start(Transport.PROXY_IMPLICIT_TLS::configure, "PROXY_IMPLICIT_TLS");
				Socket socket = new PrefixingSocket(header)) {
			socket.connect(server.server().localAddress(Transport.PROXY_IMPLICIT_TLS.name()));
			try (RawClient client = new RawClient(Certificates.secure(socket))) {
				client.expect("220").openTransaction();
				assertPeer(Transport.FORWARDED, Transport.DESTINATION);
			}
		}
	}

	@Test
	void headerFromAnUntrustedAddressIsRefused() throws IOException {
		try (TestServer server = start(
				(builder) -> builder
					.listener(Listener.of(TestServer.loopback()).named("proxied").proxyProtocol((address) -> false)),
				"proxied"); RawClient client = open(server)) {
			assertRefused(client.send(Transport.V1_HEADER));
		}
	}

	/** A listener without a proxy takes the header for a command. */
	@Test
	void headerIsNotReadWhereItIsNotExpected() throws IOException {
		try (TestServer server = start(); RawClient client = server.connect()) {
			client.send(Transport.V1_HEADER).expect("500 5.5.1");
			assertReal(client);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "PROX", "PROXY TCP4 192.0.2.7", "\r\n\r\n\0\r\nQUIT\n!" })
	void missingHeaderIsCutAtTheReadTimeout(String begun) throws IOException {
		try (TestServer server = start(proxied().andThen((builder) -> builder.readTimeout(Duration.ofMillis(400))),
				"proxied"); RawClient client = open(server)) {
			client.send(begun).expect("421 4.4.2").expectClosed();
			assertThat(this.peers).isEmpty();
			await().until(() -> server.server().sessions().isEmpty());
		}
	}

	@Test
	void clientThatHangsUpInTheHeaderLeavesNothing() throws IOException {
		try (TestServer server = start()) {
			try (RawClient client = open(server)) {
				client.send("PROXY TCP4 192");
			}
			await().until(() -> server.server().sessions().isEmpty());
			assertThat(this.peers).isEmpty();
		}
	}

	private static Consumer<SmtpServer.Builder> proxied() {
		return (builder) -> builder
			.listener(Listener.of(TestServer.loopback()).named("proxied").proxyProtocol((address) -> true));
	}

	private TestServer start() throws IOException {
		return start(proxied(), "proxied");
	}

	private TestServer start(Consumer<SmtpServer.Builder> settings, String listener) throws IOException {
		TestServer server = TestServer.start(settings
			.andThen((builder) -> builder.connectionChecker(this.peers::add).sessionListener(new SessionListener() {

				@Override
				public void connectionRefused(Peer peer, Refusal refusal, SmtpReply reply, Duration elapsed) {
					ProxyProtocolTests.this.refusals.add(refusal);
				}

			})));
		assertThat(server.server().isAccepting(listener)).isTrue();
		return server;
	}

	private static RawClient open(TestServer server) throws IOException {
		return new RawClient(server.server().localAddress("proxied"));
	}

	private void assertPeer(InetSocketAddress remote, InetSocketAddress local) {
		assertThat(this.peers).singleElement().satisfies((peer) -> {
			assertThat(peer.remoteAddress()).isEqualTo(remote);
			assertThat(peer.localAddress()).isEqualTo(local);
		});
	}

	private void assertReal(RawClient client) {
		assertPeer((InetSocketAddress) client.socket().getLocalSocketAddress(),
				(InetSocketAddress) client.socket().getRemoteSocketAddress());
	}

	private void assertRefused(RawClient client) throws IOException {
		client.expect("421 4.7.0").expectClosed();
		await().untilAsserted(() -> assertThat(this.refusals).isNotEmpty().containsOnly(Refusal.PROXY));
		assertThat(this.peers).as("peers that were asked about")
			.allSatisfy((peer) -> assertThat(peer.remoteAddress().getAddress().isLoopbackAddress()).isTrue());
	}

	private static byte[] v2(int versionAndCommand, int family, byte[] rest) {
		return Transport.v2Header(versionAndCommand, family, rest);
	}

	/** The same address as source and destination, then fields nobody reads. */
	private static byte[] block(InetSocketAddress address, int fields) {
		byte[] octets = address.getAddress().getAddress();
		ByteBuffer block = ByteBuffer.allocate(octets.length * 2 + 4 + fields);
		block.put(octets).put(octets);
		block.putShort((short) address.getPort()).putShort((short) address.getPort());
		return block.array();
	}

	/** Sends something in front of the first octets. */
	private static final class PrefixingSocket extends Socket {

		private final byte[] prefix;

		PrefixingSocket(byte[] prefix) {
			this.prefix = prefix;
		}

		@Override
		public OutputStream getOutputStream() throws IOException {
			OutputStream out = super.getOutputStream();
			return new OutputStream() {

				private boolean begun;

				@Override
				public void write(int octet) throws IOException {
					write(new byte[] { (byte) octet }, 0, 1);
				}

				@Override
				public void write(byte[] octets, int from, int length) throws IOException {
					if (this.begun) {
						out.write(octets, from, length);
						return;
					}
					this.begun = true;
					ByteBuffer both = ByteBuffer.allocate(PrefixingSocket.this.prefix.length + length);
					out.write(both.put(PrefixingSocket.this.prefix).put(octets, from, length).array());
				}
			};
		}

	}

}
