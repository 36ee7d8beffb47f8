package io.smtpd.sample;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Sends with the programs that this machine has; a test whose program is missing is
 * skipped.
 */
@SpringBootTest(webEnvironment = WebEnvironment.NONE, properties = "smtpd.port=0")
class RealClientTests {

	@TempDir
	static Path directory;

	@TempDir
	Path files;

	@Value("${local.smtpd.port}")
	private int port;

	@DynamicPropertySource
	static void storeInTemporaryDirectory(DynamicPropertyRegistry registry) {
		registry.add("sample.store.directory", () -> directory.toString());
	}

	@Test
	void smtplibOfPython() throws Exception {
		Path script = Files.writeString(this.files.resolve("send.py"), """
				import smtplib, sys
				with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as client:
				    client.sendmail("sender@example.org", ["one@example.org"], open(sys.argv[2], "rb").read())
				""");

		assertStored("python3", script.toString(), port(), message("python3"));
	}

	@Test
	void curl() throws Exception {
		assertStored("curl", "--silent", "--show-error", "--noproxy", "*", "smtp://127.0.0.1:" + port() + "/client",
				"--mail-from", "sender@example.org", "--mail-rcpt", "one@example.org", "--upload-file",
				message("curl"));
	}

	/** It ends the mail data with a line end of its own. */
	@Test
	void swaks() throws Exception {
		Path data = Files.writeString(this.files.resolve("swaks.data"),
				Files.readString(Path.of(message("swaks"))).stripTrailing());

		assertStored("swaks", "--server", "127.0.0.1", "--port", port(), "--from", "sender@example.org", "--to",
				"one@example.org", "--data", data.toString(), "--suppress-data");
	}

	private String port() {
		return String.valueOf(this.port);
	}

	private String message(String client) throws IOException {
		String text = """
				From: sender@example.org
				Subject: Sent by %s

				First line
				.
				..a line that begins with dots
				\s
				Last line
				""".formatted(client).replace("\n", "\r\n");
		return Files.writeString(this.files.resolve("message.eml"), text).toString();
	}

	private void assertStored(String... command) throws Exception {
		Assumptions.assumeTrue(isInstalled(command[0]), () -> command[0] + " is not installed");
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		process.getOutputStream().close();
		String output;
		try (InputStream stream = process.getInputStream()) {
			output = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
		}
		assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
		assertThat(process.exitValue()).as(output).isZero();

		StoredFiles stored = StoredFiles.withSubject(directory, "Sent by " + command[0]);
		assertThat(stored.mailData()).startsWith("Received: from ")
			.endsWith(Files.readString(this.files.resolve("message.eml")));
		assertThat(stored.description().get("sender").asString()).isEqualTo("sender@example.org");
		assertThat(stored.description().get("recipients").valueStream().map((recipient) -> recipient.asString()))
			.containsExactly("one@example.org");
	}

	private static boolean isInstalled(String program) throws InterruptedException {
		try {
			Process process = new ProcessBuilder(program, "--version").redirectErrorStream(true).start();
			process.getOutputStream().close();
			process.getInputStream().transferTo(OutputStream.nullOutputStream());
			return process.waitFor() == 0;
		}
		catch (IOException ex) {
			return false;
		}
	}

}
