package io.smtpd;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The memory is bounded by the configuration, as the formula in the documentation of the
 * properties has it, and not by what clients send.
 */
class SmallHeapTests {

	private static final int CONNECTIONS = 100;

	private static final int THRESHOLD = 256 * 1024;

	/** What a session may hold beside mail data: see docs/properties.md, Memory. */
	private static final int SESSION = (8 + 64 + 16 + 64 + 100) * 1024;

	/** What the JVM and the server's classes need. */
	private static final int BASE = 12 * 1024 * 1024;

	private static final String LINE = "x".repeat(98) + "\r\n";

	/** Just what stays in memory. */
	private static final String ALL_OF_IT = LINE.repeat(THRESHOLD / 100);

	private static final String LONG_PATH = "<" + "r".repeat(60) + "@" + ("d".repeat(60) + ".").repeat(3) + "example>";

	@TempDir
	Path directory;

	/** With the defaults; each session holds as much as it can at the same time. */
	@Test
	void hundredClientsWithTheMostThatTheyMaySendFitASmallHeap() throws Exception {
		int megabytes = (BASE + CONNECTIONS * (THRESHOLD + SESSION)) / (1024 * 1024);
		assertThat(megabytes).isEqualTo(61);
		ExecutorService clients = Executors.newFixedThreadPool(CONNECTIONS);
		try (ChildServer server = new ChildServer("exec \"$@\"", List.of("-Xmx" + megabytes + "m"),
				this.directory.toString(), String.valueOf(THRESHOLD), String.valueOf(CONNECTIONS + 1), "1000000")) {
			for (Greed greed : Greed.values()) {
				List<Future<RawClient>> greedy = new ArrayList<>();
				for (int i = 0; i < CONNECTIONS; i++) {
					greedy.add(clients.submit(() -> greed.begin(server.connect())));
				}
				for (Future<RawClient> client : greedy) {
					client.get(60, TimeUnit.SECONDS);
				}
				sendSmallMail(server);
				if (greed == Greed.HOLDS_ALL_IT_MAY) {
					assertThat(server.ask("heap")).as("what is held now, in octets")
						.isGreaterThan(CONNECTIONS * THRESHOLD);
				}
				for (Future<RawClient> client : greedy) {
					greed.end(client.get());
				}
				BadWorld.eventually().until(() -> server.ask("sessions") == 0);
			}
			assertThat(server.ask("left")).as("sessions that something still holds").isZero();
			assertThat(server.log()).noneMatch((line) -> line.contains("OutOfMemoryError"));
		}
		finally {
			clients.shutdownNow();
		}
	}

	@Test
	void idleSessionHoldsNextToNothing() throws IOException {
		try (ChildServer server = new ChildServer("exec \"$@\"", List.of("-Xmx48m"), this.directory.toString(),
				String.valueOf(THRESHOLD), "-1", "2000000")) {
			sendSmallMail(server);
			long before = server.ask("heap");
			List<RawClient> idle = new ArrayList<>();
			for (int i = 0; i < 400; i++) {
				idle.add(server.connect().openTransaction().expect("RSET", "250"));
			}
			long each = (server.ask("heap") - before) / idle.size();
			assertThat(server.ask("left")).isEqualTo(idle.size());
			assertThat(each).as("octets of heap for each idle session").isLessThan(16 * 1024);
			for (RawClient client : idle) {
				client.close();
			}
			BadWorld.eventually().until(() -> server.ask("sessions") == 0);
			assertThat(server.ask("left")).as("sessions that something still holds").isZero();
		}
	}

	private static void sendSmallMail(ChildServer server) throws IOException {
		try (RawClient good = server.connect()) {
			good.openTransaction().expect("DATA", "354").send("Subject: small\r\n.\r\n").expect("250 2.0.0");
		}
	}

	/** What a client can do to make the server hold much. */
	enum Greed {

		/** As many recipients as it may, and all that stays in memory. */
		HOLDS_ALL_IT_MAY {
			@Override
			RawClient begin(RawClient client) throws IOException {
				client.openTransaction();
				for (int i = 1; i < 100; i++) {
					client.expect("RCPT TO:" + LONG_PATH, "250");
				}
				return client.expect("DATA", "354").send(ALL_OF_IT);
			}

			@Override
			void end(RawClient client) throws IOException {
				client.send(".\r\n").expect("250").close();
			}
		},

		/** Much more than it may. */
		OVER_SIZE {
			@Override
			RawClient begin(RawClient client) throws IOException {
				client.openTransaction().expect("DATA", "354");
				for (int i = 0; i < 6; i++) {
					client.send(ALL_OF_IT);
				}
				return client;
			}

			@Override
			void end(RawClient client) throws IOException {
				client.send(".\r\n").expect("552").close();
			}
		},

		/** A command line that does not end. */
		ENDLESS_LINE {
			@Override
			RawClient begin(RawClient client) throws IOException {
				for (int i = 0; i < 5; i++) {
					client.send("NOOP ".repeat(10_000));
				}
				return client;
			}

			@Override
			void end(RawClient client) throws IOException {
				client.send("\r\n").expect("500").close();
			}
		},

		/** A line of mail data that does not end, up to what a message may have. */
		ENDLESS_LINE_OF_DATA {
			@Override
			RawClient begin(RawClient client) throws IOException {
				return client.openTransaction().expect("DATA", "354").send("x".repeat(900_000));
			}

			@Override
			void end(RawClient client) throws IOException {
				client.send("\r\n.\r\n").expect("250").close();
			}
		},

		/** Commands without end, and no reply is ever read. */
		PIPELINES_AND_DOES_NOT_READ {
			@Override
			RawClient begin(RawClient client) throws IOException {
				return client.send("EHLO client.example.org\r\n".repeat(100));
			}

			@Override
			void end(RawClient client) throws IOException {
				client.close();
			}
		};

		abstract RawClient begin(RawClient client) throws IOException;

		abstract void end(RawClient client) throws IOException;

	}

}
