package io.smtpd;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.management.JMException;
import javax.management.ObjectName;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.Context;
import io.smtpd.SmtpServer.Listener;
import org.slf4j.Logger;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A server in a JVM of its own, whose system lets it have little: of memory, descriptors
 * or disk.
 */
final class ChildServer implements AutoCloseable {

	private static final String FAILED = "the child has ended";

	private final Process process;

	private final BlockingQueue<String> output = new LinkedBlockingQueue<>();

	private final List<String> log = new CopyOnWriteArrayList<>();

	private final InetSocketAddress address;

	/**
	 * Starts a server.
	 * @param script runs the JVM, which is {@code "$@"} in the shell
	 * @param jvmOptions options of the JVM
	 * @param arguments for {@link #main}
	 */
	ChildServer(String script, List<String> jvmOptions, String... arguments) throws IOException {
		List<String> command = new ArrayList<>(List.of("sh", "-c", script, "sh",
				Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC"));
		command.addAll(jvmOptions);
		command.addAll(List.of("-cp", classPath(), ChildServer.class.getName()));
		command.addAll(List.of(arguments));
		this.process = new ProcessBuilder(command).redirectErrorStream(true).start();
		Thread reader = new Thread(this::read, "child output");
		reader.setDaemon(true);
		reader.start();
		try {
			this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(),
					Integer.parseInt(await((line) -> line.startsWith("port ")).substring("port ".length())));
		}
		catch (Throwable ex) {
			this.process.destroyForcibly();
			throw ex;
		}
	}

	/** What the server needs, and no more: each of these holds a descriptor. */
	private static String classPath() {
		return Stream.of(SmtpServer.class, ChildServer.class, Logger.class, LoggerContext.class, Context.class)
			.map(ChildServer::location)
			.distinct()
			.collect(Collectors.joining(File.pathSeparator));
	}

	private static String location(Class<?> type) {
		try {
			return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
		}
		catch (URISyntaxException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void read() {
		try (BufferedReader lines = this.process.inputReader(StandardCharsets.UTF_8)) {
			lines.lines().forEach((line) -> {
				this.log.add(line);
				this.output.add(line);
			});
		}
		catch (IOException | RuntimeException ex) {
			// it has ended
		}
		this.output.add(FAILED);
	}

	InetSocketAddress address() {
		return this.address;
	}

	/** Connects, and reads the greeting. */
	RawClient connect() throws IOException {
		return new RawClient(this.address).expect("220");
	}

	/** Waits for a line of its output, the log included; those before are passed over. */
	String await(Predicate<String> wanted) {
		List<String> passed = new ArrayList<>();
		try {
			for (String line = next(); line != null; line = next()) {
				if (wanted.test(line)) {
					return line;
				}
				passed.add(line);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		throw new AssertionError("The line does not come, but\n" + String.join("\n", passed));
	}

	private String next() throws InterruptedException {
		String line = this.output.poll(20, TimeUnit.SECONDS);
		return FAILED.equals(line) ? null : line;
	}

	/** Asks {@link #main} something. */
	long ask(String question) throws IOException {
		this.process.getOutputStream().write((question + "\n").getBytes(StandardCharsets.US_ASCII));
		this.process.getOutputStream().flush();
		return Long.parseLong(await((line) -> line.startsWith(question + " ")).substring(question.length() + 1));
	}

	/** A directory as the child sees it, which may have mounted something there. */
	Path inside(Path directory) {
		return Path.of("/proc/" + this.process.pid() + "/root" + directory);
	}

	/** Everything that it has written so far. */
	List<String> log() {
		return this.log;
	}

	@Override
	public void close() {
		this.process.destroyForcibly();
		assertThat(this.process.onExit().join()).isNotNull();
	}

	/**
	 * Runs in the other JVM, until nobody asks any more.
	 * @param args the spool's directory; its memory threshold; how many connections there
	 * may be; how many octets a message may have
	 */
	public static void main(String[] args) throws IOException {
		Counting handler = new Counting();
		SmtpServer server = SmtpServer.builder()
			.hostname("mx.example.org")
			.listener(Listener.of(TestServer.loopback()))
			.spoolDirectory(Path.of(args[0]))
			.spoolMemoryThreshold(Long.parseLong(args[1]))
			.maxConnections(Integer.parseInt(args[2]))
			.maxMessageSize(Long.parseLong(args[3]))
			.limits(SmtpLimits.defaults().trustedNetworks(InetAddress::isLoopbackAddress))
			.messageHandler(handler)
			.build()
			.start();
		System.out.println("port " + server.localAddress().getPort());
		BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
		for (String question = questions.readLine(); question != null; question = questions.readLine()) {
			System.out.println(question + " " + switch (question) {
				case "heap" -> heap();
				case "messages" -> handler.messages;
				case "octets" -> handler.octets;
				case "sessions" -> server.sessions().size();
				case "left" -> liveSessions();
				case "cpu" -> ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toMillis();
				default -> -1;
			});
		}
		System.exit(0);
	}

	/** How many session objects are reachable, whatever the server says. */
	private static long liveSessions() {
		try {
			String histogram = (String) ManagementFactory.getPlatformMBeanServer()
				.invoke(new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcClassHistogram",
						new Object[] { new String[0] }, new String[] { String[].class.getName() });
			return histogram.lines()
				.map((line) -> line.trim().split(" +"))
				.filter((columns) -> columns.length > 3 && columns[3].equals(Session.class.getName()))
				.mapToLong((columns) -> Long.parseLong(columns[1]))
				.sum();
		}
		catch (JMException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static long heap() {
		MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
		memory.gc();
		memory.gc();
		return memory.getHeapMemoryUsage().getUsed();
	}

	/** Reads each message and keeps none. */
	private static final class Counting implements MessageHandler {

		private long messages;

		private long octets;

		@Override
		public synchronized void handle(Peer peer, Envelope envelope) throws IOException {
			this.octets += envelope.mailData().transferTo(OutputStream.nullOutputStream());
			this.messages++;
		}

	}

}
