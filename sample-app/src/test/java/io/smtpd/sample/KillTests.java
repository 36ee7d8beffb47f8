package io.smtpd.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Ends the application under load, in each way in turn, again and again if asked to:
 *
 * <pre>{@code
 * mvn -pl sample-app -am test -Dtest=KillTests -Dsurefire.failIfNoSpecifiedTests=false -Dsample.kill.runs=24
 * }</pre>
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "has no SIGTERM")
class KillTests {

	private static final int CLIENTS = 6;

	private static final String SHORT_PHASE = "--spring.lifecycle.timeout-per-shutdown-phase=2s";

	private final Map<String, String> answered = new ConcurrentHashMap<>();

	private final AtomicInteger refused = new AtomicInteger();

	@TempDir
	Path directory;

	static Stream<Arguments> runs() {
		return IntStream.rangeClosed(1, Integer.getInteger("sample.kill.runs", 2))
			.mapToObj((run) -> Arguments.of(run, End.values()[(run - 1) % End.values().length]));
	}

	/**
	 * RFC 5321 §6.1: with its 250 the server has taken responsibility for the message.
	 */
	@ParameterizedTest(name = "run {0}: {1}")
	@MethodSource("runs")
	void everyMessageThatWasAnswered250LiesWholeInTheStore(int run, End end) throws Exception {
		switch (end) {
			case KILL -> underLoad(KillableApplication.start(this.directory), KillableApplication::kill);
			case TERMINATE ->
				underLoad(KillableApplication.start(this.directory, SHORT_PHASE), KillableApplication::terminate);
			case SLOW_HANDLER ->
				underLoad(KillableApplication.start(this.directory, SHORT_PHASE, "--" + SlowHandler.PROPERTY + "=true"),
						((run / End.values().length) % 2 == 0) ? KillableApplication::terminate
								: KillableApplication::kill);
			case FULL_DISK -> fillDiskUnderLoad();
		}
	}

	private void underLoad(KillableApplication started, Consumer<KillableApplication> end) throws Exception {
		try (KillableApplication application = started) {
			AtomicInteger left = new AtomicInteger(ThreadLocalRandom.current().nextInt(50, 200));
			send(application, () -> {
				if (left.decrementAndGet() == 0) {
					end.accept(application); // the very moment at which the reply is
												// there
				}
			}, () -> {
			});
			assertThat(application.process().waitFor(20, TimeUnit.SECONDS)).isTrue();
			assertThat(this.answered).hasSizeGreaterThanOrEqualTo(50);
			assertStored(this.directory);
		}
	}

	/** It fills, has room again, fills again, and then the application is killed. */
	private void fillDiskUnderLoad() throws Exception {
		assumeTrue(SmallDisk.available(this.directory), "no file system can be mounted here");
		SmallDisk disk = new SmallDisk(this.directory);
		Path store = this.directory.resolve("mail");
		try (KillableApplication application = KillableApplication.start(disk.launcher(), store,
				"--smtpd.spool.directory=" + this.directory.resolve("spool"))) {
			Path seen = disk.seenBy(application.process());
			send(application, () -> {
			}, () -> {
				await().until(() -> this.answered.size() >= 30);
				Path ballast = SmallDisk.fill(seen);
				await().until(() -> this.refused.get() >= 30);
				Files.delete(ballast);
				int before = this.answered.size();
				await().until(() -> this.answered.size() >= before + 30);
				SmallDisk.fill(seen);
				int refusedBefore = this.refused.get();
				await().until(() -> this.refused.get() >= refusedBefore + 10);
				application.kill();
			});
			assertStored(seen.resolve("mail"));
		}
	}

	/** Lets all clients send, and does something meanwhile. */
	private void send(KillableApplication application, Runnable afterEach, ThrowingRunnable meanwhile)
			throws Exception {
		List<Thread> clients = new ArrayList<>();
		for (int i = 0; i < CLIENTS; i++) {
			clients.add(new Thread(new NumberedMailClient(application.port(), "client" + i, (id, message) -> {
				assertThat(this.answered.put(id, message)).as("a message of the same id").isNull();
				afterEach.run();
			}, (reply) -> this.refused.incrementAndGet())));
		}
		clients.forEach(Thread::start);
		meanwhile.run();
		for (Thread client : clients) {
			client.join(TimeUnit.SECONDS.toMillis(60));
		}
		assertThat(clients).noneMatch(Thread::isAlive);
	}

	private void assertStored(Path store) throws IOException {
		this.answered.forEach((id, message) -> assertWhole(new StoredFiles(store, id), message));
		assertNothingBrokenOrTwice(store);
	}

	private static void assertWhole(StoredFiles stored, String message) {
		String mailData = stored.mailData();
		assertThat(mailData.endsWith(message)).as("%s.eml ends with what was sent", stored.id()).isTrue();
		assertThat(mailData).contains(" id " + stored.id());
		JsonNode description = stored.description();
		assertThat(description.get("id").asString()).isEqualTo(stored.id());
		assertThat(description.get("size").asLong()).isEqualTo(mailData.length());
	}

	/**
	 * What was not answered may be there or not, but never in part; and what was refused
	 * is not there at all, since each message was sent once.
	 */
	private void assertNothingBrokenOrTwice(Path store) throws IOException {
		List<String> subjects = new ArrayList<>();
		try (var files = Files.newDirectoryStream(store, "*.json")) {
			for (Path file : files) {
				String name = file.getFileName().toString();
				StoredFiles stored = new StoredFiles(store, name.substring(0, name.length() - 5));
				String mailData = stored.mailData();
				assertThat(stored.description().get("size").asLong()).isEqualTo(mailData.length());
				subjects.add(mailData.lines().filter((line) -> line.startsWith("Subject: ")).findFirst().orElseThrow());
			}
		}
		assertThat(subjects).doesNotHaveDuplicates()
			.hasSizeBetween(this.answered.size(), this.answered.size() + CLIENTS);
	}

	/** How the application ends. */
	enum End {

		/** As {@code kill -9} does. */
		KILL,

		/** The disk is full, for store and spool. */
		FULL_DISK,

		/** As {@code kill} does, without much time. */
		TERMINATE,

		/** Some messages take longer than a stop waits, or are killed in the middle. */
		SLOW_HANDLER

	}

	/** What may fail. */
	@FunctionalInterface
	private interface ThrowingRunnable {

		void run() throws Exception;

	}

}
