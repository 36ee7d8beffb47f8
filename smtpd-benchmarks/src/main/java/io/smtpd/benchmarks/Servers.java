package io.smtpd.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.smtpd.benchmarks.Server.Runtime;
import io.smtpd.benchmarks.sink.BootSink;
import io.smtpd.benchmarks.sink.CoreSink;
import io.smtpd.benchmarks.sink.EmptyApplication;
import io.smtpd.benchmarks.sink.GreenMailSink;
import io.smtpd.benchmarks.sink.JamesSink;
import io.smtpd.benchmarks.sink.SubethaSink;
import org.jspecify.annotations.Nullable;

/** What there is to be measured on this machine. */
final class Servers {

	private static final ClassPath CLASS_PATH = ClassPath.own();

	private final Options options;

	private final Path java;

	private final Path scripts;

	private final Map<String, String> missing = new LinkedHashMap<>();

	Servers(Options options, Path javaHome, Path scripts) {
		this.options = options;
		this.java = javaHome.resolve("bin").resolve("java");
		this.scripts = scripts;
	}

	/** Why servers that were asked for are not here, by their names. */
	Map<String, String> missing() {
		return this.missing;
	}

	/** This server and its peers; the base of the ratios comes first. */
	List<Server> all() {
		List<Server> found = new ArrayList<>();
		addSmtpSink(found);
		found.add(core("smtpd", "this server, its core alone", CLASS_PATH.core()));
		this.options.builds.forEach((name, jar) -> found
			.add(core(name, "this server, its core alone, from " + jar.getFileName(), CLASS_PATH.core().with(jar))));
		found.add(jvm("subethasmtp", "SubEthaSMTP " + version("subethasmtp") + ", offers no PIPELINING", true,
				CLASS_PATH.peers(), SubethaSink.class));
		found.add(jvm("james", "Apache James protocols-smtp and protocols-netty " + version("protocols-smtp"), true,
				CLASS_PATH.peers(), JamesSink.class));
		found.add(jvm("greenmail",
				"GreenMail " + version("greenmail")
						+ ", keeps all mail, so it is purged each second; offers no PIPELINING",
				false, CLASS_PATH.peers(), GreenMailSink.class));
		addAiosmtpd(found);
		addNode(found);
		found.removeIf((server) -> !this.options.wants(server.name()));
		this.missing.keySet().removeIf((name) -> !this.options.wants(name));
		return found;
	}

	/** What Spring Boot adds, step by step; the core alone comes first. */
	List<Server> starterVariants() {
		String observations = "--management.observations.enable.smtpd=";
		return List.of(core("core", "the core alone, no logging back end", CLASS_PATH.core()), coreWithLogback(),
				jvm("starter", "no actuator: no metrics", false, CLASS_PATH.starter(), BootSink.class),
				jvm("starter + metrics", "actuator, meters in a SimpleMeterRegistry; the observation off", false,
						CLASS_PATH.starterWithActuator(), BootSink.class, observations + "false"),
				jvm("starter + metrics + observation", "actuator as it comes", false, CLASS_PATH.starterWithActuator(),
						BootSink.class, observations + "true"));
	}

	/** Pairs of an application with the starter and one without. */
	List<Server> applications() {
		return List.of(core("core", "the core alone", CLASS_PATH.core()),
				jvm("Boot, empty", "an application with spring-boot-starter and nothing to do", false,
						CLASS_PATH.emptyBoot(), EmptyApplication.class),
				jvm("Boot + starter", "the same with smtpd-spring-boot-starter", false, CLASS_PATH.starter(),
						BootSink.class),
				jvm("Boot + actuator, empty", "an application with spring-boot-starter-actuator and nothing to do",
						false, CLASS_PATH.emptyBootWithActuator(), EmptyApplication.class),
				jvm("Boot + actuator + starter", "the same with smtpd-spring-boot-starter", false,
						CLASS_PATH.starterWithActuator(), BootSink.class));
	}

	private Server core(String name, String description, ClassPath classPath) {
		return jvm(name, description, true, classPath, CoreSink.class);
	}

	private Server coreWithLogback() {
		return jvm("core + Logback", "so MDC keys in each session, and a line of log at its end", false,
				CLASS_PATH.coreWithLogback(),
				List.of("-Dlogback.configurationFile=" + this.scripts.resolve("logback.xml")), CoreSink.class);
	}

	private Server jvm(String name, String description, boolean tls, ClassPath classPath, Class<?> main,
			String... arguments) {
		return jvm(name, description, tls, classPath, List.of(), main, arguments);
	}

	private Server jvm(String name, String description, boolean tls, ClassPath classPath, List<String> jvmOptions,
			Class<?> main, String... arguments) {
		return new Server(name, description, Runtime.JVM, tls, (port, keyStore) -> {
			List<String> command = new ArrayList<>(List.of(this.java.toString()));
			command.addAll(this.options.javaOptions);
			command.addAll(jvmOptions);
			command.addAll(List.of("-Dslf4j.internal.verbosity=ERROR", "-cp", classPath.toString(), main.getName(),
					Integer.toString(port)));
			if (keyStore != null) {
				command.add(keyStore.toString());
			}
			command.addAll(List.of(arguments));
			return command;
		});
	}

	private void addSmtpSink(List<Server> servers) {
		Path program = find("smtp-sink");
		if (program == null) {
			this.missing.put(Server.BASE, "not in PATH or /usr/sbin (Debian: package postfix)");
			return;
		}
		List<String> command = new ArrayList<>(List.of(program.toString(), "-m", "20000"));
		if ("root".equals(System.getProperty("user.name"))) {
			command.addAll(List.of("-u", "nobody"));
		}
		servers.add(new Server(Server.BASE, "Postfix's smtp-sink", Runtime.NATIVE, false,
				(port, keyStore) -> with(command, "127.0.0.1:" + port, "4096")));
	}

	private void addAiosmtpd(List<Server> servers) {
		for (String name : List.of("/usr/bin/python3", "python3")) {
			Path python = find(name);
			String version = ask(python, "-c", "import aiosmtpd; print(aiosmtpd.__version__)");
			if (version != null) {
				servers.add(script("aiosmtpd", "aiosmtpd " + version + ", offers no PIPELINING", python,
						"aiosmtpd-sink.py"));
				return;
			}
		}
		this.missing.put("aiosmtpd", "no python3 that has it (Debian: package python3-aiosmtpd)");
	}

	private void addNode(List<Server> servers) {
		Path node = find("node");
		String version = ask(node, "-p", "require('smtp-server/package.json').version");
		if (version == null) {
			this.missing.put("smtp-server", "no node that finds it (npm install smtp-server, and NODE_PATH)");
			return;
		}
		servers.add(script("smtp-server", "smtp-server " + version + " on Node", node, "node-sink.js"));
	}

	private Server script(String name, String description, @Nullable Path interpreter, String script) {
		return new Server(name, description, Runtime.NATIVE, false, (port, keyStore) -> List
			.of(String.valueOf(interpreter), this.scripts.resolve(script).toString(), Integer.toString(port)));
	}

	private static List<String> with(List<String> command, String... more) {
		return Stream.concat(command.stream(), Stream.of(more)).toList();
	}

	private static @Nullable Path find(String program) {
		return Stream.concat(Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin"))
			.map((directory) -> Path.of(directory).resolve(program))
			.filter(Files::isExecutable)
			.findFirst()
			.orElse(null);
	}

	private static @Nullable String ask(@Nullable Path program, String... arguments) {
		if (program == null) {
			return null;
		}
		try {
			return LoadGenerator.run(with(List.of(program.toString()), arguments));
		}
		catch (IOException ex) {
			return null;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return null;
		}
	}

	/** The version in a jar's name. */
	private static String version(String artifact) {
		return CLASS_PATH.entries()
			.stream()
			.map((entry) -> entry.getFileName().toString())
			.filter((name) -> name.matches(artifact + "-\\d.*\\.jar"))
			.map((name) -> name.substring(artifact.length() + 1, name.length() - ".jar".length()))
			.findFirst()
			.orElse("");
	}

}
