package io.smtpd.autoconfigure;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

import io.smtpd.SmtpServer;

import static org.assertj.core.api.Assertions.assertThat;

/** A client that says what it is told, line by line. */
public final class TestClient implements AutoCloseable {

	private Socket socket;

	private BufferedReader in;

	private TestClient(Socket socket) throws IOException {
		this.socket = socket;
		socket.setSoTimeout(10_000);
		this.in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
	}

	/** Connects to the first listener; the greeting is not read yet. */
	public static TestClient connect(SmtpServer server) {
		return connect(server.localAddress().getPort());
	}

	public static TestClient connect(int port) {
		try {
			return new TestClient(new Socket(InetAddress.getLoopbackAddress(), port));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** Connects and speaks TLS at once (RFC 8314). */
	public static TestClient connect(int port, SSLContext context) {
		return connect(port, context, List.of());
	}

	/** The same for a server that has several names (RFC 6066 §3). */
	public static TestClient connect(int port, SSLContext context, List<SNIServerName> names) {
		TestClient client = connect(port);
		client.handshake(context, names);
		return client;
	}

	/** Asks for TLS and begins it (RFC 3207). */
	public TestClient startTls(SSLContext context) {
		assertThat(send("STARTTLS")).startsWith("220 ");
		handshake(context, List.of());
		return this;
	}

	private void handshake(SSLContext context, List<SNIServerName> names) {
		try {
			SSLSocket secured = (SSLSocket) context.getSocketFactory()
				.createSocket(this.socket, "127.0.0.1", this.socket.getPort(), true);
			SSLParameters parameters = secured.getSSLParameters();
			parameters.setServerNames(names);
			secured.setSSLParameters(parameters);
			secured.startHandshake();
			this.socket = secured;
			this.in = new BufferedReader(new InputStreamReader(secured.getInputStream(), StandardCharsets.UTF_8));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** What is known of the TLS that is spoken. */
	public SSLSession tls() {
		return ((SSLSocket) this.socket).getSession();
	}

	/** Sends lines and returns the reply to the last of them. */
	public String send(String... lines) {
		String reply = "";
		for (String line : lines) {
			write(line);
			reply = reply();
		}
		return reply;
	}

	public void write(String line) {
		try {
			this.socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** The last line of the next reply, or null when the connection was closed. */
	public String reply() {
		List<String> lines = replyLines();
		return lines.isEmpty() ? null : lines.get(lines.size() - 1);
	}

	/** The next reply, line by line; nothing when the connection was closed. */
	public List<String> replyLines() {
		try {
			List<String> lines = new ArrayList<>();
			String line = this.in.readLine();
			while (line != null && line.length() > 3 && line.charAt(3) == '-') {
				lines.add(line);
				line = this.in.readLine();
			}
			if (line != null) {
				lines.add(line);
			}
			return lines;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** The greeting, EHLO, and a message to each recipient up to the mail data. */
	public TestClient begin(String sender, String... recipients) {
		reply();
		return beginAfterGreeting(sender, recipients);
	}

	private TestClient beginAfterGreeting(String sender, String... recipients) {
		send("EHLO client.example.org", "MAIL FROM:<" + sender + ">");
		for (String recipient : recipients) {
			send("RCPT TO:<" + recipient + ">");
		}
		return this;
	}

	/** A whole message; returns the reply to its end. */
	public String mail(String sender, String recipient) {
		begin(sender, recipient).send("DATA");
		return send("Subject: test\r\n\r\nHello\r\n.");
	}

	/** The same where the greeting was read already. */
	public String mailAfterGreeting(String sender, String recipient) {
		beginAfterGreeting(sender, recipient).send("DATA");
		return send("Subject: test\r\n\r\nHello\r\n.");
	}

	@Override
	public void close() {
		try {
			this.socket.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
