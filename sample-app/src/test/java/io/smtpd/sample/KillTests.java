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
import java.util.stream.IntStream;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Kills the application under load, again and again if asked to:
 *
 * <pre>{@code
 * mvn -pl sample-app -am test -Dtest=KillTests -Dsurefire.failIfNoSpecifiedTests=false -Dsample.kill.runs=50
 * }</pre>
 */
class KillTests {

	private static final int CLIENTS = 6;

	@TempDir
	Path directory;

	static IntStream runs() {
		return IntStream.rangeClosed(1, Integer.getInteger("sample.kill.runs", 1));
	}

	/**
	 * RFC 5321 §6.1: with its 250 the server has taken responsibility for the message.
	 */
	@ParameterizedTest(name = "run {0}")
	@MethodSource("runs")
	void everyMessageThatWasAnswered250LiesWholeInTheStore(int run) throws Exception {
		Map<String, String> answered = new ConcurrentHashMap<>();
		AtomicInteger left = new AtomicInteger(ThreadLocalRandom.current().nextInt(50, 200));
		List<Thread> clients = new ArrayList<>();
		try (KillableApplication application = KillableApplication.start(this.directory)) {
			for (int i = 0; i < CLIENTS; i++) {
				NumberedMailClient client = new NumberedMailClient(application.port(), "client" + i, (id, message) -> {
					answered.put(id, message);
					if (left.decrementAndGet() == 0) {
						application.kill(); // the very moment at which the reply is there
					}
				});
				clients.add(new Thread(client, "client" + i));
			}
			clients.forEach(Thread::start);
			for (Thread client : clients) {
				client.join(TimeUnit.SECONDS.toMillis(60));
			}
			assertThat(clients).noneMatch(Thread::isAlive);
		}

		assertThat(answered).hasSizeGreaterThanOrEqualTo(50);
		answered.forEach(this::assertWhole);
		assertNothingBrokenHasAFinalName();
	}

	private void assertWhole(String id, String message) {
		StoredFiles stored = new StoredFiles(this.directory, id);
		String mailData = stored.mailData();
		assertThat(mailData.endsWith(message)).as("%s.eml ends with what was sent", id).isTrue();
		assertThat(mailData).contains(" id " + id);
		JsonNode description = stored.description();
		assertThat(description.get("id").asString()).isEqualTo(id);
		assertThat(description.get("size").asLong()).isEqualTo(mailData.length());
	}

	/** What was not answered may be there or not, but never in part. */
	private void assertNothingBrokenHasAFinalName() throws IOException {
		try (var files = Files.newDirectoryStream(this.directory, "*.json")) {
			for (Path file : files) {
				String name = file.getFileName().toString();
				StoredFiles stored = new StoredFiles(this.directory, name.substring(0, name.length() - 5));
				assertThat(stored.description().get("size").asLong()).isEqualTo(stored.mailData().length());
			}
		}
	}

}
