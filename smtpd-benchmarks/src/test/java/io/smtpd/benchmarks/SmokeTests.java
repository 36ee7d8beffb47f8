package io.smtpd.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.smtpd.SmtpLimits;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServer.Listener;
import io.smtpd.benchmarks.LoadGenerator.Load;
import io.smtpd.benchmarks.Results.Sample;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/** That what is measured is right, not how fast it is. */
class SmokeTests {

	private static final String HEAD = "From: bench@example.org\r\nTo: sink@example.org\r\nSubject: bench\r\n\r\n";

	private static final int LINE_OCTETS = 80;

	@TempDir
	static Path directory;

	private static LoadGenerator client;

	@BeforeAll
	static void compileClient() throws IOException, InterruptedException {
		client = LoadGenerator.compile(directory);
	}

	@ParameterizedTest
	@CsvSource({ "1, 1024, 500, ''", "1, 1024, 2000, -p", "20, 1024, 2000, ''", "20, 1024, 5000, -p",
			"100, 10240, 2000, -p", "20, 1024, 500, -d", "4, 10485760, 8, -p" })
	void everyMessageIsAcceptedAndArrivesAsItWasSent(int sessions, int octets, int messages, String mode)
			throws IOException, InterruptedException {
		byte[] expected = text(octets);
		AtomicInteger intact = new AtomicInteger();
		AtomicInteger accepted = new AtomicInteger();
		try (SmtpServer server = server((data) -> {
			accepted.incrementAndGet();
			if (Arrays.equals(data, expected)) {
				intact.incrementAndGet();
			}
		})) {
			List<String> arguments = new ArrayList<>(List.of("-x", "-s", Integer.toString(sessions), "-l",
					Integer.toString(octets), "-m", Integer.toString(messages)));
			if (!mode.isEmpty()) {
				arguments.add(mode);
			}
			Load load = client.send(server.localAddress().getPort(), arguments);
			assertThat(load.messages()).isEqualTo(messages);
			assertThat(accepted).hasValue(messages);
			assertThat(intact).hasValue(messages);
		}
	}

	@Test
	void refusedMessageFailsTheRun() throws IOException {
		try (SmtpServer server = SmtpServer.builder()
			.listener(Listener.of(new InetSocketAddress("127.0.0.1", 0)))
			.maxMessageSize(1000)
			.build()) {
			server.start();
			assertThatIOException()
				.isThrownBy(() -> client.send(server.localAddress().getPort(), List.of("-p", "-m", "3")))
				.withMessageContaining("wanted 250 to the text, got: 552");
		}
	}

	/** The core alone, and all of Boot that there is: each has its own class path. */
	@Test
	void serversOfARunComeUpAndAreDriven() throws IOException, InterruptedException {
		Options options = Options.parse(directory, List.of("--java-option", "-Xmx256m"));
		Servers servers = new Servers(options, Path.of(System.getProperty("java.home")),
				Path.of("src/main/scripts").toAbsolutePath());
		List<Server> variants = servers.starterVariants();
		List<Server> chosen = List.of(variants.get(0), variants.get(2), variants.get(variants.size() - 1));
		Results results = new Rounds(client, directory, 1, 0.2, 0.1, Cell.WARM_UP).run(List.of(Cell.STARTER), chosen);
		for (Server server : chosen) {
			assertThat(results.failures(Cell.STARTER, server)).as(server.name()).isEmpty();
			assertThat(results.median(Cell.STARTER, server, Sample::perSecond).orElse(0)).as(server.name())
				.isPositive();
		}
	}

	@Test
	void serverThatDoesNotComeUpIsShownAsFailed() throws IOException, InterruptedException {
		Server broken = new Server("broken", "cannot start", Server.Runtime.NATIVE, false,
				(port, keyStore) -> List.of("/bin/sh", "-c", "echo out of luck; exit 3"));
		Results results = new Rounds(client, directory, 1, 0.1, 0.1, Cell.WARM_UP).run(List.of(Cell.STARTER),
				List.of(broken));
		Report report = new Report(List.of());
		report.cells(results);
		assertThat(report.toString()).contains("| broken | **failed** |", "ended with 3, out of luck");
		Path plot = directory.resolve("plot.svg");
		new Plot(results).write(plot);
		assertThat(Files.readString(plot)).contains("broken, 20s-10k: failed");
	}

	private static SmtpServer server(Sink sink) throws IOException {
		return SmtpServer.builder()
			.listener(Listener.of(new InetSocketAddress("127.0.0.1", 0)))
			.maxConnections(-1)
			.limits(SmtpLimits.defaults().maxConnectionsPerAddress(-1))
			.maxMessageSize(64L * 1024 * 1024)
			.receivedHeader(false)
			.messageHandler((peer, envelope) -> sink.take(envelope.mailData().readAllBytes()))
			.build()
			.start();
	}

	/** What the client sends with {@code -x}, without the dots that protect others. */
	private static byte[] text(int octets) {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		out.writeBytes(HEAD.getBytes(StandardCharsets.US_ASCII));
		int lines = (octets - HEAD.length() + LINE_OCTETS - 1) / LINE_OCTETS;
		for (int i = 0; i < lines; i++) {
			char letter = (char) ('A' + i % 26);
			String line = String.valueOf(letter).repeat(LINE_OCTETS - 2);
			line = (i % 7 == 6) ? "." + line.substring(2) : line;
			out.writeBytes((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
		}
		return out.toByteArray();
	}

	/** Takes what a handler got. */
	@FunctionalInterface
	private interface Sink {

		void take(byte[] data);

	}

}
