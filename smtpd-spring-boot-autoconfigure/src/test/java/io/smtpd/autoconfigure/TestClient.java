package io.smtpd.autoconfigure;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

import io.smtpd.SmtpServer;

/** A client that says what it is told, line by line. */
public final class TestClient implements AutoCloseable {

	private final Socket socket;

	private final BufferedReader in;

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
		try {
			String line = this.in.readLine();
			while (line != null && line.length() > 3 && line.charAt(3) == '-') {
				line = this.in.readLine();
			}
			return line;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** The greeting, EHLO, and a message to each recipient up to the mail data. */
	public TestClient begin(String sender, String... recipients) {
		reply();
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
