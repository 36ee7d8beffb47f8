package io.smtpd.benchmarks;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Parts of this program's own class path, so that each server has no more than it needs:
 * Spring Boot configures what it finds.
 */
record ClassPath(List<Path> entries) {

	private static final List<String> CORE = List.of("smtpd-core", "slf4j-api", "jspecify");

	private static final List<String> BOOT = List.of("spring-boot", "spring-boot-autoconfigure", "spring-boot-starter",
			"spring-boot-starter-logging", "spring-core", "spring-context", "spring-beans", "spring-aop",
			"spring-expression", "commons-logging", "logback-classic", "logback-core", "log4j-api", "log4j-to-slf4j",
			"jul-to-slf4j", "slf4j-api", "jspecify", "snakeyaml", "jakarta.annotation-api", "micrometer-commons",
			"micrometer-observation");

	private static final List<String> ACTUATOR = List.of("spring-boot-actuator", "spring-boot-actuator-autoconfigure",
			"spring-boot-health", "spring-boot-micrometer-metrics", "spring-boot-micrometer-observation",
			"spring-boot-starter-actuator", "spring-boot-starter-micrometer-metrics", "micrometer-core",
			"micrometer-jakarta9", "HdrHistogram", "LatencyUtils");

	private static final List<String> STARTER = List.of("smtpd-core", "smtpd-spring-boot-autoconfigure",
			"smtpd-spring-boot-starter", "ipaddress");

	static ClassPath own() {
		return new ClassPath(
				Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of).toList());
	}

	/** This server alone: no logging, no MDC. */
	ClassPath core() {
		return only(List.of(CORE));
	}

	/** This server with Logback, so with an MDC. */
	ClassPath coreWithLogback() {
		return only(List.of(CORE, List.of("logback-classic", "logback-core")));
	}

	ClassPath emptyBoot() {
		return only(List.of(BOOT));
	}

	ClassPath starter() {
		return only(List.of(BOOT, STARTER));
	}

	ClassPath emptyBootWithActuator() {
		return only(List.of(BOOT, ACTUATOR));
	}

	ClassPath starterWithActuator() {
		return only(List.of(BOOT, STARTER, ACTUATOR));
	}

	/**
	 * All that is not ours or Spring's; without Logback, which by default logs too much.
	 */
	ClassPath peers() {
		return filter((artifact) -> !artifact.startsWith("smtpd-") && !artifact.startsWith("spring-")
				&& !artifact.startsWith("logback-"));
	}

	/** The same with another build of the core. */
	ClassPath with(Path core) {
		List<Path> changed = new ArrayList<>(List.of(core));
		changed.addAll(filter((artifact) -> !artifact.equals("smtpd-core")).entries());
		return new ClassPath(changed);
	}

	private ClassPath only(List<List<String>> artifacts) {
		return filter((artifact) -> artifacts.stream().anyMatch((list) -> list.contains(artifact)));
	}

	/** What is not a jar of some version is this module itself, or a module beside it. */
	private ClassPath filter(Predicate<String> artifact) {
		return new ClassPath(this.entries.stream()
			.filter((entry) -> isThisModule(entry) || artifact.test(artifactOf(entry)))
			.toList());
	}

	private static boolean isThisModule(Path entry) {
		return artifactOf(entry).equals("smtpd-benchmarks");
	}

	private static String artifactOf(Path entry) {
		String name = entry.getFileName().toString();
		if (name.endsWith(".jar")) {
			return name.replaceFirst("-\\d.*", "");
		}
		Path target = entry.toAbsolutePath().getParent(); // MODULE/target/classes
		Path module = (target != null) ? target.getParent() : null;
		return (module != null) ? module.getFileName().toString() : name;
	}

	@Override
	public String toString() {
		return this.entries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
	}

}
