package io.smtpd.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;

import io.smtpd.benchmarks.Handshakes.Cost;
import io.smtpd.benchmarks.IdleSessions.Memory;
import io.smtpd.benchmarks.Options.Part;
import io.smtpd.benchmarks.Results.Sample;
import org.jspecify.annotations.Nullable;

/**
 * Measures this server beside others and writes a page and a plot. All traffic stays on
 * 127.0.0.1. The system property {@code benchmarks.module} names this module's folder.
 */
public final class Main {

	private final Options options;

	private final Path directory;

	private final Path javaHome;

	private final Servers servers;

	private final LoadGenerator client;

	private final List<Server> chosen;

	private final Path keyStore;

	private final Report report;

	private final Targets targets;

	private Main(Options options, Path module, Path directory) throws IOException, InterruptedException {
		this.options = options;
		this.directory = directory;
		this.javaHome = (options.javaHome != null) ? options.javaHome : Machine.newestJavaHome();
		this.servers = new Servers(options, this.javaHome, module.resolve("src/main/scripts"));
		this.chosen = this.servers.all();
		this.keyStore = Certificate.make(this.javaHome, directory);
		this.targets = new Targets(options.builds.keySet());
		this.client = LoadGenerator.compile(directory);
		this.report = new Report(Machine.facts(this.javaHome, options.label, module));
	}

	/**
	 * Measures.
	 * @param arguments the options
	 * @throws IOException when something is missing that everything needs
	 * @throws InterruptedException not at all
	 * @throws GeneralSecurityException when there is no TLS 1.3
	 */
	public static void main(String[] arguments) throws IOException, InterruptedException, GeneralSecurityException {
		if (List.of(arguments).contains("--help")) {
			System.out.println(Options.USAGE);
			return;
		}
		Path module = Path.of(System.getProperty("benchmarks.module", "."));
		Options options;
		try {
			options = Options.parse(module, List.of(arguments));
		}
		catch (IllegalArgumentException ex) {
			System.err.println(ex.getMessage() + "\n\n" + Options.USAGE);
			System.exit(2);
			return;
		}
		Path directory = Files.createTempDirectory("smtpd-benchmarks");
		try {
			new Main(options, module, directory).run();
		}
		finally {
			delete(directory);
		}
	}

	private void run() throws IOException, InterruptedException, GeneralSecurityException {
		Files.createDirectories(this.options.output);
		if (this.options.parts.contains(Part.CELLS)) {
			cells();
		}
		if (this.options.parts.contains(Part.STARTER)) {
			starter();
		}
		if (this.options.parts.contains(Part.IDLE)) {
			idle();
		}
		if (this.options.parts.contains(Part.TLS)) {
			handshakes();
		}
		if (this.options.parts.contains(Part.START)) {
			starts();
		}
		if (!this.targets.isEmpty()) {
			this.report.heading("Targets");
			this.report.table(this.targets.table());
		}
		Path page = this.options.output.resolve("performance-results.md");
		this.report.write(page);
		System.out.println(this.report);
		Progress.say("written: %s", page.toAbsolutePath().normalize());
	}

	private void cells() throws IOException, InterruptedException {
		double loopback = Medians
			.of(LoopbackCopy.megabytesPerSecond(), LoopbackCopy.megabytesPerSecond(), LoopbackCopy.megabytesPerSecond())
			.orElseThrow();
		List<Cell> cells = Cell.ALL.stream()
			.filter((cell) -> this.options.cells.matcher(cell.name()).matches())
			.toList();
		Results results = new Rounds(this.client, this.directory, this.options.rounds, this.options.seconds,
				this.options.warmUp, Cell.WARM_UP)
			.run(cells, this.chosen);
		this.report.heading("Messages");
		this.report.paragraph("![Messages a second, as a ratio to smtp-sink](performance.svg)");
		this.report.servers(this.chosen, this.servers.missing());
		this.report.paragraph("Medians of " + this.options.rounds + " rounds of " + this.options.seconds
				+ " s. A copy over the loopback by two threads, without looking at it: " + Math.round(loopback)
				+ " MB a second.");
		this.report.cells(results);
		this.targets.messages(results, loopback);
		new Plot(results).write(this.options.output.resolve("performance.svg"));
	}

	private void starter() throws IOException, InterruptedException {
		List<Server> variants = this.servers.starterVariants();
		Results results = new Rounds(this.client, this.directory, this.options.rounds * 2, this.options.seconds * 2,
				this.options.warmUp * 2, Cell.STARTER)
			.run(List.of(Cell.STARTER), variants);
		this.report.heading("What Spring Boot adds");
		this.report.paragraph("Messages of 10 KiB, 20 sessions, pipelined; medians of " + this.options.rounds * 2
				+ " rounds of " + this.options.seconds * 2 + " s; the ratio is that of the same round.");
		Table table = new Table("variant", "what it is", "server CPU, s for 100 000", "to the core alone",
				"messages a second");
		String base = variants.get(0).name();
		for (Server variant : variants) {
			OptionalDouble ratio = results.medianRatio(Cell.STARTER, variant, base, Sample::cpuPer100k);
			table.row(variant.name(), variant.description(),
					Table.number(results.median(Cell.STARTER, variant, Sample::cpuPer100k), 2), Table.number(ratio, 3),
					Table.number(results.median(Cell.STARTER, variant, Sample::perSecond), 0));
			if (!variant.name().equals(base)) {
				this.targets.atMost(variant.name() + ": server CPU of 10 KiB, as a ratio to the core alone", ratio,
						1.05);
			}
		}
		this.report.table(table);
		this.report.failures(results);
	}

	private void idle() throws InterruptedException, IOException, GeneralSecurityException {
		this.report.heading("Idle sessions");
		this.report.paragraph("KiB for each session that said EHLO and then nothing, above a server that has had some"
				+ " sessions already.");
		Table table = new Table("server", "sessions", "resident", "resident, after a collection",
				"heap, after a collection");
		for (Server server : this.chosen) {
			Memory memory = idle(table, server, this.options.idle, false);
			if (server.name().equals(Targets.SERVER)) {
				this.targets.atMost("idle sessions in clear text: KiB each after a collection",
						(memory != null) ? OptionalDouble.of(memory.collectedKib()) : OptionalDouble.empty(), 10);
			}
		}
		for (Server server : this.chosen) {
			if (server.tls()) {
				idle(table, server, Math.max(1, this.options.idle / 10), true);
			}
		}
		this.report.table(table);
	}

	private @Nullable Memory idle(Table table, Server server, int sessions, boolean tls)
			throws InterruptedException, IOException, GeneralSecurityException {
		String name = server.name() + (tls ? ", TLS" : "");
		try {
			Memory memory = new IdleSessions(this.javaHome, this.directory).measure(server, sessions,
					tls ? this.keyStore : null, tls ? Client.trustingContext() : null);
			table.row(name, Integer.toString(memory.sessions()), Table.number(memory.residentKib(), 1),
					Table.number(memory.collectedKib(), 1), Table.number(memory.heapKib(), 1));
			return memory;
		}
		catch (IOException ex) {
			Progress.say("%s: FAILED: %s", name, ex);
			table.row(name, Integer.toString(sessions), "**failed**: " + ex.getMessage(), "–", "–");
			return null;
		}
	}

	private void handshakes() throws InterruptedException, GeneralSecurityException {
		this.report.heading("STARTTLS");
		this.report.paragraph("Full handshakes, a connection for each, four clients; certificate and key exchange with"
				+ " P-256; after " + this.options.tlsSeconds + " s of warm-up.");
		Table table = new Table("server", "handshakes a second", "server CPU, ms for each", "what was agreed");
		for (Server server : this.chosen) {
			if (!server.tls()) {
				continue;
			}
			OptionalDouble millis = OptionalDouble.empty();
			try {
				Cost cost = new Handshakes(this.keyStore, this.directory, this.options.tlsSeconds).measure(server);
				millis = OptionalDouble.of(cost.cpuMillis());
				table.row(server.name(), Table.number(cost.perSecond(), 0), Table.number(cost.cpuMillis(), 2),
						cost.suites());
			}
			catch (IOException ex) {
				Progress.say("%s: FAILED: %s", server.name(), ex);
				table.row(server.name(), "**failed**: " + ex.getMessage(), "–", "–");
			}
			if (server.name().equals(Targets.SERVER)) {
				this.targets.atMost("STARTTLS, warm: ms of server CPU for a handshake", millis, 3);
			}
		}
		this.report.table(table);
	}

	private void starts() throws InterruptedException {
		List<Server> servers = new ArrayList<>(this.chosen);
		servers.addAll(this.servers.applications());
		this.report.heading("Start");
		this.report.paragraph("From the start of the process to its first 220, median of five, in turn. An empty"
				+ " application says it when it is up.");
		Table table = new Table("program", "what it is", "ms");
		new StartTimes(this.directory).measure(servers)
			.forEach((server, millis) -> table.row(server.name(), server.description(),
					millis.isPresent() ? Table.number(millis, 0) : "**failed**"));
		this.report.table(table);
	}

	private static void delete(Path directory) throws IOException {
		try (Stream<Path> files = Files.walk(directory)) {
			files.sorted(Comparator.reverseOrder()).forEach((file) -> {
				try {
					Files.delete(file);
				}
				catch (IOException ex) {
					throw new UncheckedIOException(ex);
				}
			});
		}
	}

}
