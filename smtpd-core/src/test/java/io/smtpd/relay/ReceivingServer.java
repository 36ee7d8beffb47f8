package io.smtpd.relay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

import io.smtpd.Envelope;
import io.smtpd.Peer;
import io.smtpd.SmtpServer;

/** A real server upstream that remembers what it accepted. */
final class ReceivingServer implements AutoCloseable {

	private final SmtpServer server;

	private final List<Mail> mails = new CopyOnWriteArrayList<>();

	ReceivingServer() {
		this((builder) -> {
		}, RelayingServer.loopback());
	}

	ReceivingServer(Consumer<SmtpServer.Builder> customizer, SmtpServer.Listener listener) {
		SmtpServer.Builder builder = SmtpServer.builder()
			.hostname("back.example")
			.receivedHeader(false)
			.maxMessageSize(-1)
			.listener(listener)
			.messageHandler(
					(peer, envelope) -> this.mails.add(new Mail(peer, envelope, envelope.mailData().readAllBytes())));
		customizer.accept(builder);
		try {
			this.server = builder.build().start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	List<Mail> mails() {
		return this.mails;
	}

	RelayHandler.Builder relay(String host) {
		return RelayHandler.to(host).port(this.server.localAddress().getPort());
	}

	@Override
	public void close() {
		this.server.close();
	}

	/**
	 * An accepted message.
	 *
	 * @param peer who sent it
	 * @param envelope its envelope, without mail data
	 * @param octets the mail data
	 */
	record Mail(Peer peer, Envelope envelope, byte[] octets) {

	}

}
