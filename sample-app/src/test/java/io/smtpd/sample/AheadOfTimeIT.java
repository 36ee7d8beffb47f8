package io.smtpd.sample;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The packaged application, processed ahead of time, receives mail. Part of
 * {@code mvn -Paot verify} only, which does the processing.
 */
class AheadOfTimeIT {

	private static final Pattern LISTENING = Pattern.compile("Listener 'default' accepts connections on .*:(\\d+)");

	@TempDir
	Path directory;

	@Test
	void processedApplicationReceivesMail() throws Exception {
		String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
		Process process = new ProcessBuilder(java, "-Dspring.aot.enabled=true", "-jar", "target/sample-app.jar",
				"--smtpd.port=0", "--server.port=0", "--sample.store.directory=" + this.directory)
			.redirectErrorStream(true)
			.start();
		try {
			List<String> output = new ArrayList<>();
			BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
			int port = port(lines, output);
			assertThat(output).anyMatch((line) -> line.contains("Starting AOT-processed SampleApplication"));
			drain(lines);
			Map<String, String> answered = new ConcurrentHashMap<>();
			new NumberedMailClient(port, "client", (id, message) -> {
				answered.put(id, message);
				process.destroy();
			}).run();
			assertThat(answered).isNotEmpty();
			answered
				.forEach((id, message) -> assertThat(new StoredFiles(this.directory, id).mailData()).endsWith(message));
			assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
		}
		finally {
			process.destroyForcibly();
		}
	}

	private static int port(BufferedReader lines, List<String> output) throws IOException {
		for (String line = lines.readLine(); line != null; line = lines.readLine()) {
			output.add(line);
			Matcher listening = LISTENING.matcher(line);
			if (listening.find()) {
				return Integer.parseInt(listening.group(1));
			}
		}
		throw new AssertionError("The application did not start:\n" + String.join("\n", output));
	}

	/** A full pipe would stop the application. */
	private static void drain(BufferedReader lines) {
		Thread thread = new Thread(() -> {
			try {
				lines.transferTo(Writer.nullWriter());
			}
			catch (IOException ex) {
				// the application has ended
			}
		}, "application output");
		thread.setDaemon(true);
		thread.start();
	}

}
