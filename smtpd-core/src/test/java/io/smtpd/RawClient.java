package io.smtpd;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Speaks to a server octet by octet: no knowledge of SMTP but where a reply ends. A read
 * that gets nothing for long fails the test instead of hanging it.
 */
final class RawClient implements AutoCloseable {

	private static final int PATIENCE_MILLIS = (int) Duration.ofSeconds(15).toMillis();

	private final Socket socket;

	private final InputStream in;

	private final OutputStream out;

	RawClient(InetSocketAddress server) throws IOException {
		this(connect(server));
	}

	RawClient(Socket socket) throws IOException {
		this(socket, "");
	}

	/** Goes on with another socket, after a line that was read from the one before. */
	RawClient(Socket socket, String alreadyRead) throws IOException {
		this.socket = socket;
		this.in = new BufferedInputStream(new SequenceInputStream(
				new ByteArrayInputStream(alreadyRead.getBytes(StandardCharsets.UTF_8)), socket.getInputStream()));
		this.out = socket.getOutputStream();
	}

	static Socket connect(InetSocketAddress server) throws IOException {
		Socket socket = new Socket();
		socket.connect(server, PATIENCE_MILLIS);
		socket.setSoTimeout(PATIENCE_MILLIS);
		socket.setTcpNoDelay(true);
		return socket;
	}

	Socket socket() {
		return this.socket;
	}

	/** Sends text as UTF-8, and nothing else. */
	RawClient send(String text) throws IOException {
		return send(text.getBytes(StandardCharsets.UTF_8));
	}

	RawClient send(byte[] octets) throws IOException {
		this.out.write(octets);
		this.out.flush();
		return this;
	}

	/** Sends each octet in a segment of its own. */
	RawClient sendOneByOne(byte[] octets) throws IOException {
		for (byte octet : octets) {
			this.out.write(octet);
			this.out.flush();
		}
		return this;
	}

	/** Sends a line and reads the whole reply to it. */
	String command(String line) throws IOException {
		send(line + "\r\n");
		return reply();
	}

	/**
	 * Reads a line up to CRLF.
	 * @return the line without its end, or null at the end of the stream
	 */
	String readLine() throws IOException {
		ByteArrayOutputStream line = new ByteArrayOutputStream();
		while (true) {
			int octet = this.in.read();
			if (octet < 0) {
				assertThat(line.size()).as("octets of a line cut short: %s", line).isZero();
				return null;
			}
			if (octet == '\n') {
				String text = line.toString(StandardCharsets.UTF_8);
				assertThat(text).as("a reply line ends with CRLF").endsWith("\r");
				return text.substring(0, text.length() - 1);
			}
			line.write(octet);
		}
	}

	/**
	 * Reads one whole reply.
	 * @return its lines joined by a newline, or null at the end of the stream
	 */
	String reply() throws IOException {
		List<String> lines = new ArrayList<>();
		while (true) {
			String line = readLine();
			if (line == null) {
				return lines.isEmpty() ? null : String.join("\n", lines);
			}
			lines.add(line);
			if (line.length() < 4 || line.charAt(3) != '-') {
				return String.join("\n", lines);
			}
		}
	}

	/** Reads one whole reply and checks how it begins. */
	RawClient expect(String start) throws IOException {
		assertThat(reply()).startsWith(start);
		return this;
	}

	/** Sends a line and checks how the reply begins. */
	RawClient expect(String line, String start) throws IOException {
		assertThat(command(line)).as("reply to %s", line).startsWith(start);
		return this;
	}

	/** Greets and opens a transaction with one recipient. */
	RawClient openTransaction() throws IOException {
		return expect("EHLO client.example.org", "250").expect("MAIL FROM:<sender@example.org>", "250")
			.expect("RCPT TO:<recipient@example.org>", "250");
	}

	/** Tells the server that nothing more comes. */
	void shutdownOutput() throws IOException {
		this.socket.shutdownOutput();
	}

	/** The server said all it had to say, and closes. */
	void expectClosed() throws IOException {
		assertThat(reply()).as("what comes before the close").isNull();
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
	}

}
