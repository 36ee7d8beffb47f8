package io.smtpd.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/** What the command line asks for. */
final class Options {

	static final String USAGE = """
			Options, each with its default:
			  --parts cells,starter,idle,tls,start   what to measure
			  --cells REGEX         only the cells whose whole name matches (.*)
			  --servers REGEX       only the servers whose whole name matches (.*); smtp-sink is the base
			  --also NAME=JAR       this server once more with another build of smtpd-core in it; repeatable
			  --rounds N            rounds of the cells (3)
			  --seconds S           seconds for each cell, server and round (1)
			  --warm-up S           seconds of load for each server before the first round (3)
			  --idle N              idle connections in clear text (10000); a tenth of them with TLS
			  --tls-seconds S       seconds of handshakes before those that count (20)
			  --java-home DIR       JDK that the servers run on (the newest in /usr/lib/jvm)
			  --java-option OPTION  option of those JVMs, beside -Xmx2g; repeatable
			  --output DIR          where performance-results.md and performance.svg go (target/results)
			  --label TEXT          what was measured, for the report (the commit)
			""";

	/** What can be left out. */
	enum Part {

		/** Messages by number, size and kind of session. */
		CELLS,

		/** What Spring Boot adds to a message. */
		STARTER,

		/** Memory of idle sessions. */
		IDLE,

		/** STARTTLS handshakes. */
		TLS,

		/** Time to the first 220. */
		START

	}

	Set<Part> parts = EnumSet.allOf(Part.class);

	Pattern cells = Pattern.compile(".*");

	Pattern servers = Pattern.compile(".*");

	final Map<String, Path> builds = new LinkedHashMap<>();

	int rounds = 3;

	double seconds = 1;

	double warmUp = 3;

	int idle = 10_000;

	double tlsSeconds = 20;

	@Nullable Path javaHome;

	final List<String> javaOptions = new ArrayList<>(List.of("-Xmx2g"));

	Path output;

	@Nullable String label;

	private Options(Path module) {
		this.output = module.resolve("target/results");
	}

	/**
	 * Reads a command line.
	 * @param module the folder of this module
	 * @param arguments names and values in turn
	 * @throws IllegalArgumentException when there is something wrong with it
	 */
	static Options parse(Path module, List<String> arguments) {
		Options options = new Options(module);
		Iterator<String> rest = arguments.iterator();
		while (rest.hasNext()) {
			String name = rest.next();
			if (!rest.hasNext()) {
				throw new IllegalArgumentException(name + " needs a value");
			}
			options.set(name, rest.next());
		}
		return options;
	}

	private void set(String name, String value) {
		switch (name) {
			case "--parts" -> {
				this.parts = EnumSet.noneOf(Part.class);
				for (String part : value.split(",")) {
					this.parts.add(Part.valueOf(part.toUpperCase(Locale.ROOT)));
				}
			}
			case "--cells" -> this.cells = Pattern.compile(value);
			case "--servers" -> this.servers = Pattern.compile(value);
			case "--also" -> {
				int equals = value.indexOf('=');
				if (equals < 1) {
					throw new IllegalArgumentException("--also wants NAME=JAR");
				}
				this.builds.put(value.substring(0, equals), Path.of(value.substring(equals + 1)).toAbsolutePath());
			}
			case "--rounds" -> this.rounds = Integer.parseInt(value);
			case "--seconds" -> this.seconds = Double.parseDouble(value);
			case "--warm-up" -> this.warmUp = Double.parseDouble(value);
			case "--idle" -> this.idle = Integer.parseInt(value);
			case "--tls-seconds" -> this.tlsSeconds = Double.parseDouble(value);
			case "--java-home" -> this.javaHome = Path.of(value);
			case "--java-option" -> this.javaOptions.add(value);
			case "--output" -> this.output = Path.of(value);
			case "--label" -> this.label = value;
			default -> throw new IllegalArgumentException("There is no option " + name);
		}
	}

	boolean wants(String server) {
		return this.servers.matcher(server).matches() || this.builds.containsKey(server);
	}

}
