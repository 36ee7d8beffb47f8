package io.smtpd.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.smtpd.SmtpServer;
import io.smtpd.SmtpServer.Listener;

/**
 * Measures what a good client notices of thousands of idle sessions and a flood of new
 * connections. The server is a JVM of its own with its defaults, but for the number of
 * connections; the bad clients come from many addresses of 127.0.0.0/8, which Linux has.
 * Ends by itself.
 */
public final class Flood {

	private static final String ANSWER = "answer: ";

	private static final int IDLE_PER_ADDRESS = 40;

	/** More than the server has platform threads for, so that all others are virtual. */
	private static final int CROWD = 40;

	private static final int FLOOD_ADDRESSES = 250;

	private static final String MAIL = "Subject: good\r\n\r\n" + ("x".repeat(78) + "\r\n").repeat(128);

	private final int idle;

	private final int perSecond;

	private final int seconds;

	private final InetSocketAddress server;

	private final AtomicInteger greeted = new AtomicInteger();

	private final AtomicInteger failed = new AtomicInteger();

	private Flood(int port, int idle, int perSecond, int seconds) {
		this.server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
		this.idle = idle;
		this.perSecond = perSecond;
		this.seconds = seconds;
	}

	/**
	 * Measures, and prints the figures.
	 * @param arguments how many idle sessions there are, unless 5000; how many
	 * connections the flood makes in a second, unless 200; how many seconds each phase
	 * lasts, unless 20 and at most 25, within the server's read timeout
	 * @throws IOException when the server cannot be started, or does not answer
	 * @throws InterruptedException not at all
	 */
	public static void main(String[] arguments) throws IOException, InterruptedException {
		if (arguments.length == 1 && arguments[0].equals("serve")) {
			serve();
			return;
		}
		int idle = (arguments.length > 0) ? Integer.parseInt(arguments[0]) : 5000;
		int perSecond = (arguments.length > 1) ? Integer.parseInt(arguments[1]) : 200;
		int seconds = (arguments.length > 2) ? Math.min(25, Integer.parseInt(arguments[2])) : 20;
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-Dlogback.configurationFile=" + System.getProperty("logback.configurationFile", ""), "-Dlevel=WARN",
				"-cp", System.getProperty("java.class.path"), Flood.class.getName(), "serve")
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		try (BufferedReader output = process.inputReader(StandardCharsets.US_ASCII)) {
			new Flood(answer(output), idle, perSecond, seconds).measure(process, output);
		}
		finally {
			process.destroyForcibly();
		}
	}

	/** In the other JVM: tells the port, then how many sessions there are when asked. */
	private static void serve() throws IOException {
		try (SmtpServer server = SmtpServer.builder()
			.hostname("mx.example.org")
			.listener(Listener.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
			.maxConnections(10_000)
			.messageHandler((peer, envelope) -> {
				// thrown away
			})
			.build()) {
			System.out.println(ANSWER + server.start().localAddress().getPort());
			BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
			while (questions.readLine() != null) {
				System.out.println(ANSWER + server.sessions().size());
			}
		}
	}

	private void measure(Process process, BufferedReader output) throws IOException, InterruptedException {
		new Latencies().run(this.server, this.seconds); // until all is compiled
		System.out.printf("Java %s, %d processors, phases of %d s%n", System.getProperty("java.version"),
				Runtime.getRuntime().availableProcessors(), this.seconds);
		Latencies quiet = new Latencies();
		quiet.run(this.server, this.seconds);
		quiet.print("quiet");
		Latencies crowded = new Latencies();
		withIdleSessions(Math.min(this.idle, CROWD), () -> crowded.run(this.server, this.seconds));
		crowded.print("crowded");
		Latencies flooded = new Latencies();
		withIdleSessions(this.idle, () -> {
			int before = sessionsOf(process, output);
			flood(flooded);
			System.out.printf(
					"%d sessions when the flood began, %d when it ended; it was greeted %d times, and %d of "
							+ "its connections failed%n",
					before, sessionsOf(process, output), this.greeted.get(), this.failed.get());
		});
		flooded.print("flooded");
		quiet.printRatios("flooded:quiet", flooded);
		crowded.printRatios("flooded:crowded", flooded);
	}

	private void flood(Latencies flooded) throws IOException {
		ScheduledExecutorService clients = Executors.newScheduledThreadPool(8);
		try {
			clients.scheduleAtFixedRate(() -> clients.execute(this::connectAndLeave), 0, 1_000_000 / this.perSecond,
					TimeUnit.MICROSECONDS);
			flooded.run(this.server, this.seconds);
		}
		finally {
			clients.shutdownNow();
		}
	}

	private static int sessionsOf(Process process, BufferedReader output) throws IOException {
		process.getOutputStream().write('\n');
		process.getOutputStream().flush();
		return answer(output);
	}

	/** The server's warnings, if any, come the same way; more would fill the pipe. */
	private static int answer(BufferedReader output) throws IOException {
		for (String line = output.readLine(); line != null; line = output.readLine()) {
			if (line.startsWith(ANSWER)) {
				return Integer.parseInt(line.substring(ANSWER.length()));
			}
		}
		throw new IOException("The server has ended");
	}

	/** Each says EHLO, and then nothing. */
	private void withIdleSessions(int count, Phase phase) throws IOException {
		List<Socket> sessions = new ArrayList<>();
		try {
			for (int i = 0; i < count; i++) {
				int address = i / IDLE_PER_ADDRESS;
				Socket socket = connectFrom(1 + address / 250, 1 + address % 250);
				sessions.add(socket);
				SmtpDialogue dialogue = new SmtpDialogue(socket);
				dialogue.expect("220");
				dialogue.command("EHLO client.example.org", "250");
			}
			phase.run();
		}
		finally {
			for (Socket session : sessions) {
				session.close();
			}
		}
	}

	private void connectAndLeave() {
		int number = this.greeted.get() + this.failed.get();
		try (Socket socket = connectFrom(100, 1 + number % FLOOD_ADDRESSES)) {
			new SmtpDialogue(socket).expect("220");
			this.greeted.incrementAndGet();
		}
		catch (IOException ex) {
			this.failed.incrementAndGet();
		}
	}

	private Socket connectFrom(int third, int fourth) throws IOException {
		Socket socket = new Socket();
		socket.bind(
				new InetSocketAddress(InetAddress.getByAddress(new byte[] { 127, 1, (byte) third, (byte) fourth }), 0));
		socket.setSoTimeout(10_000);
		socket.connect(this.server, 10_000);
		return socket;
	}

	/** What to do while others are there. */
	@FunctionalInterface
	private interface Phase {

		void run() throws IOException;

	}

	/** How long each mail of the good client took, in nanoseconds. */
	private static final class Latencies {

		private final List<Long> inOneSession = new ArrayList<>();

		private final List<Long> withConnection = new ArrayList<>();

		/** One mail after the other, in turn on a session that lasts and on a new one. */
		void run(InetSocketAddress server, int seconds) throws IOException {
			long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
			try (Socket socket = new Socket(server.getAddress(), server.getPort())) {
				SmtpDialogue lasting = new SmtpDialogue(socket);
				lasting.expect("220");
				lasting.command("EHLO good.example.org", "250");
				while (System.nanoTime() < end) {
					long startedAt = System.nanoTime();
					lasting.sendMail();
					this.inOneSession.add(System.nanoTime() - startedAt);
					startedAt = System.nanoTime();
					sendInSessionOfItsOwn(server);
					this.withConnection.add(System.nanoTime() - startedAt);
				}
			}
		}

		private static void sendInSessionOfItsOwn(InetSocketAddress server) throws IOException {
			try (Socket socket = new Socket(server.getAddress(), server.getPort())) {
				SmtpDialogue dialogue = new SmtpDialogue(socket);
				dialogue.expect("220");
				dialogue.command("EHLO good.example.org", "250");
				dialogue.sendMail();
				dialogue.command("QUIT", "221");
			}
		}

		void print(String phase) {
			print(phase, "mail in a session that lasts", this.inOneSession);
			print(phase, "mail with a connection of its own", this.withConnection);
		}

		private static void print(String phase, String what, List<Long> latencies) {
			System.out.printf(Locale.ROOT, "%-15s %-34s median %7.3f ms  p99 %7.3f ms  of %d%n", phase, what,
					quantile(latencies, 0.5) / 1e6, quantile(latencies, 0.99) / 1e6, latencies.size());
		}

		void printRatios(String what, Latencies flooded) {
			printRatios(what, "mail in a session that lasts", this.inOneSession, flooded.inOneSession);
			printRatios(what, "mail with a connection of its own", this.withConnection, flooded.withConnection);
		}

		private static void printRatios(String phases, String what, List<Long> quiet, List<Long> flooded) {
			System.out.printf(Locale.ROOT, "%-15s %-34s median %7.2f     p99 %7.2f%n", phases, what,
					quantile(flooded, 0.5) / (double) quantile(quiet, 0.5),
					quantile(flooded, 0.99) / (double) quantile(quiet, 0.99));
		}

		private static long quantile(List<Long> latencies, double quantile) {
			List<Long> sorted = latencies.stream().sorted().toList();
			return sorted.get((int) (quantile * (sorted.size() - 1)));
		}

	}

	/** As much of the protocol as a client needs that trusts its server. */
	private static final class SmtpDialogue {

		private final Socket socket;

		private final BufferedReader replies;

		SmtpDialogue(Socket socket) throws IOException {
			this.socket = socket;
			socket.setTcpNoDelay(true);
			this.replies = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII),
					512);
		}

		void sendMail() throws IOException {
			command("MAIL FROM:<a@example.org>", "250");
			command("RCPT TO:<b@example.org>", "250");
			command("DATA", "354");
			command(MAIL + ".", "250");
		}

		void command(String line, String code) throws IOException {
			this.socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
			expect(code);
		}

		void expect(String code) throws IOException {
			String line = this.replies.readLine();
			while (line != null && line.startsWith(code + "-")) {
				line = this.replies.readLine();
			}
			if (line == null || !line.startsWith(code)) {
				throw new IOException("Not " + code + " but " + line);
			}
		}

	}

}
