package io.smtpd.autoconfigure;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.smtpd.ConnectionChecker;
import io.smtpd.EsmtpExtension;
import io.smtpd.HeloChecker;
import io.smtpd.MessageHandler;
import io.smtpd.Peer;
import io.smtpd.RecipientChecker;
import io.smtpd.SenderChecker;
import io.smtpd.SessionListener;
import io.smtpd.SmtpException;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServerCustomizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.core.task.AsyncTaskExecutor;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.mail.SimpleMailMessage;
import org.springframework.mail.javamail.JavaMailSenderImpl;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class SmtpServerAutoConfigurationTests {

	private static final String NO_HANDLER = "There is no MessageHandler bean";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(SmtpServerAutoConfiguration.class))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0");

	@Test
	void whenNothingIsConfiguredServerIsStarted() {
		this.runner.run((context) -> {
			assertThat(context).hasSingleBean(SmtpServer.class).hasSingleBean(SmtpServerLifecycle.class);
			assertThat(context.getBean(SmtpServer.class).isRunning()).isTrue();
			try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
				assertThat(client.reply()).isEqualTo("220 localhost.localdomain ESMTP ready.");
			}
		});
	}

	@Test
	void whenEnabledIsFalseAutoConfigurationIsSkipped() {
		this.runner.withPropertyValues("smtpd.enabled=false", "smtpd.max-connections=0")
			.run((context) -> assertThat(context).doesNotHaveBean(SmtpServer.class)
				.doesNotHaveBean(SmtpServerLifecycle.class)
				.doesNotHaveBean(SmtpServerProperties.class));
	}

	@Test
	void whenEnabledIsTrueServerIsStarted() {
		this.runner.withPropertyValues("smtpd.enabled=true")
			.run((context) -> assertThat(context.getBean(SmtpServer.class).isRunning()).isTrue());
	}

	@Test
	void whenCoreIsNotOnTheClasspathAutoConfigurationIsSkipped() {
		this.runner.withClassLoader(new FilteredClassLoader(SmtpServer.class))
			.run((context) -> assertThat(context).doesNotHaveBean("smtpServer").doesNotHaveBean("smtpServerLifecycle"));
	}

	@Test
	void whenUserHasServerItIsStartedInsteadOfOurs() {
		this.runner.withUserConfiguration(OwnServer.class).run((context) -> {
			assertThat(context).hasSingleBean(SmtpServer.class).doesNotHaveBean(SessionExecutor.class);
			SmtpServer server = context.getBean("ownServer", SmtpServer.class);
			assertThat(server.isRunning()).isTrue();
			assertThat(context.getEnvironment().getProperty("local.smtpd.own.port", Integer.class))
				.isEqualTo(server.localAddress().getPort());
		});
	}

	@Test
	void whenUserHasLifecycleOursBacksOff() {
		this.runner
			.withBean("ownLifecycle", SmtpServerLifecycle.class, () -> new OwnLifecycle(SmtpServer.builder().build()))
			.run((context) -> {
				assertThat(context).hasSingleBean(SmtpServerLifecycle.class);
				assertThat(context.getBean("smtpServer", SmtpServer.class).isRunning()).isFalse();
			});
	}

	@Test
	void whenThereIsNoMessageHandlerStartWarnsOnceAndMailIsDiscarded(CapturedOutput output) {
		this.runner.run((context) -> {
			assertThat(output.getOut()).containsOnlyOnce(NO_HANDLER);
			try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
				assertThat(client.mail("a@example.org", "b@example.org")).startsWith("250 2.0.0 ");
			}
		});
	}

	@Test
	void whenThereIsMessageHandlerStartDoesNotWarn(CapturedOutput output) {
		this.runner.withBean(MessageHandler.class, () -> (peer, envelope) -> {
		}).run((context) -> assertThat(output.getOut()).doesNotContain(NO_HANDLER));
	}

	@Test
	void mailOfJavaMailSenderReachesTheHandler() {
		this.runner.withUserConfiguration(Inbox.class).run((context) -> {
			JavaMailSenderImpl sender = new JavaMailSenderImpl();
			sender.setHost("127.0.0.1");
			sender.setPort(context.getEnvironment().getRequiredProperty("local.smtpd.port", Integer.class));
			SimpleMailMessage message = new SimpleMailMessage();
			message.setFrom("alice@example.org");
			message.setTo("bob@example.org", "carol@example.org");
			message.setSubject("Greetings");
			message.setText("Hello there");
			sender.send(message);
			Received received = context.getBean(Inbox.class).messages.poll(10, TimeUnit.SECONDS);
			assertThat(received.sender()).isEqualTo("alice@example.org");
			assertThat(received.recipients()).containsExactly("bob@example.org", "carol@example.org");
			assertThat(received.text()).startsWith("Received: from ")
				.contains("\r\nSubject: Greetings\r\n")
				.endsWith("\r\n\r\nHello there\r\n");
		});
	}

	@Test
	void callbacksOfEachKindAreAskedInTheirOrder() {
		this.runner.withUserConfiguration(TwoOfEach.class).run((context) -> {
			try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
				client.mail("a@example.org", "b@example.org");
			}
			assertThat(context.getBean(TwoOfEach.class).calls).containsExactly("connection 1", "connection 2", "helo 1",
					"helo 2", "sender 1", "sender 2", "recipient 1", "recipient 2", "decorator 1", "decorator 2",
					"handler 1", "handler 2");
		});
	}

	@Test
	void firstRefusalInOrderWins() {
		this.runner.withUserConfiguration(TwoRefusals.class).run((context) -> {
			try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
				client.reply();
				client.send("EHLO client.example.org", "MAIL FROM:<a@example.org>");
				assertThat(client.send("RCPT TO:<b@example.org>")).isEqualTo("550 5.1.1 first");
				assertThat(client.send("RCPT TO:<c@example.org>")).isEqualTo("550 5.1.1 first");
			}
		});
	}

	@Test
	void beanThatIsNoAutowireCandidateIsLeftOut() {
		this.runner.withUserConfiguration(NotACandidate.class).run((context) -> {
			try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
				assertThat(client.reply()).startsWith("220 ");
			}
		});
	}

	@Test
	void extensionAndSessionListenerBeansAreUsed() {
		List<String> events = new CopyOnWriteArrayList<>();
		this.runner.withBean("first", SessionListener.class, () -> new Recording(events, "first"))
			.withBean("second", SessionListener.class, () -> new Recording(events, "second"))
			.withBean(EsmtpExtension.class, () -> (peer) -> "XEXAMPLE")
			.run((context) -> {
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					client.reply();
					assertThat(client.send("EHLO client.example.org")).isEqualTo("250 XEXAMPLE");
				}
				assertThat(events).containsExactly("first", "second");
			});
	}

	@Test
	void customizersHaveTheLastWordInTheirOrder() {
		this.runner.withPropertyValues("smtpd.welcome-message=from properties")
			.withUserConfiguration(TwoCustomizers.class)
			.run((context) -> {
				SmtpServer server = context.getBean(SmtpServer.class);
				assertThat(server.maxConnections()).isEqualTo(7);
				try (TestClient client = TestClient.connect(server)) {
					assertThat(client.reply()).isEqualTo("220 the last");
				}
			});
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_21)
	void whenNothingIsSaidTheFirstSessionsRunOnPlatformThreads() {
		assertVirtual(false);
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_21)
	void whenVirtualThreadsAreAskedForAllSessionsRunOnThem() {
		assertVirtual(true, "smtpd.virtual-threads=true");
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_21)
	void whenSpringTurnsVirtualThreadsOnSessionsRunOnThem() {
		assertVirtual(true, "spring.threads.virtual.enabled=true");
	}

	@Test
	void whenSpringTurnsVirtualThreadsOffSessionsRunOnPlatformThreads() {
		assertVirtual(false, "spring.threads.virtual.enabled=false");
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_21)
	void ownPropertyForVirtualThreadsGoesBeforeSprings() {
		assertVirtual(true, "spring.threads.virtual.enabled=false", "smtpd.virtual-threads=true");
	}

	@Test
	void whenVirtualThreadsAreOffSessionsRunOnPlatformThreads() {
		assertVirtual(false, "spring.threads.virtual.enabled=true", "smtpd.virtual-threads=false");
	}

	@Test
	@EnabledForJreRange(max = JRE.JAVA_20)
	void whenVirtualThreadsAreOnButUnknownToTheJvmSessionsRunOnPlatformThreads() {
		assertVirtual(false, "smtpd.virtual-threads=true");
	}

	private void assertVirtual(boolean virtual, String... properties) {
		this.runner.withPropertyValues(properties).withUserConfiguration(ThreadInspector.class).run((context) -> {
			try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
				client.reply();
			}
			Thread thread = context.getBean(ThreadInspector.class).threads.poll(10, TimeUnit.SECONDS);
			assertThat(thread.getName()).startsWith("smtpd-session-");
			// before Java 21 there is no Thread.isVirtual
			assertThat(thread.getClass().getSimpleName().equals("VirtualThread")).isEqualTo(virtual);
		});
	}

	@Test
	void whenUserHasSessionExecutorSessionsRunOnIt() {
		this.runner.withPropertyValues("smtpd.virtual-threads=false")
			.withUserConfiguration(ThreadInspector.class)
			.withBean("smtpdSessionExecutor", Executor.class, () -> new SimpleAsyncTaskExecutor("mine-"))
			.withBean("otherExecutor", Executor.class, () -> new SimpleAsyncTaskExecutor("other-"))
			.run((context) -> {
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					client.reply();
				}
				assertThat(context.getBean(ThreadInspector.class).threads.poll(10, TimeUnit.SECONDS).getName())
					.startsWith("mine-");
			});
	}

	@Test
	void executorsOfTheApplicationAreNotUsedAndNotReplaced() {
		this.runner.withPropertyValues("smtpd.virtual-threads=false")
			.withConfiguration(AutoConfigurations.of(TaskExecutionAutoConfiguration.class))
			.withUserConfiguration(ThreadInspector.class)
			.run((context) -> {
				assertThat(context).hasSingleBean(AsyncTaskExecutor.class).hasBean("applicationTaskExecutor");
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					client.reply();
				}
				assertThat(context.getBean(ThreadInspector.class).threads.poll(10, TimeUnit.SECONDS).getName())
					.startsWith("smtpd-session-");
			});
	}

	record Received(String sender, List<String> recipients, String text) {

	}

	@Configuration(proxyBeanMethods = false)
	static class Inbox {

		final BlockingQueue<Received> messages = new LinkedBlockingQueue<>();

		@Bean
		MessageHandler inbox() {
			return (peer,
					envelope) -> this.messages.add(new Received(envelope.reversePath(),
							envelope.recipients().stream().map((recipient) -> recipient.forwardPath()).toList(),
							new String(envelope.mailData().readAllBytes(), StandardCharsets.UTF_8)));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnServer {

		@Bean
		SmtpServer ownServer() {
			return SmtpServer.builder().listener(SmtpServer.Listener.of(0).named("own")).build();
		}

	}

	static class OwnLifecycle extends SmtpServerLifecycle {

		OwnLifecycle(SmtpServer server) {
			super(server, Duration.ZERO);
		}

		@Override
		public boolean isAutoStartup() {
			return false;
		}

	}

	/** Declared the wrong way round, so that only the order can put them right. */
	@Configuration(proxyBeanMethods = false)
	static class TwoOfEach {

		final List<String> calls = new CopyOnWriteArrayList<>();

		@Bean
		@Order(2)
		ConnectionChecker secondConnectionChecker() {
			return (peer) -> this.calls.add("connection 2");
		}

		@Bean
		@Order(1)
		ConnectionChecker firstConnectionChecker() {
			return (peer) -> this.calls.add("connection 1");
		}

		@Bean
		@Order(2)
		HeloChecker secondHeloChecker() {
			return (peer, name) -> this.calls.add("helo 2");
		}

		@Bean
		@Order(1)
		HeloChecker firstHeloChecker() {
			return (peer, name) -> this.calls.add("helo 1");
		}

		@Bean
		@Order(2)
		SenderChecker secondSenderChecker() {
			return (peer, from) -> this.calls.add("sender 2");
		}

		@Bean
		@Order(1)
		SenderChecker firstSenderChecker() {
			return (peer, from) -> this.calls.add("sender 1");
		}

		@Bean
		@Order(2)
		RecipientChecker secondRecipientChecker() {
			return (peer, from, to) -> this.calls.add("recipient 2");
		}

		@Bean
		@Order(1)
		RecipientChecker firstRecipientChecker() {
			return (peer, from, to) -> this.calls.add("recipient 1");
		}

		@Bean
		@Order(2)
		MessageHandler secondMessageHandler() {
			return (peer, envelope) -> this.calls.add("handler 2");
		}

		@Bean
		@Order(1)
		MessageHandler firstMessageHandler() {
			return (peer, envelope) -> this.calls.add("handler 1");
		}

		@Bean
		@Order(2)
		MessageHandlerDecorator secondDecorator() {
			return (handlers) -> (peer, envelope) -> {
				this.calls.add("decorator 2");
				handlers.handle(peer, envelope);
			};
		}

		@Bean
		@Order(1)
		MessageHandlerDecorator firstDecorator() {
			return (handlers) -> (peer, envelope) -> {
				this.calls.add("decorator 1");
				handlers.handle(peer, envelope);
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoRefusals {

		@Bean
		@Order(2)
		RecipientChecker second() {
			return (peer, from, to) -> {
				throw new SmtpException(550, "5.1.1", "second");
			};
		}

		@Bean
		@Order(1)
		RecipientChecker first() {
			return (peer, from, to) -> {
				throw new SmtpException(550, "5.1.1", "first");
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class NotACandidate {

		@Bean(autowireCandidate = false)
		ConnectionChecker refusing() {
			return (peer) -> {
				throw new SmtpException(554, "5.7.1", "No");
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoCustomizers {

		@Bean
		@Order(2)
		SmtpServerCustomizer last() {
			return (builder) -> builder.welcomeMessage("the last");
		}

		@Bean
		@Order(1)
		SmtpServerCustomizer first() {
			return (builder) -> builder.welcomeMessage("the first").maxConnections(7);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ThreadInspector {

		final BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();

		@Bean
		ConnectionChecker inspector() {
			return (peer) -> this.threads.add(Thread.currentThread());
		}

	}

	record Recording(List<String> events, String name) implements SessionListener {

		@Override
		public void connected(Peer peer) {
			this.events.add(this.name);
		}

	}

}
