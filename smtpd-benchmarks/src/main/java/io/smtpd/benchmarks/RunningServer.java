package io.smtpd.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/** A server's process, from its first 220 on. */
final class RunningServer implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	/**
	 * {@code USER_HZ}, which Linux shows to all programs as 100 on all usual machines.
	 */
	private static final double TICKS_PER_SECOND = 100;

	private static final Pattern RSS = Pattern.compile("VmRSS:\\s+(\\d+)");

	private final Server server;

	private final int port;

	private final Process process;

	private final Thread killer;

	private double startMillis;

	private boolean pipelining;

	private RunningServer(Server server, int port, Process process) {
		this.server = server;
		this.port = port;
		this.process = process;
		this.killer = new Thread(process::destroyForcibly);
		java.lang.Runtime.getRuntime().addShutdownHook(this.killer);
	}

	/**
	 * Starts a server and waits for its 220.
	 * @param keyStore for STARTTLS, or null
	 * @param directory where what it writes goes
	 * @throws IOException when it does not come up
	 */
	static RunningServer start(Server server, @Nullable Path keyStore, Path directory)
			throws IOException, InterruptedException {
		int port = freePort();
		Path log = directory.resolve(server.name().replaceAll("[^a-zA-Z0-9]+", "-") + ".log");
		ProcessBuilder builder = new ProcessBuilder(server.command().of(port, keyStore)).redirectErrorStream(true)
			.redirectOutput(log.toFile());
		long startedAt = System.nanoTime();
		RunningServer running = new RunningServer(server, port, builder.start());
		try {
			running.awaitGreeting(startedAt);
		}
		catch (IOException ex) {
			running.close();
			throw new IOException(server.name() + " does not start: " + ex.getMessage() + lastWords(log), ex);
		}
		return running;
	}

	/**
	 * One that is free now and that the system does not give to those who want just any
	 * port: the server binds it only a moment later.
	 */
	private static int freePort() throws IOException {
		while (true) {
			int port = ThreadLocalRandom.current().nextInt(10_000, 32_000);
			try (ServerSocket socket = new ServerSocket()) {
				socket.bind(new InetSocketAddress("127.0.0.1", port));
				return port;
			}
			catch (BindException ex) {
				// the next, then
			}
		}
	}

	private void awaitGreeting(long startedAt) throws IOException, InterruptedException {
		boolean greeted = false;
		while (!greeted) {
			greeted = isGreeting();
			if (!this.process.isAlive()) {
				throw new IOException("it ended with " + this.process.exitValue());
			}
			if (System.nanoTime() - startedAt > PATIENCE.toNanos()) {
				throw new IOException("no 220 within " + PATIENCE.toSeconds() + " s");
			}
			TimeUnit.MILLISECONDS.sleep(greeted ? 0 : 1);
		}
		this.startMillis = (System.nanoTime() - startedAt) / 1e6;
	}

	private boolean isGreeting() {
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress("127.0.0.1", this.port), 1000);
			socket.setSoTimeout(2000);
			BufferedReader reader = new BufferedReader(
					new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
			String line = reader.readLine();
			if (line == null || !line.startsWith("220")) {
				return false;
			}
			socket.getOutputStream().write("QUIT\r\n".getBytes(StandardCharsets.US_ASCII));
			reader.readLine();
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static String lastWords(Path log) throws IOException {
		List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1)
			.stream()
			.filter((line) -> !line.isBlank())
			.toList();
		return lines.isEmpty() ? ""
				: ", " + String.join(" / ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
	}

	/** Finds out whether it offers PIPELINING and puts it under load for a while. */
	void warmUp(LoadGenerator client, Cell cell, double seconds) throws IOException, InterruptedException {
		this.pipelining = client.offersPipelining(this.port);
		client.send(cell, this.pipelining, this.port, seconds);
	}

	Server server() {
		return this.server;
	}

	int port() {
		return this.port;
	}

	long pid() {
		return this.process.pid();
	}

	boolean pipelining() {
		return this.pipelining;
	}

	/** How long it took from the start of the process to its 220. */
	double startMillis() {
		return this.startMillis;
	}

	/** CPU time so far, user and system. */
	double cpuSeconds() throws IOException {
		String stat = Files.readString(proc("stat"));
		String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" "); // from
																				// the
																				// third
																				// on
		return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
	}

	/** Resident memory. */
	long residentKib() throws IOException {
		Matcher matcher = RSS.matcher(Files.readString(proc("status")));
		if (!matcher.find()) {
			throw new IOException(this.server.name() + " has ended");
		}
		return Long.parseLong(matcher.group(1));
	}

	private Path proc(String file) {
		return Path.of("/proc", Long.toString(pid()), file);
	}

	@Override
	public void close() {
		this.process.destroy();
		try {
			if (!this.process.waitFor(10, TimeUnit.SECONDS)) {
				this.process.destroyForcibly().waitFor();
			}
		}
		catch (InterruptedException ex) {
			this.process.destroyForcibly();
			Thread.currentThread().interrupt();
		}
		try {
			java.lang.Runtime.getRuntime().removeShutdownHook(this.killer);
		}
		catch (IllegalStateException ex) {
			// the hook is running already
		}
	}

}
