package io.smtpd;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;

import static org.assertj.core.api.Assertions.assertThat;

/** The core needs no framework, and no library but SLF4J's API. */
class PlainMainTests {

	@TempDir
	Path directory;

	@Test
	void plainMainServesMailWithTheCoreAndSlf4jAloneOnTheClassPath() throws Exception {
		Path main = Path.of(PlainMain.class.getName().replace('.', '/') + ".class");
		Path copy = this.directory.resolve(main);
		Files.createDirectories(copy.getParent());
		Files.copy(location(PlainMain.class).resolve(main), copy);
		String classPath = Stream.of(location(SmtpServer.class), location(Logger.class), this.directory)
			.map(Path::toString)
			.collect(Collectors.joining(File.pathSeparator));
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
				classPath, PlainMain.class.getName())
			.redirectError(this.directory.resolve("stderr").toFile())
			.start();
		try (BufferedReader output = process.inputReader(StandardCharsets.US_ASCII)) {
			int port = Integer.parseInt(output.readLine().substring("port ".length()));
			try (RawClient client = new RawClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
				client.expect("220").openTransaction().expect("DATA", "354");
				client.send("Subject: hello\r\n.\r\n").expect("250").expect("QUIT", "221");
			}
			assertThat(output.readLine()).isEqualTo("message from sender@example.org: Subject: hello");
			process.getOutputStream().close();
			assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("ends with its last thread").isTrue();
			assertThat(process.exitValue()).isZero();
			assertThat(Files.readString(this.directory.resolve("stderr"))).doesNotContain("Exception", "\tat ");
		}
		finally {
			process.destroyForcibly();
		}
	}

	private static Path location(Class<?> type) throws URISyntaxException, IOException {
		return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
	}

}
