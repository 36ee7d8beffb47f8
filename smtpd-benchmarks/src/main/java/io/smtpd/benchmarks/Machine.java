package io.smtpd.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/** Where a run takes place. */
final class Machine {

	private static final Path JDKS = Path.of("/usr/lib/jvm");

	private Machine() {
	}

	/** The newest JDK that is at hand, or the one that runs this. */
	static Path newestJavaHome() throws IOException {
		Path own = Path.of(System.getProperty("java.home"));
		List<Path> homes = new ArrayList<>(List.of(own));
		if (Files.isDirectory(JDKS)) {
			try (Stream<Path> found = Files.list(JDKS)) {
				found.sorted().filter((home) -> Files.isExecutable(home.resolve("bin/jcmd"))).forEach(homes::add);
			}
		}
		return homes.stream().max(Comparator.comparingInt(Machine::featureRelease)).orElse(own);
	}

	private static int featureRelease(Path home) {
		Matcher matcher = Pattern.compile("\\d+").matcher(release(home, "JAVA_VERSION"));
		return matcher.find() ? Integer.parseInt(matcher.group()) : 0;
	}

	/** Reads a JDK's file {@code release}. */
	private static String release(Path home, String key) {
		return line(home.resolve("release"), key + "=").map((value) -> value.replace("\"", "")).orElse("");
	}

	/** What has to be known to make sense of the figures. */
	static List<String> facts(Path javaHome, @Nullable String label, Path root) throws InterruptedException {
		List<String> facts = new ArrayList<>();
		facts.add("Date: " + LocalDate.now(ZoneOffset.UTC));
		facts.add("Code: " + ((label != null) ? label : commit(root)));
		String processor = line(Path.of("/proc/cpuinfo"), "model name").orElse(System.getProperty("os.arch"));
		long kib = line(Path.of("/proc/meminfo"), "MemTotal:").map((value) -> Long.parseLong(value.split(" ")[0]))
			.orElse(0L);
		facts.add("Machine: " + Runtime.getRuntime().availableProcessors() + " cores (" + processor + "), "
				+ Math.round(kib / 1048576.0) + " GiB, " + System.getProperty("os.name") + " "
				+ System.getProperty("os.version") + ", load average before " + loadAverage()
				+ "; client and servers share the cores");
		facts.add("JDK of the servers: " + release(javaHome, "JAVA_VERSION") + " (" + release(javaHome, "IMPLEMENTOR")
				+ ")");
		return facts;
	}

	private static String loadAverage() {
		return line(Path.of("/proc/loadavg"), "").map((value) -> value.split(" ")[0]).orElse("unknown");
	}

	private static String commit(Path root) throws InterruptedException {
		try {
			List<String> git = List.of("git", "-C", root.toString());
			String commit = LoadGenerator
				.run(Stream.concat(git.stream(), Stream.of("rev-parse", "--short=12", "HEAD")).toList());
			String changes = LoadGenerator
				.run(Stream.concat(git.stream(), Stream.of("status", "--porcelain", "--untracked-files=no")).toList());
			return "commit " + commit + (changes.isEmpty() ? "" : " and changes that are not committed");
		}
		catch (IOException ex) {
			return "unknown commit";
		}
	}

	/** What stands behind the first occurrence of a word in a file. */
	private static Optional<String> line(Path file, String start) {
		try (Stream<String> lines = Files.lines(file)) {
			return lines.filter((line) -> line.startsWith(start))
				.findFirst()
				.map((line) -> line.substring(start.length()).replaceFirst("^\\s*:?\\s*", "").strip());
		}
		catch (IOException ex) {
			return Optional.empty();
		}
	}

}
