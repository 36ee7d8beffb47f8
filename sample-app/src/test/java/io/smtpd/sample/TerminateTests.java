package io.smtpd.sample;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Asks the application to end (SIGTERM) while it receives mail, as every new release
 * does.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "has no SIGTERM")
class TerminateTests {

	private static final String LINE = "0123456789".repeat(7) + "\r\n";

	/** 20 MB in all. */
	private static final int LINES = 20_000_000 / LINE.length();

	private static final int OTHER_CLIENTS = 3;

	@TempDir
	Path directory;

	@Test
	void uploadUnderWayMayFinishAndEveryMessageThatWasAnswered250IsStored() throws Exception {
		Map<String, String> answered = new ConcurrentHashMap<>();
		List<Thread> others = new ArrayList<>();
		try (KillableApplication application = KillableApplication.start(this.directory,
				"--spring.lifecycle.timeout-per-shutdown-phase=10s", "--smtpd.max-message-size=30MB");
				Upload upload = new Upload(application.port())) {
			upload.begin();
			upload.send(LINES / 2);
			for (int i = 0; i < OTHER_CLIENTS; i++) {
				others.add(new Thread(new NumberedMailClient(application.port(), "client" + i, answered::put)));
			}
			others.forEach(Thread::start);
			await().until(() -> answered.size() > 20);
			application.terminate();
			await().until(() -> refusesConnections(application.port()));
			upload.send(LINES - LINES / 2);
			String reply = upload.end();
			assertThat(reply).startsWith("250 2.0.0 ");
			answered.put(reply.substring(reply.lastIndexOf(' ') + 1), "Subject: Upload\r\n\r\n" + LINE.repeat(LINES));
			assertThat(upload.reply()).startsWith("421 4.3.2 ");
			for (Thread other : others) {
				other.join(TimeUnit.SECONDS.toMillis(20));
			}
			assertThat(application.process().waitFor(20, TimeUnit.SECONDS)).isTrue();
		}
		answered.forEach((id, message) -> assertThat(new StoredFiles(this.directory, id).mailData().endsWith(message))
			.as("%s.eml ends with what was sent", id)
			.isTrue());
	}

	@Test
	void clientThatDawdlesPastThePhaseIsAnswered421AndNothingOfItIsStored() throws Exception {
		try (KillableApplication application = KillableApplication.start(this.directory,
				"--spring.lifecycle.timeout-per-shutdown-phase=2s"); Upload upload = new Upload(application.port())) {
			upload.begin();
			upload.send(1);
			application.terminate();
			assertThat(upload.reply()).startsWith("421 4.3.2 ");
			assertThat(application.process().waitFor(20, TimeUnit.SECONDS)).isTrue();
		}
		assertThat(this.directory).isEmptyDirectory();
	}

	private static boolean refusesConnections(int port) {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
			return !socket.isConnected();
		}
		catch (IOException ex) {
			return true;
		}
	}

	/** One large message, as slowly as the test wants. */
	private static final class Upload implements AutoCloseable {

		private final Socket socket;

		private final BufferedReader replies;

		private final OutputStream out;

		Upload(int port) throws IOException {
			this.socket = new Socket(InetAddress.getLoopbackAddress(), port);
			this.socket.setSoTimeout(20_000);
			this.replies = new BufferedReader(
					new InputStreamReader(this.socket.getInputStream(), StandardCharsets.US_ASCII));
			this.out = this.socket.getOutputStream();
		}

		void begin() throws IOException {
			assertThat(reply()).startsWith("220 ");
			for (String command : List.of("HELO upload.example.org", "MAIL FROM:<a@example.org>",
					"RCPT TO:<b@example.org>", "DATA")) {
				write(command + "\r\n");
				assertThat(reply()).matches("(250|354) .*");
			}
			write("Subject: Upload\r\n\r\n");
		}

		void send(int lines) throws IOException {
			write(LINE.repeat(lines));
		}

		String end() throws IOException {
			write(".\r\n");
			return reply();
		}

		String reply() throws IOException {
			return this.replies.readLine();
		}

		private void write(String text) throws IOException {
			this.out.write(text.getBytes(StandardCharsets.US_ASCII));
		}

		@Override
		public void close() throws IOException {
			this.socket.close();
		}

	}

}
