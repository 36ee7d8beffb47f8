package io.smtpd.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

import io.smtpd.benchmarks.Options.Part;

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

	private final Report report;

	private Main(Options options, Path module, Path directory) throws IOException, InterruptedException {
		this.options = options;
		this.directory = directory;
		this.javaHome = (options.javaHome != null) ? options.javaHome : Machine.newestJavaHome();
		this.servers = new Servers(options, this.javaHome, module.resolve("src/main/scripts"));
		this.client = LoadGenerator.compile(directory);
		this.report = new Report(Machine.facts(this.javaHome, options.label, module));
	}

	/**
	 * Measures.
	 * @param arguments the options
	 * @throws IOException when something is missing that everything needs
	 * @throws InterruptedException not at all
	 */
	public static void main(String[] arguments) throws IOException, InterruptedException {
		Options options;
		try {
			options = Options.parse(List.of(arguments));
		}
		catch (IllegalArgumentException ex) {
			System.err.println(ex.getMessage() + "\n\n" + Options.USAGE);
			System.exit(2);
			return;
		}
		Path directory = Files.createTempDirectory("smtpd-benchmarks");
		try {
			new Main(options, Path.of(System.getProperty("benchmarks.module", ".")), directory).run();
		}
		finally {
			delete(directory);
		}
	}

	private void run() throws IOException, InterruptedException {
		if (this.options.parts.contains(Part.CELLS)) {
			cells();
		}
		Path page = this.options.output.resolve("performance-results.md");
		this.report.write(page);
		System.out.println(this.report);
		Progress.say("written: %s", page);
	}

	private void cells() throws IOException, InterruptedException {
		List<Cell> cells = Cell.ALL.stream()
			.filter((cell) -> this.options.cells.matcher(cell.name()).matches())
			.toList();
		List<Server> chosen = this.servers.all();
		Results results = new Rounds(this.client, this.directory, this.options.rounds, this.options.seconds,
				this.options.warmUp)
			.run(cells, chosen);
		this.report.heading("Messages");
		this.report.servers(chosen, this.servers.missing());
		this.report.cells(results);
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
