package io.smtpd;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

import io.smtpd.SmtpServer.Listener;
import io.smtpd.SmtpServer.Phase;
import io.smtpd.SmtpServer.SessionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/** A server's life, and the connections it has. */
class SmtpServerTests {

	@Test
	void givenServerSocketIsUsed() throws IOException {
		ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
		try (SmtpServer server = SmtpServer.builder().listener(Listener.of(socket)).build().start();
				RawClient client = new RawClient((InetSocketAddress) socket.getLocalSocketAddress())) {
			client.expect("220 localhost.localdomain ESMTP ready.");
			assertThat(server.localAddress()).isEqualTo(socket.getLocalSocketAddress());
			server.close();
			assertThat(socket.isClosed()).isTrue();
			assertThatExceptionOfType(SmtpBindException.class).as("start on a socket that is closed")
				.isThrownBy(server::start);
			assertThat(server.isRunning()).isFalse();
		}
	}

	@Test
	void severalListenersHaveNamesAndPorts() throws IOException {
		List<Peer> peers = new CopyOnWriteArrayList<>();
		try (SmtpServer server = SmtpServer.builder()
			.listener(Listener.of(TestServer.loopback()))
			.listener(Listener.of(TestServer.loopback()).named("second"))
			.connectionChecker(peers::add)
			.build()
			.start()) {
			assertThat(server.listeners()).containsExactly("default", "second");
			assertThat(server.localAddress()).isEqualTo(server.localAddress("default"))
				.isNotEqualTo(server.localAddress("second"));
			for (String name : server.listeners()) {
				try (RawClient client = new RawClient(server.localAddress(name))) {
					client.expect("220");
					assertThat(server.isAccepting(name)).isTrue();
					assertThat(server.activeConnections(name)).isOne();
				}
			}
			assertThat(peers).extracting(Peer::listener).containsExactly("default", "second");
			assertThatIllegalArgumentException().isThrownBy(() -> server.localAddress("third"))
				.withMessageContaining("third")
				.withMessageContaining("second");
		}
	}

	@Test
	void portInUseIsToldAndNothingIsLeftBound() throws IOException {
		try (ServerSocket other = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
			ServerSocket first = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
			InetSocketAddress taken = (InetSocketAddress) other.getLocalSocketAddress();
			SmtpServer server = SmtpServer.builder()
				.listener(Listener.of(first).named("fine"))
				.listener(Listener.of(taken).named("taken"))
				.build();
			assertThatExceptionOfType(SmtpBindException.class).isThrownBy(server::start)
				.withMessageContaining("taken")
				.withMessageContaining(Integer.toString(taken.getPort()))
				.satisfies((ex) -> {
					assertThat(ex.listener()).isEqualTo("taken");
					assertThat(ex.address()).isEqualTo(taken);
				});
			assertThat(server.isRunning()).isFalse();
			assertThat(first.isClosed()).isTrue();
			server.close();
		}
	}

	@Test
	void closeMayBeCalledAtAnyTimeAndAgain() throws IOException {
		SmtpServer server = SmtpServer.builder().listener(Listener.of(TestServer.loopback())).build();
		server.close();
		server.start();
		assertThat(server.start()).as("start on a running server").isSameAs(server);
		InetSocketAddress address = server.localAddress();
		server.close();
		server.close();
		assertThat(server.stop(Duration.ZERO)).isTrue();
		assertThat(server.isRunning()).isFalse();
		assertThat(server.isAccepting("default")).isFalse();
		assertThatIllegalStateException().isThrownBy(server::localAddress);
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> new RawClient(address));
	}

	@Test
	void serverCanBeStartedAgain() throws IOException {
		try (TestServer server = TestServer.start()) {
			for (int i = 1; i <= 3; i++) {
				try (RawClient client = server.connect()) {
					client.openTransaction().expect("DATA", "354").send(".\r\n").expect("250").expect("QUIT", "221");
				}
				assertThat(server.messages()).hasSize(i);
				assertThat(server.server().stop(Duration.ofSeconds(10))).isTrue();
				assertThat(server.server().start().isRunning()).isTrue();
			}
		}
	}

	@Test
	void sessionsTellWhatTheyDo() throws Exception {
		CountDownLatch handling = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		try (TestServer server = TestServer.start((builder) -> builder.messageHandler((peer, envelope) -> {
			handling.countDown();
			goOn.await();
		})); RawClient client = server.connect()) {
			await().until(() -> only(server).phase() == Phase.IDLE);
			assertThat(only(server).peer().heloName()).isNull();
			client.openTransaction();
			assertThat(only(server).phase()).isEqualTo(Phase.TRANSACTION);
			assertThat(only(server).peer().heloName()).isEqualTo("client.example.org");
			client.expect("DATA", "354");
			assertThat(only(server).phase()).isEqualTo(Phase.DATA);
			client.send(".\r\n");
			handling.await();
			assertThat(only(server).phase()).isEqualTo(Phase.HANDLING);
			assertThat(only(server).messages()).isZero();
			goOn.countDown();
			String queued = client.reply();
			assertThat(queued).contains("queued as " + only(server).peer().sessionId() + ".");
			assertThat(only(server).phase()).isEqualTo(Phase.IDLE);
			assertThat(only(server).messages()).isOne();
			client.expect("QUIT", "221").expectClosed();
			await().until(() -> server.server().sessions().isEmpty());
		}
	}

	@Test
	void sessionCanBeClosedByItsId() throws IOException {
		try (TestServer server = TestServer.start();
				RawClient client = server.connect();
				RawClient other = server.connect()) {
			client.openTransaction();
			String id = server.server()
				.sessions()
				.stream()
				.filter((session) -> session.peer().heloName() != null)
				.findFirst()
				.orElseThrow()
				.peer()
				.sessionId();
			assertThat(server.server().closeSession("no such session")).isFalse();
			assertThat(server.server().closeSession(id)).isTrue();
			client.expect("421 4.3.2").expectClosed();
			await().until(() -> server.server().sessions().size() == 1);
			assertThat(server.server().closeSession(id)).isFalse();
			other.expect("NOOP", "250");
		}
	}

	@Test
	void clientOverTheLimitIsToldSoAndThePlaceIsFreeAgain() throws IOException {
		try (TestServer server = TestServer.start((builder) -> builder.maxConnections(2));
				RawClient first = server.connect();
				RawClient second = server.connect()) {
			try (RawClient third = new RawClient(server.address())) {
				third.expect("421 4.3.2 Too busy").expectClosed();
			}
			first.expect("QUIT", "221").expectClosed();
			await().until(() -> server.server().sessions().size() == 1);
			try (RawClient fourth = server.connect()) {
				fourth.expect("NOOP", "250");
				second.expect("NOOP", "250");
			}
		}
	}

	@Test
	void refusedClientsDoNotKeepPlaces() throws IOException {
		try (TestServer server = TestServer.start((builder) -> builder.maxConnections(1).connectionChecker((peer) -> {
			throw new SmtpException(554, "5.7.1", "no");
		}))) {
			for (int i = 0; i < 5; i++) {
				try (RawClient client = new RawClient(server.address())) {
					client.expect("554 5.7.1 no").expectClosed();
				}
				await().until(() -> server.server().sessions().isEmpty());
			}
		}
	}

	@Test
	void executorThatRejectsIsAsATooBusyServer() throws IOException {
		try (TestServer server = TestServer.start((builder) -> builder.executor((task) -> {
			throw new RejectedExecutionException("full");
		})); RawClient client = new RawClient(server.address())) {
			client.expect("421 4.3.2").expectClosed();
			await().until(() -> server.server().sessions().isEmpty());
		}
	}

	/** An executor is the user's: it may be broken, but must not cost a place. */
	@Test
	void executorThatFailsKeepsNoPlace() throws IOException {
		try (TestServer server = TestServer.start((builder) -> builder.maxConnections(1).executor((task) -> {
			throw new IllegalStateException("broken");
		}))) {
			for (int i = 0; i < 3; i++) {
				try (RawClient client = new RawClient(server.address())) {
					client.expect("421 4.3.2").expectClosed();
				}
				await().until(() -> server.server().sessions().isEmpty());
			}
		}
	}

	@Test
	void sessionsRunOnTheGivenExecutor() throws IOException {
		List<String> threads = new CopyOnWriteArrayList<>();
		ExecutorService executor = Executors.newSingleThreadExecutor((task) -> new Thread(task, "mine"));
		try (TestServer server = TestServer.start((builder) -> builder.executor(executor)
			.senderChecker((peer, path) -> threads.add(Thread.currentThread().getName())));
				RawClient client = server.connect()) {
			client.openTransaction();
			assertThat(threads).containsExactly("mine");
		}
		finally {
			executor.shutdown();
		}
	}

	@Test
	void optionThatCannotWorkIsNamed() {
		assertThatIllegalArgumentException().isThrownBy(() -> SmtpServer.builder().hostname("not a name").build())
			.withMessageContaining("hostname")
			.withMessageContaining("not a name");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> SmtpServer.builder().listener(Listener.of(0)).listener(Listener.of(0)).build())
			.withMessageContaining("default");
	}

	static List<Consumer<SmtpServer.Builder>> badOptions() {
		return List.of((builder) -> builder.readTimeout(Duration.ZERO),
				(builder) -> builder.writeTimeout(Duration.ofMillis(-1)),
				(builder) -> builder.dataTimeout(Duration.ZERO), (builder) -> builder.maxConnections(0),
				(builder) -> builder.maxConnections(-2), (builder) -> builder.maxMessageSize(0),
				(builder) -> builder.maxMessageSize(-2), (builder) -> builder.maxRecipients(0),
				(builder) -> builder.spoolMemoryThreshold(-1));
	}

	@ParameterizedTest
	@MethodSource("badOptions")
	void badOptionStopsTheBuild(Consumer<SmtpServer.Builder> option) {
		SmtpServer.Builder builder = SmtpServer.builder();
		option.accept(builder);
		assertThatIllegalArgumentException().isThrownBy(builder::build)
			.withMessageMatching("[a-zA-Z]+ is .+ but must be .+");
	}

	private static SessionInfo only(TestServer server) {
		assertThat(server.server().sessions()).hasSize(1);
		return server.server().sessions().get(0);
	}

}
