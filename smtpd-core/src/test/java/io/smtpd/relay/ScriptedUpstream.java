package io.smtpd.relay;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/**
 * An upstream server that says what a script says, one script for each connection in
 * turn; the last is played again and again. It remembers what it heard.
 */
final class ScriptedUpstream implements AutoCloseable {

	private final ServerSocket server;

	private final List<Script> scripts;

	private final List<Socket> sockets = new CopyOnWriteArrayList<>();

	private final List<String> commands = new CopyOnWriteArrayList<>();

	private final List<byte[]> messages = new CopyOnWriteArrayList<>();

	private final List<AssertionError> failures = new CopyOnWriteArrayList<>();

	private final CountDownLatch closing = new CountDownLatch(1);

	private ScriptedUpstream(ServerSocket server, List<Script> scripts) {
		this.server = server;
		this.scripts = scripts;
	}

	static ScriptedUpstream playing(Script... scripts) throws IOException {
		ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
		ScriptedUpstream upstream = new ScriptedUpstream(server, List.of(scripts));
		start(upstream::accept);
		return upstream;
	}

	private static void start(Runnable task) {
		Thread thread = new Thread(task, "scripted-upstream");
		thread.setDaemon(true);
		thread.start();
	}

	private void accept() {
		try {
			while (true) {
				Socket socket = this.server.accept();
				Script script = this.scripts.get(Math.min(this.sockets.size(), this.scripts.size() - 1));
				this.sockets.add(socket);
				start(() -> play(script, socket));
			}
		}
		catch (IOException ex) {
			// closed
		}
	}

	private void play(Script script, Socket socket) {
		try (socket) {
			script.play(new Talk(socket));
		}
		catch (AssertionError ex) {
			this.failures.add(ex);
		}
		catch (IOException | InterruptedException ex) {
			// the relay ended it
		}
	}

	int port() {
		return this.server.getLocalPort();
	}

	int connections() {
		return this.sockets.size();
	}

	List<String> commands() {
		return this.commands;
	}

	/** What came between 354 and the final dot, dots as they were sent. */
	List<byte[]> messages() {
		return this.messages;
	}

	RelayHandler.Builder relay() {
		return RelayHandler.to("127.0.0.1")
			.port(port())
			.tls(RelayTls.NONE)
			.heloName("relay.example")
			.readTimeout(Duration.ofSeconds(10));
	}

	@Override
	public void close() throws IOException {
		this.closing.countDown();
		this.server.close();
		for (Socket socket : this.sockets) {
			socket.close();
		}
		if (!this.failures.isEmpty()) {
			throw this.failures.get(0);
		}
	}

	/** What the server does with a connection; at its end the connection is closed. */
	@FunctionalInterface
	interface Script {

		void play(Talk talk) throws IOException, InterruptedException;

	}

	/** A connection, as the server sees it. */
	final class Talk {

		private final InputStream in;

		private final OutputStream out;

		Talk(Socket socket) throws IOException {
			this.in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
			this.out = new BufferedOutputStream(socket.getOutputStream());
		}

		void say(String... lines) throws IOException {
			sayOctets(String.join("\r\n", lines) + "\r\n");
		}

		void sayOctets(String octets) throws IOException {
			this.out.write(octets.getBytes(StandardCharsets.UTF_8));
			this.out.flush();
		}

		/** Reads a command, which must begin so. */
		String expect(String beginning) throws IOException {
			ByteArrayOutputStream line = new ByteArrayOutputStream();
			int octet = this.in.read();
			while (octet >= 0 && octet != '\n') {
				line.write(octet);
				octet = this.in.read();
			}
			if (octet < 0) {
				throw new EOFException();
			}
			String command = line.toString(StandardCharsets.UTF_8).strip();
			ScriptedUpstream.this.commands.add(command);
			if (!command.startsWith(beginning)) {
				throw new AssertionError("Expected " + beginning + " and not " + command);
			}
			return command;
		}

		void answer(String beginning, String... reply) throws IOException {
			expect(beginning);
			say(reply);
		}

		/** Greets and answers EHLO with these extensions. */
		void greet(String... extensions) throws IOException {
			say("220 upstream.example ESMTP");
			expect("EHLO ");
			say("250-upstream.example");
			for (String extension : extensions) {
				say("250-" + extension);
			}
			say("250 HELP");
		}

		/** Accepts MAIL, RCPT and DATA one by one. */
		void acceptEnvelope(int recipients) throws IOException {
			answer("MAIL FROM:", "250 2.1.0 ok");
			for (int i = 0; i < recipients; i++) {
				answer("RCPT TO:", "250 2.1.5 ok");
			}
			answer("DATA", "354 go on");
		}

		/** Reads mail data to the final dot. */
		void readData() throws IOException {
			ByteArrayOutputStream data = new ByteArrayOutputStream();
			int seen = 2; // octets of CRLF.CRLF
			while (seen < 5) {
				int octet = this.in.read();
				if (octet < 0) {
					throw new EOFException();
				}
				data.write(octet);
				seen = (octet == "\r\n.\r\n".charAt(seen)) ? seen + 1 : (octet == '\r') ? 1 : 0;
			}
			byte[] octets = data.toByteArray();
			ScriptedUpstream.this.messages.add(Arrays.copyOf(octets, octets.length - 3));
		}

		/** Reads mail data to the final dot without keeping it. */
		void dropData() throws IOException {
			byte[] block = new byte[64 * 1024];
			String tail = "";
			while (!tail.endsWith("\r\n.\r\n")) {
				int count = this.in.read(block);
				if (count < 0) {
					throw new EOFException();
				}
				int from = Math.max(0, count - 5);
				tail = tail + new String(block, from, count - from, StandardCharsets.ISO_8859_1);
				tail = tail.substring(Math.max(0, tail.length() - 5));
			}
		}

		/** Reads until the relay closes the connection. */
		String readToEnd() throws IOException {
			return new String(this.in.readAllBytes(), StandardCharsets.ISO_8859_1);
		}

		/** Says and reads nothing until the end of the test. */
		void hang() throws InterruptedException {
			ScriptedUpstream.this.closing.await();
		}

		/** Accepts messages until the relay goes away. */
		void acceptMessages() throws IOException {
			while (true) {
				String command = expect("");
				switch (command.split("[ :]", 2)[0]) {
					case "DATA" -> {
						say("354 go on");
						readData();
						say("250 2.0.0 taken");
					}
					case "QUIT" -> {
						say("221 bye");
						return;
					}
					default -> say("250 2.0.0 ok");
				}
			}
		}

	}

}
