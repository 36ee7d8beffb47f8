package io.smtpd;

import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;

import javax.net.ssl.SSLEngine;

import static org.assertj.core.api.Assertions.assertThat;

/** How far a client gets before something goes wrong. */
enum Stage {

	CONNECTED, GREETED, HALF_A_LINE, HELLO, AUTH, MAIL, RECIPIENT, HALF_A_MESSAGE, STARTTLS, HALF_A_HELLO,
	HALF_A_HANDSHAKE, IMPLICIT_TLS, HALF_A_LINE_IN_TLS, HALF_A_MESSAGE_IN_TLS;

	/** More than the server keeps in memory. */
	static final String HALF = ("x".repeat(98) + "\r\n").repeat(50);

	BadClient reach(BadWorld world) throws IOException {
		boolean implicit = this == IMPLICIT_TLS;
		Socket transport = RawClient.connect(world.server().localAddress(implicit ? BadWorld.IMPLICIT : "default"));
		RawClient client = new RawClient(transport);
		switch (this) {
			case CONNECTED, IMPLICIT_TLS -> {
			}
			case GREETED -> client.expect("220");
			case HALF_A_LINE -> client.expect("220").send("EHLO cli");
			case HELLO -> client.expect("220").expect("EHLO client.example.org", "250");
			case AUTH -> client.expect("220").expect("EHLO client.example.org", "250").expect("AUTH LOGIN", "334");
			case MAIL -> client.expect("220")
				.expect("EHLO client.example.org", "250")
				.expect("MAIL FROM:<a@example.org>", "250");
			case RECIPIENT -> client.expect("220").openTransaction();
			case HALF_A_MESSAGE -> sendHalf(client.expect("220"), world);
			case STARTTLS -> client.expect("220").expect("STARTTLS", "220");
			case HALF_A_HELLO, HALF_A_HANDSHAKE -> {
				byte[] hello = clientHello();
				int length = (this == HALF_A_HELLO) ? hello.length / 2 : hello.length;
				client.expect("220").expect("STARTTLS", "220").send(Arrays.copyOf(hello, length));
			}
			case HALF_A_LINE_IN_TLS -> client = secure(client).send("EHLO cli");
			case HALF_A_MESSAGE_IN_TLS -> {
				client = secure(client);
				sendHalf(client, world);
			}
		}
		return new BadClient(transport, client);
	}

	private static RawClient secure(RawClient client) throws IOException {
		client.expect("220").expect("STARTTLS", "220");
		return new RawClient(Certificates.secure(client.socket()));
	}

	private static void sendHalf(RawClient client, BadWorld world) throws IOException {
		long before = world.spoolFiles();
		client.openTransaction().expect("DATA", "354").send(HALF);
		BadWorld.eventually().until(() -> world.spoolFiles() > before);
	}

	/** The first flight of a handshake that its client will not go on with. */
	private static byte[] clientHello() throws IOException {
		SSLEngine engine = Certificates.client().createSSLEngine();
		engine.setUseClientMode(true);
		ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
		engine.wrap(ByteBuffer.allocate(0), hello);
		assertThat(hello.position()).isGreaterThan(100);
		return Arrays.copyOf(hello.array(), hello.position());
	}

	/**
	 * A client that is about to do something bad.
	 *
	 * @param transport the socket below all layers
	 * @param client speaks on top of them
	 */
	record BadClient(Socket transport, RawClient client) implements AutoCloseable {

		/** As a crashed machine does, or a firewall. */
		void reset() throws IOException {
			this.transport.setSoLinger(true, 0);
			this.transport.close();
		}

		/** Says that nothing more comes, in TLS without the alert that it asks for. */
		void shutdownOutput() throws IOException {
			this.transport.shutdownOutput();
		}

		@Override
		public void close() throws IOException {
			this.transport.close();
		}

	}

}
