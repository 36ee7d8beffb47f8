package io.smtpd.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

import io.smtpd.benchmarks.LoadGenerator.Load;

/** What servers did in the cells, by rounds. A failure is a result, too. */
final class Results {

	private final Map<Key, Map<Integer, Sample>> samples = new LinkedHashMap<>();

	private final Map<Key, List<String>> failures = new LinkedHashMap<>();

	private final List<Cell> cells;

	private final List<Server> servers;

	Results(List<Cell> cells, List<Server> servers) {
		this.cells = cells;
		this.servers = servers;
	}

	void add(int round, Cell cell, Server server, Load load, double cpuSeconds) {
		this.samples.computeIfAbsent(new Key(cell.name(), server.name()), (key) -> new LinkedHashMap<>())
			.put(round, new Sample(load, cpuSeconds / load.messages() * 100_000));
	}

	void addFailure(int round, Cell cell, Server server, String reason) {
		this.failures.computeIfAbsent(new Key(cell.name(), server.name()), (key) -> new ArrayList<>())
			.add("round " + round + ": " + reason);
	}

	List<Cell> cells() {
		return this.cells;
	}

	List<Server> servers() {
		return this.servers;
	}

	/** Why a server failed in a cell, if it ever did; its other rounds do not count. */
	List<String> failures(Cell cell, Server server) {
		return this.failures.getOrDefault(new Key(cell.name(), server.name()), List.of());
	}

	/** The median of the rounds, if there are any and all went well. */
	OptionalDouble median(Cell cell, Server server, ToDoubleFunction<Sample> figure) {
		if (!failures(cell, server).isEmpty()) {
			return OptionalDouble.empty();
		}
		return Medians.of(of(cell, server).values().stream().mapToDouble(figure).toArray());
	}

	/** The median of the ratios to another server in the same round. */
	OptionalDouble medianRatio(Cell cell, Server server, String base, ToDoubleFunction<Sample> figure) {
		Map<Integer, Sample> bases = this.samples.getOrDefault(new Key(cell.name(), base), Map.of());
		if (!failures(cell, server).isEmpty()) {
			return OptionalDouble.empty();
		}
		return Medians.of(of(cell, server).entrySet()
			.stream()
			.filter((entry) -> bases.containsKey(entry.getKey()))
			.mapToDouble((entry) -> figure.applyAsDouble(entry.getValue())
					/ figure.applyAsDouble(Objects.requireNonNull(bases.get(entry.getKey()))))
			.toArray());
	}

	private Map<Integer, Sample> of(Cell cell, Server server) {
		return this.samples.getOrDefault(new Key(cell.name(), server.name()), Map.of());
	}

	private record Key(String cell, String server) {

	}

	/**
	 * One server in one cell and round.
	 *
	 * @param load what the client saw
	 * @param cpuPer100k seconds of CPU that the server took for 100 000 messages
	 */
	record Sample(Load load, double cpuPer100k) {

		double perSecond() {
			return this.load.perSecond();
		}

		double megabytesPerSecond() {
			return this.load.megabytesPerSecond();
		}

		double medianMillis() {
			return this.load.medianMicros() / 1000;
		}

		double p99Millis() {
			return this.load.p99Micros() / 1000;
		}

	}

}
