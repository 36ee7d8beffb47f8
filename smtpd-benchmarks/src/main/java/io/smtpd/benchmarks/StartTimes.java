package io.smtpd.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** How long servers take from the start of the process to their first 220. */
final class StartTimes {

	private static final int STARTS = 5;

	private final Path directory;

	StartTimes(Path directory) {
		this.directory = directory;
	}

	/**
	 * Starts all servers several times in turn.
	 * @return the medians in ms, and nothing where a server did not start
	 */
	Map<Server, OptionalDouble> measure(List<Server> servers) throws InterruptedException {
		Map<Server, List<Double>> times = new LinkedHashMap<>();
		servers.forEach((server) -> times.put(server, new ArrayList<>()));
		for (int i = 1; i <= STARTS; i++) {
			Progress.say("start %d of %d", i, STARTS);
			for (Map.Entry<Server, List<Double>> entry : times.entrySet()) {
				try (RunningServer running = RunningServer.start(entry.getKey(), null, this.directory)) {
					entry.getValue().add(running.startMillis());
				}
				catch (IOException ex) {
					Progress.say("FAILED: %s", ex);
				}
			}
		}
		Map<Server, OptionalDouble> medians = new LinkedHashMap<>();
		times.forEach((server, millis) -> medians.put(server, (millis.size() < STARTS) ? OptionalDouble.empty()
				: Medians.of(millis.stream().mapToDouble(Double::doubleValue).toArray())));
		return medians;
	}

}
