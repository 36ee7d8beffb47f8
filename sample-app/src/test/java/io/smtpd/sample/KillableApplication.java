package io.smtpd.sample;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.springframework.boot.SpringApplication;

/**
 * The sample application in a JVM of its own, from this test's class path.
 *
 * @param process the JVM
 * @param port the SMTP port
 */
record KillableApplication(Process process, int port) implements AutoCloseable {

	private static final String PORT_LINE = "SMTP port: ";

	static KillableApplication start(Path directory, String... arguments) throws IOException {
		return start(List.of(), directory, arguments);
	}

	/**
	 * Starts the application.
	 * @param launcher a command that runs what follows it, and may outlive it
	 * @param directory the store's
	 * @param arguments properties
	 */
	static KillableApplication start(List<String> launcher, Path directory, String... arguments) throws IOException {
		String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
		List<String> command = new ArrayList<>(launcher);
		command.addAll(List.of(java, "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
				KillableApplication.class.getName(), "--smtpd.port=0", "--sample.store.directory=" + directory,
				"--spring.main.web-application-type=none"));
		command.addAll(List.of(arguments));
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
		List<String> lines = new ArrayList<>();
		for (String line = output.readLine(); line != null; line = output.readLine()) {
			lines.add(line);
			if (line.startsWith(PORT_LINE)) {
				drain(output);
				return new KillableApplication(process, Integer.parseInt(line.substring(PORT_LINE.length())));
			}
		}
		throw new AssertionError("The application did not start:\n" + String.join("\n", lines));
	}

	/** A full pipe would stop the application. */
	private static void drain(BufferedReader output) {
		Thread thread = new Thread(() -> {
			try {
				output.transferTo(Writer.nullWriter());
			}
			catch (IOException ex) {
				// the application has ended
			}
		}, "application output");
		thread.setDaemon(true);
		thread.start();
	}

	/** Runs in the other JVM. */
	public static void main(String[] args) {
		var context = SpringApplication.run(new Class<?>[] { SampleApplication.class, SlowHandler.class }, args);
		System.out.println(PORT_LINE + context.getEnvironment().getProperty("local.smtpd.port"));
	}

	/** As {@code kill -9} does: nothing in the JVM gets to run any more. */
	void kill() {
		jvm().destroyForcibly();
	}

	private ProcessHandle jvm() {
		return this.process.children().findFirst().orElse(this.process.toHandle());
	}

	/** As {@code kill} and every supervisor do: the application may clear up. */
	void terminate() {
		jvm().destroy();
	}

	@Override
	public void close() throws InterruptedException {
		kill();
		this.process.destroyForcibly();
		this.process.waitFor();
	}

}
