package io.smtpd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;

import io.smtpd.SmtpServer.Listener;

import static org.assertj.core.api.Assertions.assertThat;

/** The ways on which a session can reach its first command. */
enum Transport {

	PLAIN,

	STARTTLS,

	IMPLICIT_TLS,

	PROXY_V1,

	PROXY_V2,

	PROXY_IMPLICIT_TLS,

	XCLIENT,

	LMTP;

	/** Whom a proxy speaks for. */
	static final InetSocketAddress FORWARDED = address(192, 0, 2, 7, 40007);

	/** Where that client connected to. */
	static final InetSocketAddress DESTINATION = address(198, 51, 100, 1, 25);

	static final String V1_HEADER = "PROXY TCP4 192.0.2.7 198.51.100.1 40007 25\r\n";

	private static InetSocketAddress address(int first, int second, int third, int fourth, int port) {
		byte[] octets = { (byte) first, (byte) second, (byte) third, (byte) fourth };
		try {
			return new InetSocketAddress(InetAddress.getByAddress(octets), port);
		}
		catch (UnknownHostException ex) {
			throw new IllegalStateException(ex); // four octets are an address
		}
	}

	/** Adds a listener of the transport's name. */
	void configure(SmtpServer.Builder builder) {
		Listener listener = Listener.of(TestServer.loopback()).named(name());
		builder.listener(switch (this) {
			case PLAIN, XCLIENT -> listener;
			case STARTTLS -> listener.tls(TlsPolicy.startTls(Certificates::server));
			case IMPLICIT_TLS -> listener.tls(TlsPolicy.implicit(Certificates::server));
			case PROXY_V1, PROXY_V2 -> listener.proxyProtocol(InetAddress::isLoopbackAddress);
			case PROXY_IMPLICIT_TLS ->
				listener.tls(TlsPolicy.implicit(Certificates::server)).proxyProtocol(InetAddress::isLoopbackAddress);
			case LMTP -> listener.lmtp();
		});
		if (this == XCLIENT) {
			builder.xclient(InetAddress::isLoopbackAddress);
		}
	}

	boolean secure() {
		return Set.of(STARTTLS, IMPLICIT_TLS, PROXY_IMPLICIT_TLS).contains(this);
	}

	boolean forwarded() {
		return Set.of(PROXY_V1, PROXY_V2, PROXY_IMPLICIT_TLS, XCLIENT).contains(this);
	}

	/** Whether there is a session before the one that is meant. */
	boolean restarts() {
		return this == STARTTLS || this == XCLIENT;
	}

	String hello() {
		return (this == LMTP) ? "LHLO" : "EHLO";
	}

	/** The client's address as the server must see it. */
	InetSocketAddress seenAs(RawClient client) {
		return forwarded() ? FORWARDED : (InetSocketAddress) client.socket().getLocalSocketAddress();
	}

	/** Gets to where the next line that the server sends is the greeting. */
	RawClient connect(SmtpServer server) throws IOException {
		Socket socket = RawClient.connect(server.localAddress(name()));
		RawClient client = new RawClient(socket);
		return switch (this) {
			case PLAIN, LMTP -> client;
			case IMPLICIT_TLS -> new RawClient(Certificates.secure(socket));
			case PROXY_V1 -> client.send(V1_HEADER);
			case PROXY_V2 -> client.send(v2Header());
			case PROXY_IMPLICIT_TLS -> {
				client.send(v2Header());
				yield new RawClient(Certificates.secure(socket));
			}
			case STARTTLS -> {
				String greeting = client.reply();
				assertThat(client.command("EHLO before.example.org")).contains("STARTTLS");
				client.expect("STARTTLS", "220 2.0.0");
				// nothing greets after the handshake (RFC 3207 §4.2)
				yield new RawClient(Certificates.secure(socket), greeting + "\r\n");
			}
			case XCLIENT -> {
				client.expect("220").expect("EHLO before.example.org", "250");
				yield client.send("XCLIENT ADDR=192.0.2.7 PORT=40007 DESTADDR=198.51.100.1 DESTPORT=25\r\n");
			}
		};
	}

	/** Gets to where the server waits for the first command. */
	RawClient connectAndRead(SmtpServer server) throws IOException {
		return connect(server).expect("220 ");
	}

	static byte[] v2Header() {
		return v2Header(0x21, 0x11,
				ByteBuffer.allocate(12)
					.put(FORWARDED.getAddress().getAddress())
					.put(DESTINATION.getAddress().getAddress())
					.putShort((short) FORWARDED.getPort())
					.putShort((short) DESTINATION.getPort())
					.array());
	}

	static byte[] v2Header(int versionAndCommand, int family, byte[] rest) {
		ByteArrayOutputStream header = new ByteArrayOutputStream();
		header.writeBytes("\r\n\r\n\0\r\nQUIT\n".getBytes(StandardCharsets.US_ASCII));
		header.write(versionAndCommand);
		header.write(family);
		header.write(rest.length >> 8);
		header.write(rest.length);
		header.writeBytes(rest);
		return header.toByteArray();
	}

}
