package io.smtpd.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The client: a program in C, so that what it costs does not hide what a server costs.
 */
final class LoadGenerator {

	private final Path program;

	private LoadGenerator(Path program) {
		this.program = program;
	}

	/**
	 * Compiles the program.
	 * @param directory where to
	 * @throws IOException when there is no C compiler, for example
	 */
	static LoadGenerator compile(Path directory) throws IOException, InterruptedException {
		Path source = directory.resolve("load.c");
		Path program = directory.resolve("load");
		try (InputStream in = Objects.requireNonNull(LoadGenerator.class.getResourceAsStream("/load.c"), "load.c")) {
			Files.write(source, in.readAllBytes());
		}
		run(List.of("cc", "-O2", "-o", program.toString(), source.toString()));
		return new LoadGenerator(program);
	}

	/**
	 * Sends for some time.
	 * @param seconds after which no message is begun
	 * @throws IOException with the reason when a message was not answered as it should be
	 */
	Load send(Cell cell, boolean pipelining, int port, double seconds) throws IOException, InterruptedException {
		List<String> arguments = new ArrayList<>(cell.arguments(pipelining));
		arguments.addAll(List.of("-m", "100000000", "-t", Double.toString(seconds)));
		return send(port, arguments);
	}

	/**
	 * Sends.
	 * @param arguments of the program, without the address
	 * @throws IOException with the reason when a message was not answered as it should be
	 */
	Load send(int port, List<String> arguments) throws IOException, InterruptedException {
		List<String> command = new ArrayList<>(List.of(this.program.toString()));
		command.addAll(arguments);
		command.add("127.0.0.1:" + port);
		return Load.parse(run(command));
	}

	boolean offersPipelining(int port) throws InterruptedException {
		try {
			send(port, List.of("-p", "-m", "1"));
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

	/** Runs a program and returns what it writes, or throws what it complains about. */
	static String run(List<String> command) throws IOException, InterruptedException {
		Path complaints = Files.createTempFile("smtpd-benchmarks", ".err");
		try {
			Process process = new ProcessBuilder(command).redirectError(complaints.toFile()).start();
			process.getOutputStream().close();
			String written = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
			int status = process.waitFor();
			if (status != 0) {
				String complaint = Files.readString(complaints, StandardCharsets.ISO_8859_1).strip();
				throw new IOException(complaint.isEmpty() ? command.get(0) + " ended with " + status : complaint);
			}
			return written;
		}
		finally {
			Files.delete(complaints);
		}
	}

	/**
	 * What the client saw.
	 *
	 * @param messages how many were accepted
	 * @param perSecond messages a second
	 * @param megabytesPerSecond millions of octets of text a second
	 * @param medianMicros half of the messages took no longer
	 * @param p99Micros nor did 99 of 100
	 */
	record Load(long messages, double perSecond, double megabytesPerSecond, double medianMicros, double p99Micros) {

		private static Load parse(String line) {
			Map<String, Double> values = new HashMap<>();
			for (String pair : line.split(" ")) {
				int equals = pair.indexOf('=');
				values.put(pair.substring(0, equals), Double.valueOf(pair.substring(equals + 1)));
			}
			return new Load(Math.round(value(values, "msgs")), value(values, "msgs/s"), value(values, "MB/s"),
					value(values, "p50_us"), value(values, "p99_us"));
		}

		private static double value(Map<String, Double> values, String name) {
			return Objects.requireNonNull(values.get(name), name);
		}

	}

}
