package io.smtpd;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import javax.net.ssl.SSLSocket;

import io.smtpd.Stage.BadClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients that vanish, stall or flood: in each state of the session, as many at once as
 * there are places, and again.
 */
class LostClientTests {

	private static final Duration SHORT = Duration.ofMillis(300);

	private static final int MANY = 300;

	@TempDir
	Path directory;

	@ParameterizedTest
	@EnumSource
	void resetLeavesNothing(Stage stage) throws IOException {
		try (BadWorld world = BadWorld.open(this.directory)) {
			for (int round = 0; round < 2; round++) {
				for (BadClient client : fillWith(world, stage)) {
					client.reset();
				}
				world.expectAsBefore();
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void halfCloseLeavesNothing(Stage stage) throws IOException {
		try (BadWorld world = BadWorld.open(this.directory)) {
			List<BadClient> clients = fillWith(world, stage);
			for (BadClient client : clients) {
				client.shutdownOutput();
			}
			BadWorld.eventually().until(() -> world.server().sessions().isEmpty());
			for (BadClient client : clients) {
				client.close();
			}
			world.expectAsBefore();
			assertThat(world.testServer().messages()).as("those of the good client").hasSize(4);
		}
	}

	/** What a client leaves open is closed at its deadline, a handshake too. */
	@Test
	void silenceInAnyStateLeavesNothing() throws IOException {
		int most = Stage.values().length;
		try (BadWorld world = BadWorld.open(this.directory,
				(builder) -> builder.maxConnections(most)
					.limits(SmtpLimits.none().maxConnectionsPerAddress(most))
					.readTimeout(Duration.ofSeconds(2)))) {
			List<BadClient> clients = new ArrayList<>();
			for (Stage stage : Stage.values()) {
				clients.add(stage.reach(world));
			}
			BadWorld.eventually().until(() -> world.server().sessions().isEmpty());
			for (BadClient client : clients) {
				client.close();
			}
			world.expectAsBefore();
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void mailThatComesOneOctetAtATimeIsTaken(boolean tls) throws IOException {
		try (BadWorld world = BadWorld.open(this.directory)) {
			int before = world.testServer().messages().size();
			try (BadClient slow = tls ? Stage.HALF_A_LINE_IN_TLS.reach(world) : Stage.HALF_A_LINE.reach(world)) {
				String message = "ent.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
						+ "Subject: slow\r\n\r\n..\r\n.\r\nQUIT\r\n";
				slow.client().sendOneByOne(message.getBytes(StandardCharsets.US_ASCII));
				slow.client().expect("250").expect("250").expect("250").expect("354").expect("250").expect("221");
			}
			assertThat(world.testServer().messages().get(before).text()).isEqualTo("Subject: slow\r\n\r\n.\r\n");
			world.expectAsBefore();
		}
	}

	/** It asks and asks and reads no reply, until a write of the server's blocks. */
	@ParameterizedTest
	@EnumSource(names = { "GREETED", "HALF_A_LINE_IN_TLS" })
	void clientsThatStopReadingLeaveNothing(Stage stage) throws Exception {
		try (BadWorld world = BadWorld.open(this.directory, (builder) -> builder.writeTimeout(SHORT))) {
			List<Thread> senders = new ArrayList<>();
			List<BadClient> clients = fillWith(world, stage);
			for (BadClient client : clients) {
				Thread sender = new Thread(() -> askForEver(client.client()));
				sender.start();
				senders.add(sender);
			}
			BadWorld.eventually().until(() -> world.server().sessions().isEmpty());
			for (BadClient client : clients) {
				client.close();
			}
			for (Thread sender : senders) {
				sender.join();
			}
			world.expectAsBefore();
		}
	}

	/** RFC 8446 §6.1: no more comes, and what came is not the whole message. */
	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.2", "TLSv1.3" })
	void closeNotifyInTheMiddleOfMailDataLeavesNothingAndDeliversNothing(String version) throws IOException {
		try (BadWorld world = BadWorld.open(this.directory)) {
			int before = world.testServer().messages().size();
			List<SSLSocket> clients = new ArrayList<>();
			for (int i = 0; i < BadWorld.PLACES; i++) {
				RawClient client = world.testServer().connect().expect("STARTTLS", "220");
				SSLSocket secured = Certificates.secure(client.socket(), Certificates.client(), version);
				clients.add(secured);
				new RawClient(secured).openTransaction().expect("DATA", "354").send(Stage.HALF + ".\r");
				secured.shutdownOutput();
			}
			BadWorld.eventually().until(() -> world.server().sessions().isEmpty());
			for (SSLSocket client : clients) {
				client.close();
			}
			assertThat(world.testServer().messages()).hasSize(before);
			world.expectAsBefore();
		}
	}

	@Test
	void hundredsOfIdleSessionsHinderNobody() throws IOException {
		try (BadWorld world = BadWorld.open(this.directory,
				(builder) -> builder.maxConnections(MANY + 1).limits(SmtpLimits.none()))) {
			List<BadClient> idle = new ArrayList<>();
			for (int i = 0; i < MANY; i++) {
				idle.add(Stage.HELLO.reach(world));
			}
			assertThat(world.server().sessions()).hasSize(MANY);
			world.expectService();
			for (BadClient client : idle) {
				client.close();
			}
			world.expectAsBefore();
		}
	}

	/** Whether all places are taken, or all that one address may have. */
	@ParameterizedTest
	@ValueSource(ints = { BadWorld.PLACES, MANY })
	void floodIsTurnedAwayAndLeavesNothing(int places) throws IOException {
		try (BadWorld world = BadWorld.open(this.directory, (builder) -> builder.maxConnections(places))) {
			List<BadClient> residents = fillWith(world, Stage.HELLO);
			List<Socket> flood = new ArrayList<>();
			for (int i = 0; i < MANY; i++) {
				flood.add(RawClient.connect(world.server().localAddress()));
			}
			for (Socket socket : flood) {
				try (RawClient client = new RawClient(socket)) {
					client.expect("421 4.").expectClosed();
				}
			}
			for (BadClient resident : residents) {
				resident.client().expect("QUIT", "221");
				resident.close();
			}
			world.expectAsBefore();
		}
	}

	private static List<BadClient> fillWith(BadWorld world, Stage stage) throws IOException {
		List<BadClient> clients = new ArrayList<>();
		for (int i = 0; i < BadWorld.PLACES; i++) {
			clients.add(stage.reach(world));
		}
		return clients;
	}

	private static void askForEver(RawClient client) {
		byte[] questions = "HELP\r\n".repeat(1000).getBytes(StandardCharsets.US_ASCII);
		try {
			while (!client.socket().isClosed()) {
				client.send(questions);
			}
		}
		catch (IOException ex) {
			// cut, as it should be
		}
	}

}
