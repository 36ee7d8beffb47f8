package io.smtpd;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A running server on a free port of the loopback interface that keeps what it gets. */
final class TestServer implements AutoCloseable {

	private final List<ReceivedMessage> messages = new CopyOnWriteArrayList<>();

	private final SmtpServer server;

	private TestServer(Consumer<SmtpServer.Builder> settings, TlsPolicy tls) throws IOException {
		SmtpServer.Builder builder = SmtpServer.builder()
			.hostname("mx.example.org")
			.listener(SmtpServer.Listener.of(loopback()).tls(tls))
			.receivedHeader(false);
		settings.accept(builder);
		builder.messageHandler((peer, envelope) -> this.messages.add(ReceivedMessage.of(envelope)));
		this.server = builder.build().start();
	}

	/** Any free port of the loopback interface. */
	static InetSocketAddress loopback() {
		return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
	}

	static TestServer start() throws IOException {
		return start((builder) -> {
		});
	}

	/**
	 * Starts a server.
	 * @param settings adds to the builder; handlers added here run before the one that
	 * keeps the messages
	 */
	static TestServer start(Consumer<SmtpServer.Builder> settings) throws IOException {
		return start(settings, TlsPolicy.none());
	}

	/** As {@link #start(Consumer)}, with TLS on the default listener. */
	static TestServer start(Consumer<SmtpServer.Builder> settings, TlsPolicy tls) throws IOException {
		return new TestServer(settings, tls);
	}

	SmtpServer server() {
		return this.server;
	}

	InetSocketAddress address() {
		return this.server.localAddress();
	}

	/** Connects and reads the greeting. */
	RawClient connect() throws IOException {
		RawClient client = new RawClient(address());
		client.expect("220 ");
		return client;
	}

	List<ReceivedMessage> messages() {
		return this.messages;
	}

	@Override
	public void close() {
		this.server.close();
	}

}
