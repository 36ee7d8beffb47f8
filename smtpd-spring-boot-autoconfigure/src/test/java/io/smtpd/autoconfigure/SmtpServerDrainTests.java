package io.smtpd.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.smtpd.MessageHandler;
import io.smtpd.Peer;
import io.smtpd.SessionListener;
import io.smtpd.SmtpServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/** The order in which an application with a mail server goes down. */
class SmtpServerDrainTests {

	@TempDir
	Path spool;

	@Test
	void readinessGoesFirstThenListenersAndIdleSessionsThenTransactionsAndBeansLast() throws Exception {
		ConfigurableApplicationContext context = start("30s");
		Diary diary = context.getBean(Diary.class);
		SmtpServer server = context.getBean(SmtpServer.class);
		int port = server.localAddress().getPort();
		try (TestClient idle = TestClient.connect(port); TestClient busy = TestClient.connect(port)) {
			idle.reply();
			idle.send("EHLO idle.example.org");
			busy.begin("a@example.org", "b@example.org").send("DATA");
			busy.write("0123456789".repeat(7) + "\r\n");
			await().until(() -> spooled() > 0);
			CompletableFuture<Void> closed = CompletableFuture.runAsync(context::close);
			assertThat(idle.reply()).startsWith("421 4.3.2 ");
			await().until(() -> diary.lines.contains("session of idle.example.org ended: SHUTDOWN"));
			assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> TestClient.connect(port));
			assertThat(closed).isNotDone();
			assertThat(busy.send(".")).startsWith("250 2.0.0 ");
			assertThat(busy.reply()).startsWith("421 4.3.2 ");
			closed.get(20, TimeUnit.SECONDS);
		}
		assertThat(diary.lines).containsExactly("REFUSING_TRAFFIC, listener open",
				"session of idle.example.org ended: SHUTDOWN", "message handled, database open",
				"session of client.example.org ended: SHUTDOWN", "database closed");
		assertThat(this.spool).isEmptyDirectory();
	}

	@Test
	void transactionThatOutlastsThePhaseIsAnswered421AndLeavesNothingInTheSpool() throws Exception {
		ConfigurableApplicationContext context = start("2s");
		Diary diary = context.getBean(Diary.class);
		try (TestClient busy = TestClient.connect(context.getBean(SmtpServer.class))) {
			busy.begin("a@example.org", "b@example.org").send("DATA");
			busy.write("0123456789".repeat(7) + "\r\n");
			await().until(() -> spooled() > 0);
			long began = System.nanoTime();
			CompletableFuture<Void> closed = CompletableFuture.runAsync(context::close);
			assertThat(busy.reply()).startsWith("421 4.3.2 ");
			assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(900));
			closed.get(20, TimeUnit.SECONDS);
		}
		assertThat(diary.lines).containsExactly("REFUSING_TRAFFIC, listener open",
				"session of client.example.org ended: SHUTDOWN", "database closed");
		assertThat(this.spool).isEmptyDirectory();
	}

	private long spooled() throws IOException {
		try (Stream<Path> files = Files.walk(this.spool)) {
			return files.filter(Files::isRegularFile).filter((file) -> file.toFile().length() > 0).count();
		}
	}

	private ConfigurableApplicationContext start(String phase) {
		ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class).run("--smtpd.port=0",
				"--smtpd.address=127.0.0.1", "--server.port=0", "--server.address=127.0.0.1",
				"--spring.main.banner-mode=off", "--smtpd.spool.directory=" + this.spool,
				"--smtpd.spool.memory-threshold=16B", "--spring.lifecycle.timeout-per-shutdown-phase=" + phase);
		context.getBean(Diary.class).lines.clear();
		return context;
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		Diary diary() {
			return new Diary();
		}

		@Bean
		Database database(Diary diary) {
			return new Database(diary);
		}

		@Bean
		MessageHandler messageHandler(Database database, Diary diary) {
			return (peer, envelope) -> diary.lines
				.add("message handled, database " + (database.open ? "open" : "closed"));
		}

		@Bean
		SessionListener sessionListener(Diary diary) {
			return new SessionListener() {
				@Override
				public void disconnected(Peer peer, SessionOutcome outcome, Duration elapsed,
						@Nullable Throwable cause) {
					diary.lines.add("session of " + peer.heloName() + " ended: " + outcome);
				}
			};
		}

		@Bean
		Readiness readiness(Diary diary, SmtpServer server) {
			return new Readiness(diary, server);
		}

	}

	static class Diary {

		final List<String> lines = new CopyOnWriteArrayList<>();

	}

	record Readiness(Diary diary, SmtpServer server) {

		/** Spring Boot's web server tells the same once more. */
		@EventListener
		void on(AvailabilityChangeEvent<ReadinessState> event) {
			String line = event.getState() + ", listener " + (this.server.isAccepting("default") ? "open" : "closed");
			if (!this.diary.lines.contains(line)) {
				this.diary.lines.add(line);
			}
		}

	}

	static class Database implements AutoCloseable {

		private final Diary diary;

		volatile boolean open = true;

		Database(Diary diary) {
			this.diary = diary;
		}

		@Override
		public void close() {
			this.open = false;
			this.diary.lines.add("database closed");
		}

	}

}
