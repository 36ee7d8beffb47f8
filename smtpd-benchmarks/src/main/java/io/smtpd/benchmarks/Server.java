package io.smtpd.benchmarks;

import java.nio.file.Path;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A program to be measured: one process in the foreground that accepts every message and
 * throws it away.
 *
 * @param name the name in tables
 * @param description what it is, with its version
 * @param runtime what it runs on; a JVM is asked to collect its garbage before its memory
 * is looked at
 * @param tls whether it can do STARTTLS
 * @param command makes the command that starts it
 */
record Server(String name, String description, Runtime runtime, boolean tls, Command command) {

	/** The base of all ratios. */
	static final String BASE = "smtp-sink";

	/** What a server runs on. */
	enum Runtime {

		/** A JVM of the JDK that was chosen. */
		JVM,

		/** Anything else. */
		NATIVE

	}

	/** Makes the command that starts a server. */
	@FunctionalInterface
	interface Command {

		/**
		 * Makes the command.
		 * @param port on 127.0.0.1
		 * @param keyStore with the certificate for STARTTLS, or null for none
		 */
		List<String> of(int port, @Nullable Path keyStore);

	}

}
