package io.smtpd.benchmarks;

import java.time.Duration;
import java.util.Locale;

/** Tells whoever waits what goes on. */
final class Progress {

	private static final long STARTED_AT = System.nanoTime();

	private Progress() {
	}

	@SuppressWarnings("AnnotateFormatMethod")
	static void say(String format, Object... arguments) {
		Duration elapsed = Duration.ofNanos(System.nanoTime() - STARTED_AT);
		System.err.printf("[%2d:%02d] %s%n", elapsed.toMinutes(), elapsed.toSecondsPart(),
				String.format(Locale.ROOT, format, arguments));
	}

}
