package io.smtpd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** What becomes of a message's file, whatever becomes of the message. */
class SpooledSessionTests {

	private static final String LINES = ("x".repeat(98) + "\r\n").repeat(100);

	@TempDir
	Path directory;

	@Test
	void handlerReadsTheFileAndThenItIsGone() throws IOException {
		try (TestServer server = start((builder) -> builder.messageHandler((peer, envelope) -> {
			assertThat(files()).hasSize(1);
			assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(files().get(0))))
				.isEqualTo("rw-------");
			assertThat(envelope.size()).isEqualTo(LINES.length());
			assertThat(envelope.mailData().readAllBytes()).hasSize(LINES.length());
		})); RawClient client = server.connect()) {
			sendMessage(client).expect("250");
			assertThat(server.messages().get(0).text()).isEqualTo(LINES);
			assertThat(files()).isEmpty();
		}
	}

	/** What is full for one message has room again when another one is done. */
	@Test
	void messageWithoutRoomInTheSpoolIsToBeSentAgainLater() throws IOException {
		AtomicReference<RawClient> whileHandling = new AtomicReference<>();
		try (TestServer server = start(
				(builder) -> builder.spoolMaxSize(LINES.length() + 10).messageHandler((peer, envelope) -> {
					RawClient other = whileHandling.getAndSet(null);
					if (other != null) {
						sendMessage(other).expect("452 4.3.1");
					}
				})); RawClient first = server.connect(); RawClient second = server.connect()) {
			whileHandling.set(second);
			sendMessage(first).expect("250");
			sendMessage(second).expect("250");
			assertThat(whileHandling.get()).isNull();
		}
	}

	@Test
	void fileIsGoneAfterARefusal() throws IOException {
		try (TestServer server = start((builder) -> builder.messageHandler((peer, envelope) -> {
			throw new SmtpException(SmtpReply.SERVER_ERROR);
		})); RawClient client = server.connect()) {
			sendMessage(client).expect("550");
			assertThat(files()).isEmpty();
		}
	}

	@Test
	void fileIsGoneAfterAFailure() throws IOException {
		try (TestServer server = start((builder) -> builder.messageHandler((peer, envelope) -> {
			throw new StackOverflowError("not an exception either");
		})); RawClient client = server.connect()) {
			sendMessage(client).expect("451 4.3.0");
			assertThat(files()).isEmpty();
			client.expect("NOOP", "250");
		}
	}

	@Test
	void fileIsGoneWhenTheMessageIsTooBig() throws IOException {
		try (TestServer server = start((builder) -> builder.maxMessageSize(LINES.length() - 1));
				RawClient client = server.connect()) {
			sendMessage(client).expect("552 5.3.4");
			assertThat(files()).isEmpty();
			client.expect("NOOP", "250");
		}
	}

	@Test
	void fileIsGoneAfterABareLineEnding() throws IOException {
		try (TestServer server = start((builder) -> {
		}); RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354").send(LINES);
			await().until(() -> files().size() == 1);
			client.send("a\nb\r\n.\r\n").expect("550 5.6.0");
			assertThat(files()).isEmpty();
		}
	}

	@Test
	void fileIsGoneWithTheClient() throws IOException {
		try (TestServer server = start((builder) -> {
		}); RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354").send(LINES);
			await().until(() -> files().size() == 1);
			client.close();
			await().until(() -> files().isEmpty() && server.server().sessions().isEmpty());
			assertThat(server.messages()).isEmpty();
		}
	}

	@Test
	void fileIsGoneWithTheServer() throws IOException {
		CountDownLatch never = new CountDownLatch(1);
		try (TestServer server = start((builder) -> builder.messageHandler((peer, envelope) -> never.await()));
				RawClient client = server.connect()) {
			sendMessage(client);
			await().until(() -> files().size() == 1);
			server.close();
			try (Stream<Path> left = Files.list(this.directory)) {
				assertThat(left).isEmpty();
			}
		}
	}

	/** Cleaners of temporary directories take what they find. */
	@Test
	void folderThatWasRemovedIsMadeAgain() throws IOException {
		try (TestServer server = start((builder) -> {
		}); RawClient client = server.connect()) {
			removeFolder();
			sendMessage(client).expect("250");
			assertThat(server.messages().get(0).text()).isEqualTo(LINES);
		}
	}

	@Test
	void folderThatCannotBeUsedIsATemporaryFailureAndTheSessionStaysInStep() throws IOException {
		try (TestServer server = start((builder) -> {
		}); RawClient client = server.connect()) {
			Path folder = removeFolder();
			Files.writeString(folder, "in the way");
			sendMessage(client).expect("452 4.3.1").expect("NOOP", "250");
			client.expect("RCPT TO:<a@example.org>", "503");
			Files.delete(folder);
			sendMessage(client).expect("250");
			assertThat(server.messages()).hasSize(1);
		}
	}

	@Test
	void fileThatCannotBeMadeIsATemporaryFailureAndTheSessionStaysInStep() throws IOException {
		try (TestServer server = start((builder) -> {
		}); RawClient client = server.connect()) {
			Files.createDirectory(folder().resolve("1.data"));
			sendMessage(client).expect("452 4.3.1").expect("NOOP", "250");
			sendMessage(client).expect("250");
			assertThat(server.messages()).hasSize(1);
		}
	}

	private TestServer start(Consumer<SmtpServer.Builder> settings) throws IOException {
		return TestServer.start((builder) -> {
			builder.spoolDirectory(this.directory).spoolMemoryThreshold(1000);
			settings.accept(builder);
		});
	}

	private static RawClient sendMessage(RawClient client) throws IOException {
		return client.openTransaction().expect("DATA", "354").send(LINES + ".\r\n");
	}

	private Path folder() throws IOException {
		try (Stream<Path> entries = Files.list(this.directory)) {
			return entries.filter(Files::isDirectory).findFirst().orElseThrow();
		}
	}

	private Path removeFolder() throws IOException {
		Path folder = folder();
		Files.delete(folder);
		return folder;
	}

	private List<Path> files() throws IOException {
		try (Stream<Path> files = Files.walk(this.directory)) {
			return files.filter((path) -> path.toString().endsWith(".data")).toList();
		}
	}

}
