package io.smtpd.autoconfigure.event;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.smtpd.Authenticator;
import io.smtpd.ConnectionChecker;
import io.smtpd.MessageHandler;
import io.smtpd.SessionListener.Limit;
import io.smtpd.SessionListener.MessageOutcome;
import io.smtpd.SessionListener.Refusal;
import io.smtpd.SmtpException;
import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.SmtpServerLifecycle;
import io.smtpd.autoconfigure.SmtpServerStartedEvent;
import io.smtpd.autoconfigure.TestClient;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class SmtpServerEventAutoConfigurationTests {

	private static final String SECRET = "pass-phrase-9";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(SmtpServerAutoConfiguration.class, SmtpServerEventAutoConfiguration.class))
		.withUserConfiguration(Callbacks.class)
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0", "smtpd.auth.allow-without-tls=true");

	@Test
	void startIsToldOnceWithThePorts() {
		this.runner.withUserConfiguration(Recorder.class).run((context) -> {
			SmtpServerStartedEvent event = next(context, SmtpServerStartedEvent.class);
			assertThat(context.getBean(Recorder.class).events).isEmpty();
			assertThat(event.getListeners()).containsOnlyKeys("default");
			assertThat(event.getListeners().get("default").getPort())
				.isEqualTo(context.getBean(SmtpServer.class).localAddress().getPort());
		});
	}

	@Test
	void messageThatIsAcceptedTellsNothing() {
		run((context) -> {
			try (TestClient client = client(context)) {
				assertThat(client.mail("a@example.org", "b@example.org")).startsWith("250 ");
				client.send("QUIT");
			}
			assertThat(context.getBean(Recorder.class).events).isEmpty();
		});
	}

	@Test
	void failedAuthenticationIsToldWithoutWhatTheClientSent() {
		run((context) -> {
			try (TestClient client = client(context)) {
				client.reply();
				assertThat(client.send("EHLO c", "AUTH PLAIN " + plain("eve", SECRET))).startsWith("535 ");
				SmtpAuthenticationFailedEvent event = next(context, SmtpAuthenticationFailedEvent.class);
				assertThat(event.peer().heloName()).isEqualTo("c");
				assertThat(event.mechanism()).isEqualTo("PLAIN");
				assertThat(event.temporary()).isFalse();
				assertThat(event.toString()).doesNotContain(SECRET, "eve", plain("eve", SECRET));
				assertThat(client.send("AUTH PLAIN " + plain("broken", SECRET))).startsWith("454 ");
				assertThat(next(context, SmtpAuthenticationFailedEvent.class).temporary()).isTrue();
				assertThat(client.send("AUTH PLAIN " + plain("alice", SECRET))).startsWith("235 ");
				assertThat(context.getBean(Recorder.class).events).isEmpty();
			}
		});
	}

	@Test
	void messageThatIsRefusedFailsOrIsCutOffIsTold() {
		run((context) -> {
			try (TestClient client = client(context)) {
				assertThat(client.mail("a@example.org", "refused@example.org")).startsWith("554 ");
				SmtpMessageRefusedEvent refused = next(context, SmtpMessageRefusedEvent.class);
				assertThat(refused.outcome()).isEqualTo(MessageOutcome.REJECTED);
				assertThat(refused.reversePath()).isEqualTo("a@example.org");
				assertThat(refused.recipients()).containsExactly("refused@example.org");
				assertThat(refused.envelopeId()).startsWith(refused.peer().sessionId() + ".");
				assertThat(client.mailAfterGreeting("", "broken@example.org")).startsWith("451 ");
				SmtpMessageRefusedEvent failed = next(context, SmtpMessageRefusedEvent.class);
				assertThat(failed.outcome()).isEqualTo(MessageOutcome.FAILED);
				assertThat(failed.reversePath()).isEmpty();
				client.send("MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA");
				client.write("never ends");
			}
			assertThat(next(context, SmtpMessageRefusedEvent.class).outcome()).isEqualTo(MessageOutcome.ABORTED);
			assertThat(context.getBean(Recorder.class).events).isEmpty();
		});
	}

	@Test
	void connectionOverTheLimitIsToldAsALimitAndAsARefusal() {
		run(this.runner.withPropertyValues("smtpd.max-connections=1"), (context) -> {
			try (TestClient first = client(context); TestClient second = client(context)) {
				first.reply();
				assertThat(second.reply()).startsWith("421 4.3.2 ");
			}
			SmtpLimitReachedEvent limit = next(context, SmtpLimitReachedEvent.class);
			assertThat(limit.limit()).isEqualTo(Limit.MAX_CONNECTIONS);
			SmtpConnectionRefusedEvent refused = next(context, SmtpConnectionRefusedEvent.class);
			assertThat(refused.refusal()).isEqualTo(Refusal.LIMIT);
			assertThat(refused.reply().code()).isEqualTo(421);
			assertThat(refused.peer().listener()).isEqualTo("default");
			assertThat(context.getBean(Recorder.class).events).isEmpty();
		});
	}

	@Test
	void connectionThatACheckerRefusesIsTold() {
		run(this.runner.withBean(ConnectionChecker.class, () -> (peer) -> {
			throw new SmtpException(554, "5.7.1", "Not you");
		}), (context) -> {
			try (TestClient client = client(context)) {
				assertThat(client.reply()).isEqualTo("554 5.7.1 Not you");
			}
			SmtpConnectionRefusedEvent refused = next(context, SmtpConnectionRefusedEvent.class);
			assertThat(refused.refusal()).isEqualTo(Refusal.CHECKER);
			assertThat(refused.reply().toString()).isEqualTo("554 5.7.1 Not you");
		});
	}

	@Test
	void listenerThatThrowsHarmsNobody() {
		this.runner.withPropertyValues("smtpd.max-connections=1")
			.withUserConfiguration(Thrower.class)
			.run((context) -> {
				try (TestClient client = client(context)) {
					assertThat(client.mail("a@example.org", "refused@example.org")).startsWith("554 ");
					assertThat(client.send("AUTH PLAIN " + plain("eve", SECRET))).startsWith("535 ");
					try (TestClient second = client(context)) {
						assertThat(second.reply()).startsWith("421 ");
					}
					assertThat(client.mailAfterGreeting("a@example.org", "b@example.org")).startsWith("250 ");
				}
				SmtpServer server = context.getBean(SmtpServer.class);
				await().until(() -> server.sessions().isEmpty());
				assertThat(server.isAccepting("default")).isTrue();
				try (TestClient client = client(context)) {
					assertThat(client.mail("a@example.org", "b@example.org")).startsWith("250 ");
				}
			});
	}

	@Test
	void listenerMayPauseTheServerBecauseOfARefusedConnection() {
		this.runner.withPropertyValues("smtpd.max-connections=1").withUserConfiguration(Pauser.class).run((context) -> {
			SmtpServer server = context.getBean(SmtpServer.class);
			try (TestClient first = client(context); TestClient second = client(context)) {
				first.reply();
				await().until(server::isPaused);
				assertThat(second.reply()).startsWith("421 ");
				assertThat(first.send("NOOP")).startsWith("250 ");
			}
			context.getBean(SmtpServerLifecycle.class).resume();
			assertThat(server.isAccepting("default")).isTrue();
		});
	}

	/** With the event of the start already taken. */
	private void run(ContextConsumer<AssertableApplicationContext> test) {
		run(this.runner, test);
	}

	private static void run(ApplicationContextRunner runner, ContextConsumer<AssertableApplicationContext> test) {
		runner.withUserConfiguration(Recorder.class).run((context) -> {
			next(context, SmtpServerStartedEvent.class);
			test.accept(context);
		});
	}

	private static TestClient client(AssertableApplicationContext context) {
		return TestClient.connect(context.getBean(SmtpServer.class));
	}

	private static <E> E next(AssertableApplicationContext context, Class<E> type) throws InterruptedException {
		return type.cast(context.getBean(Recorder.class).events.poll(10, TimeUnit.SECONDS));
	}

	private static String plain(String user, String password) {
		return Base64.getEncoder().encodeToString(("\0" + user + "\0" + password).getBytes(StandardCharsets.UTF_8));
	}

	@Configuration(proxyBeanMethods = false)
	static class Callbacks {

		@Bean
		Authenticator authenticator() {
			return Authenticator.passwords((peer, username, password) -> {
				if (username.equals("broken")) {
					throw new IllegalStateException("no directory");
				}
				return username.equals("alice");
			});
		}

		@Bean
		MessageHandler messageHandler() {
			return (peer, envelope) -> {
				switch (envelope.recipients().get(0).forwardPath()) {
					case "refused@example.org" -> throw new SmtpException(554, "5.7.1", "No");
					case "broken@example.org" -> throw new IllegalStateException("broken");
					default -> {
					}
				}
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Recorder {

		final BlockingQueue<Object> events = new LinkedBlockingQueue<>();

		@EventListener({ SmtpServerStartedEvent.class, SmtpAuthenticationFailedEvent.class,
				SmtpMessageRefusedEvent.class, SmtpLimitReachedEvent.class, SmtpConnectionRefusedEvent.class })
		void on(Object event) {
			this.events.add(event);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Thrower {

		@EventListener({ SmtpAuthenticationFailedEvent.class, SmtpMessageRefusedEvent.class })
		void exception(Object event) {
			throw new IllegalStateException("A listener that is broken on purpose");
		}

		@EventListener({ SmtpLimitReachedEvent.class, SmtpConnectionRefusedEvent.class })
		void error(Object event) {
			throw new AssertionError("A listener that is broken on purpose");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Pauser {

		private final SmtpServer server;

		Pauser(SmtpServer server) {
			this.server = server;
		}

		@EventListener
		void on(SmtpConnectionRefusedEvent event) {
			this.server.pause();
		}

	}

}
