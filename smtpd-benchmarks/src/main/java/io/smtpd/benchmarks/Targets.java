package io.smtpd.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.ToDoubleFunction;

import io.smtpd.benchmarks.Results.Sample;

/** What this server is meant to reach, and whether it did. */
final class Targets {

	/** The server that the targets are for. */
	static final String SERVER = "smtpd";

	private final Table table = new Table("what", "measured", "wanted", "reached");

	private final Set<String> builds;

	private boolean empty = true;

	/**
	 * Begins without any.
	 * @param builds the names of other builds of this server, which are no peers
	 */
	Targets(Set<String> builds) {
		this.builds = builds;
	}

	Table table() {
		return this.table;
	}

	boolean isEmpty() {
		return this.empty;
	}

	void atLeast(String what, OptionalDouble measured, double wanted) {
		add(what, measured, "at least ", wanted, measured.isPresent() && measured.getAsDouble() >= wanted);
	}

	void atMost(String what, OptionalDouble measured, double wanted) {
		add(what, measured, "at most ", wanted, measured.isPresent() && measured.getAsDouble() <= wanted);
	}

	private void add(String what, OptionalDouble measured, String bound, double wanted, boolean reached) {
		this.empty = false;
		this.table.row(what, Table.number(measured, 2), bound + Table.number(wanted, 2), reached ? "yes" : "**no**");
	}

	/** What is wanted of the messages, in those cells that were measured. */
	void messages(Results results, double loopback) {
		Server server = results.servers().stream().filter((one) -> one.name().equals(SERVER)).findFirst().orElse(null);
		if (server == null) {
			return;
		}
		for (Cell cell : results.cells()) {
			switch (cell.name()) {
				case "20s-1k", "100s-1k" -> cell(results, cell, server, 1.5, 3);
				case "20s-10k", "100s-10k" -> cell(results, cell, server, 2, 4);
				case "1s-1k-plain" -> ratio(results, cell, server, 1);
				case "20s-1k-newconn" -> ratio(results, cell, server, 1.2);
				case "4s-10M" -> {
					ratio(results, cell, server, 4);
					OptionalDouble speed = results.median(cell, server, Sample::megabytesPerSecond);
					atLeast(cell.name() + ": MB a second, as a ratio to a copy over the loopback",
							speed.isPresent() ? OptionalDouble.of(speed.getAsDouble() / loopback) : speed, 0.5);
				}
				default -> {
					// nothing but to be faster than the peers
				}
			}
			if (cell.name().equals("20s-1k")) {
				atMost(cell.name() + ": 99th percentile of the latency, as a ratio to " + Server.BASE,
						results.medianRatio(cell, server, Server.BASE, Sample::p99Millis), 1);
			}
		}
		peers(results, server);
	}

	private void cell(Results results, Cell cell, Server server, double ratio, double cpu) {
		ratio(results, cell, server, ratio);
		atMost(cell.name() + ": server CPU, seconds for 100 000 messages",
				results.median(cell, server, Sample::cpuPer100k), cpu);
	}

	private void ratio(Results results, Cell cell, Server server, double wanted) {
		atLeast(cell.name() + ": messages a second, as a ratio to " + Server.BASE,
				results.medianRatio(cell, server, Server.BASE, Sample::perSecond), wanted);
	}

	/** The smallest lead over any other server than the base, in all cells. */
	private void peers(Results results, Server server) {
		ToDoubleFunction<Sample> speed = Sample::perSecond;
		List<Double> leads = new ArrayList<>();
		String closest = "";
		for (Server peer : results.servers()) {
			if (Set.of(SERVER, Server.BASE).contains(peer.name()) || this.builds.contains(peer.name())) {
				continue;
			}
			for (Cell cell : results.cells()) {
				OptionalDouble lead = results.medianRatio(cell, server, peer.name(), speed);
				if (lead.isPresent()) {
					boolean least = leads.stream().allMatch((other) -> lead.getAsDouble() < other);
					closest = least ? peer.name() + " in " + cell.name() : closest;
					leads.add(lead.getAsDouble());
				}
			}
		}
		if (!leads.isEmpty()) {
			atLeast("messages a second, as a ratio to the peer that comes closest (" + closest + ")",
					leads.stream().mapToDouble(Double::doubleValue).min(), 1);
		}
	}

}
