package io.smtpd.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.BiFunction;
import java.util.stream.Stream;

import io.smtpd.benchmarks.Results.Sample;

/** The page that a run ends in. */
final class Report {

	private final StringBuilder text = new StringBuilder();

	Report(List<String> facts) {
		this.text.append("# Results of one run\n\nWritten by `smtpd-benchmarks/run`; ")
			.append("[performance.md](performance.md) says what is measured.\n\n");
		facts.forEach((fact) -> this.text.append("* ").append(fact).append('\n'));
		this.text.append('\n');
	}

	void heading(String heading) {
		this.text.append("## ").append(heading).append("\n\n");
	}

	void paragraph(String paragraph) {
		this.text.append(paragraph).append("\n\n");
	}

	void table(Table table) {
		this.text.append(table).append('\n');
	}

	/** What the names of servers mean, and which are not here. */
	void servers(List<Server> servers, Map<String, String> missing) {
		Table table = new Table("server", "what it is");
		servers.forEach((server) -> table.row(server.name(), server.description()));
		missing.forEach((name, reason) -> table.row(name, "left out: " + reason));
		table(table);
	}

	void cells(Results results) {
		figures(results, "Messages a second, as a ratio to " + Server.BASE,
				(cell, server) -> results.medianRatio(cell, server, Server.BASE, Sample::perSecond), 2);
		figures(results, "Messages a second", (cell, server) -> results.median(cell, server, Sample::perSecond), 0);
		figures(results, "MB a second", (cell, server) -> results.median(cell, server, Sample::megabytesPerSecond), 1);
		figures(results, "Server CPU, seconds for 100 000 messages",
				(cell, server) -> results.median(cell, server, Sample::cpuPer100k), 2);
		figures(results, "Latency of a message, median, ms",
				(cell, server) -> results.median(cell, server, Sample::medianMillis), 2);
		figures(results, "Latency of a message, 99th percentile, ms",
				(cell, server) -> results.median(cell, server, Sample::p99Millis), 2);
		failures(results);
	}

	private void figures(Results results, String title, BiFunction<Cell, Server, OptionalDouble> figure, int decimals) {
		this.text.append("### ").append(title).append("\n\n");
		Table table = new Table(Stream.concat(Stream.of("server"), results.cells().stream().map(Cell::name)).toList());
		for (Server server : results.servers()) {
			List<String> row = new ArrayList<>(List.of(server.name()));
			for (Cell cell : results.cells()) {
				boolean failed = !results.failures(cell, server).isEmpty();
				row.add(failed ? "**failed**" : Table.number(figure.apply(cell, server), decimals));
			}
			table.row(row);
		}
		table(table);
	}

	void failures(Results results) {
		List<String> all = new ArrayList<>();
		for (Server server : results.servers()) {
			for (Cell cell : results.cells()) {
				results.failures(cell, server)
					.forEach((failure) -> all.add("* " + server.name() + ", " + cell.name() + ", " + failure));
			}
		}
		paragraph(all.isEmpty() ? "No message was answered otherwise than with 250 in any cell."
				: "What failed:\n\n" + String.join("\n", all));
	}

	void write(Path file) throws IOException {
		Files.createDirectories(file.toAbsolutePath().getParent());
		Files.writeString(file, this.text.toString().stripTrailing() + "\n");
	}

	@Override
	public String toString() {
		return this.text.toString();
	}

}
