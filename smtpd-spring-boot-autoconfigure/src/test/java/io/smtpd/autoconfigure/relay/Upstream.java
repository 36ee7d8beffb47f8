package io.smtpd.autoconfigure.relay;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

import io.smtpd.Peer;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServer.Listener;
import io.smtpd.TlsPolicy;

/** A server that mail is relayed to; it keeps what it took. */
public final class Upstream implements AutoCloseable {

	private final List<String> messages = new CopyOnWriteArrayList<>();

	private final List<Peer> peers = new CopyOnWriteArrayList<>();

	private final SmtpServer server;

	private Upstream(UnaryOperator<Listener> listener, Consumer<SmtpServer.Builder> options) {
		SmtpServer.Builder builder = SmtpServer.builder()
			.hostname("upstream.example.net")
			.receivedHeader(false)
			.listener(listener.apply(Listener.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))));
		options.accept(builder);
		this.server = builder.messageHandler((peer, envelope) -> {
			this.peers.add(peer);
			this.messages.add(new String(envelope.mailData().readAllBytes(), StandardCharsets.ISO_8859_1));
		}).build();
		try {
			this.server.start();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	public static Upstream start() {
		return start((builder) -> {
		});
	}

	static Upstream start(Consumer<SmtpServer.Builder> options) {
		return new Upstream(UnaryOperator.identity(), options);
	}

	static Upstream startWith(TlsPolicy tls) {
		return new Upstream((listener) -> listener.tls(tls), (builder) -> {
		});
	}

	/** A port at which nobody listens. */
	static int deadPort() {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * The properties of a relay to this server, which anybody on this machine may use.
	 */
	public String[] properties() {
		return new String[] { "smtpd.address=127.0.0.1", "smtpd.port=0", "smtpd.relay.host=127.0.0.1",
				"smtpd.relay.port=" + port(), "smtpd.relay.allowed-networks=127.0.0.0/8" };
	}

	int port() {
		return this.server.localAddress().getPort();
	}

	/** What was accepted, one character an octet. */
	public List<String> messages() {
		return this.messages;
	}

	/** Who brought it. */
	List<Peer> peers() {
		return this.peers;
	}

	@Override
	public void close() {
		this.server.close();
	}

}
