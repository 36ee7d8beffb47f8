package io.smtpd.relay;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

import io.smtpd.SmtpServer;

/** A server in front of a relay, and a client that speaks to it in raw lines. */
final class RelayingServer implements AutoCloseable {

	static final byte[] MESSAGE = "Subject: test\r\n\r\nHello\r\n".getBytes(StandardCharsets.US_ASCII);

	private final RelayHandler relay;

	private final SmtpServer server;

	private final Socket client;

	private final OutputStream out;

	private final BufferedReader in;

	RelayingServer(RelayHandler relay) throws IOException {
		this(relay, (builder) -> {
		});
	}

	RelayingServer(RelayHandler relay, Consumer<SmtpServer.Builder> customizer) throws IOException {
		this.relay = relay;
		SmtpServer.Builder builder = SmtpServer.builder()
			.hostname("front.example")
			.receivedHeader(false)
			.listener(loopback())
			.maxMessageSize(-1)
			.maxRecipients(-1)
			.messageHandler(relay);
		customizer.accept(builder);
		this.server = builder.build().start();
		this.client = new Socket(InetAddress.getLoopbackAddress(), this.server.localAddress().getPort());
		this.out = this.client.getOutputStream();
		this.in = new BufferedReader(new InputStreamReader(this.client.getInputStream(), StandardCharsets.UTF_8));
		reply();
		ask("EHLO client.example");
	}

	static SmtpServer.Listener loopback() {
		return SmtpServer.Listener.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
	}

	RelayHandler relay() {
		return this.relay;
	}

	/** Sends a command and returns its reply, its lines joined by LF. */
	String ask(String line) throws IOException {
		this.out.write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
		return reply();
	}

	private String reply() throws IOException {
		StringBuilder reply = new StringBuilder();
		String line = this.in.readLine();
		while (line != null && line.length() > 3 && line.charAt(3) == '-') {
			reply.append(line).append('\n');
			line = this.in.readLine();
		}
		return reply.append(line).toString();
	}

	/** Sends a small message and returns the reply to its final dot. */
	String deliver(String... recipients) throws IOException {
		return deliver("", List.of(recipients), MESSAGE);
	}

	String deliver(String mailParameters, List<String> recipients, byte[] stuffed) throws IOException {
		ask("MAIL FROM:<sender@client.example>" + mailParameters);
		for (String recipient : recipients) {
			ask("RCPT TO:<" + recipient + ">");
		}
		ask("DATA");
		this.out.write(stuffed);
		return ask(".");
	}

	@Override
	public void close() throws IOException {
		this.client.close();
		this.relay.close();
		this.server.close();
	}

}
