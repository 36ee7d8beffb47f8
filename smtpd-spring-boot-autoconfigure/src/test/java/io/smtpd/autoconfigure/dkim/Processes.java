package io.smtpd.autoconfigure.dkim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** Other programs that tests run, for a minute at most. */
final class Processes {

	private Processes() {
	}

	/** Runs a program, which must end well, and returns what it printed. */
	static String run(Path folder, String... command) throws Exception {
		Path output = Files.createTempFile(folder, "output", ".txt");
		Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
		try {
			assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ends in time: " + command[0]).isTrue();
		}
		finally {
			process.destroyForcibly();
		}
		String text = Files.readString(output);
		assertThat(process.exitValue()).as(text).isZero();
		return text;
	}

	/** Tells whether a program is there and ends well. */
	static boolean succeeds(Path folder, String... command) throws Exception {
		try {
			run(folder, command);
			return true;
		}
		catch (IOException | AssertionError ex) {
			return false;
		}
	}

}
