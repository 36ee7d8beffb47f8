package io.smtpd;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** The system has no more descriptors, or no more disk, until it has again. */
@EnabledOnOs(OS.LINUX)
class ScarceSystemTests {

	private static final String MEGABYTE = ("x".repeat(98) + "\r\n").repeat(10_000);

	private static final String THIRD = MEGABYTE.substring(0, 300_000);

	private static final String OUT_OF_DESCRIPTORS = "cannot accept a connection";

	@TempDir
	Path directory;

	/** The listener waits, without a busy loop, and serves whoever waited. */
	@Test
	void listenerRecoversFromTooManyOpenFiles() throws IOException {
		try (ChildServer server = new ChildServer("ulimit -n 100; exec \"$@\"", List.of(), this.directory.toString(),
				"1000", "1000", "1000000")) {
			sendMail(server.connect(), "x\r\n", "250 2.0.0").close();
			List<Socket> sockets = new ArrayList<>();
			for (int i = 0; i < 120; i++) {
				sockets.add(RawClient.connect(server.address())); // the system takes it
			}
			server.await((line) -> line.contains(OUT_OF_DESCRIPTORS));
			long startedAt = System.nanoTime();
			long cpu = server.ask("cpu");
			for (int i = 0; i < 5; i++) {
				server.await((line) -> line.contains(OUT_OF_DESCRIPTORS));
			}
			assertThat(Duration.ofNanos(System.nanoTime() - startedAt)).isGreaterThan(Duration.ofMillis(500));
			assertThat(server.ask("cpu") - cpu).as("milliseconds of CPU time for five attempts").isLessThan(800);
			RawClient waiting = new RawClient(server.address());
			for (Socket socket : sockets) {
				socket.close();
			}
			sendMail(waiting.expect("220"), "x\r\n", "250 2.0.0").close();
			BadWorld.eventually().until(() -> server.ask("sessions") == 0);
			sendMail(server.connect(), MEGABYTE.substring(0, 5000), "250 2.0.0").close();
			assertThat(server.ask("messages")).isEqualTo(3);
		}
	}

	/** Writes fail in the middle of a message, as with a quota. */
	@Test
	void fileThatMayNotGrowIsATemporaryFailure() throws IOException {
		try (ChildServer server = new ChildServer("ulimit -f 100; exec \"$@\"", List.of(), this.directory.toString(),
				"1000", "10", "10000000"); RawClient client = server.connect()) {
			expectTemporaryFailure(server, client);
			assertThat(spoolFiles(this.directory)).isEmpty();
		}
	}

	/** A disk of its own, in a mount namespace that ends with the server. */
	@Test
	void fullDiskIsATemporaryFailureAndTakesMailWhenThereIsRoomAgain() throws IOException {
		String mount = "mount -t tmpfs -o size=600k tmpfs '" + this.directory + "'";
		assumeTrue(succeeds("unshare -rm sh -c \"" + mount + "\""), "no file system can be mounted here");
		try (ChildServer server = new ChildServer(
				"exec unshare -rm sh -c \"" + mount + "; exec \\\"\\$@\\\"\" sh \"$@\"", List.of(),
				this.directory.toString(), "1000", "10", "10000000"); RawClient client = server.connect()) {
			Path disk = server.inside(this.directory);
			expectTemporaryFailure(server, client);
			sendMail(client, THIRD, "250 2.0.0");
			Path ballast = fill(disk);
			sendMail(client, THIRD, "452 4.3.1");
			Files.delete(ballast);
			sendMail(client, THIRD, "250 2.0.0");
			assertThat(spoolFiles(disk)).isEmpty();
		}
	}

	/** Small mail stays in memory and passes; what was written of the other is gone. */
	private static void expectTemporaryFailure(ChildServer server, RawClient client) throws IOException {
		for (int i = 0; i < 3; i++) {
			sendMail(client, MEGABYTE, "452 4.3.1");
			sendMail(client, "small\r\n", "250 2.0.0");
		}
		assertThat(server.ask("messages")).isEqualTo(3);
	}

	private static Path fill(Path disk) throws IOException {
		Path ballast = disk.resolve("ballast");
		try (OutputStream out = Files.newOutputStream(ballast)) {
			for (int i = 0; i < 1000; i++) {
				out.write(new byte[1000]);
			}
			throw new AssertionError("A disk of less than a megabyte took one");
		}
		catch (IOException ex) {
			return ballast; // full
		}
	}

	private static RawClient sendMail(RawClient client, String text, String reply) throws IOException {
		return client.openTransaction().expect("DATA", "354").send(text + ".\r\n").expect(reply);
	}

	private static boolean succeeds(String command) throws IOException {
		try {
			return new ProcessBuilder("sh", "-c", command).start().waitFor() == 0;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	private static List<Path> spoolFiles(Path directory) {
		try (Stream<Path> files = Files.walk(directory)) {
			return files.filter((path) -> path.toString().endsWith(".data")).toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
