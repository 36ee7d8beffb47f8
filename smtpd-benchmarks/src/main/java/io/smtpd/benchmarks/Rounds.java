package io.smtpd.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import io.smtpd.benchmarks.LoadGenerator.Load;

/**
 * Drives several servers in interleaved rounds: whatever else the machine does, it does
 * to all of them.
 */
final class Rounds {

	private final LoadGenerator client;

	private final Path directory;

	private final int rounds;

	private final double seconds;

	private final double warmUp;

	private final Cell warmUpCell;

	Rounds(LoadGenerator client, Path directory, int rounds, double seconds, double warmUp, Cell warmUpCell) {
		this.client = client;
		this.directory = directory;
		this.rounds = rounds;
		this.seconds = seconds;
		this.warmUp = warmUp;
		this.warmUpCell = warmUpCell;
	}

	/** Starts the servers, drives them, and stops them. */
	Results run(List<Cell> cells, List<Server> servers) throws IOException, InterruptedException {
		Results results = new Results(cells, servers);
		List<RunningServer> running = new ArrayList<>();
		try {
			for (Server server : servers) {
				startInto(running, server, results);
			}
			for (int round = 0; round <= this.rounds; round++) {
				for (Cell cell : cells) {
					Progress.say("round %d of %d: %s", round, this.rounds, cell.name());
					for (RunningServer server : running) {
						drive(server, cell, round, results);
					}
				}
			}
		}
		finally {
			running.forEach(RunningServer::close);
		}
		return results;
	}

	private void startInto(List<RunningServer> running, Server server, Results results) throws InterruptedException {
		try {
			Progress.say("starting %s", server.name());
			RunningServer started = RunningServer.start(server, null, this.directory);
			running.add(started);
			started.warmUp(this.client, this.warmUpCell, this.warmUp);
		}
		catch (IOException ex) {
			Progress.say("%s: %s", server.name(), reason(ex));
			results.cells().forEach((cell) -> results.addFailure(0, cell, server, reason(ex)));
		}
	}

	private void drive(RunningServer running, Cell cell, int round, Results results) throws InterruptedException {
		try {
			double before = running.cpuSeconds();
			Load load = this.client.send(cell, running.pipelining(), running.port(), this.seconds);
			if (round > 0) { // what only this cell runs is compiled while it runs first
				results.add(round, cell, running.server(), load, running.cpuSeconds() - before);
			}
		}
		catch (IOException ex) {
			Progress.say("%s %s: FAILED: %s", running.server().name(), cell.name(), reason(ex));
			results.addFailure(round, cell, running.server(), reason(ex));
		}
	}

	private static String reason(IOException failure) {
		return Objects.requireNonNullElse(failure.getMessage(), failure.toString());
	}

}
