package io.smtpd.autoconfigure;

import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.smtpd.MessageHandler;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServer.Listener;
import io.smtpd.SmtpServer.Phase;
import io.smtpd.SmtpServerCustomizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

class SmtpServerLifecycleTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LifecycleAutoConfiguration.class, SmtpServerAutoConfiguration.class))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0");

	@Test
	void portsArePublishedInTheEnvironment() {
		this.runner
			.withBean(SmtpServerCustomizer.class,
					() -> (builder) -> builder.listener(
							Listener.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).named("other")))
			.run((context) -> {
				SmtpServer server = context.getBean(SmtpServer.class);
				Environment environment = context.getEnvironment();
				int port = server.localAddress("default").getPort();
				assertThat(environment.getProperty("local.smtpd.port", Integer.class)).isEqualTo(port);
				assertThat(environment.getProperty("local.smtpd.default.port", Integer.class)).isEqualTo(port);
				assertThat(environment.getProperty("local.smtpd.other.port", Integer.class))
					.isEqualTo(server.localAddress("other").getPort())
					.isNotEqualTo(port);
			});
	}

	@Test
	void startedEventIsPublishedWhenThePortIsKnown() {
		this.runner.withUserConfiguration(StartListener.class).run((context) -> {
			StartListener listener = context.getBean(StartListener.class);
			SmtpServer server = context.getBean(SmtpServer.class);
			assertThat(listener.events).singleElement().satisfies((event) -> {
				assertThat(event.getServer()).isSameAs(server);
				assertThat(event.getListeners()).containsOnlyKeys("default")
					.containsEntry("default", server.localAddress());
			});
			assertThat(listener.ports).containsExactly(String.valueOf(server.localAddress().getPort()));
		});
	}

	@Test
	void contextCanBeStoppedAndStartedAgain() {
		this.runner.withUserConfiguration(StartListener.class).run((context) -> {
			ConfigurableApplicationContext source = context.getSourceApplicationContext();
			SmtpServer server = context.getBean(SmtpServer.class);
			source.stop();
			assertThat(server.isRunning()).isFalse();
			assertThat(context.getBean(SmtpServerLifecycle.class).isRunning()).isFalse();
			source.start();
			assertThat(server.isRunning()).isTrue();
			assertThat(context.getEnvironment().getProperty("local.smtpd.port", Integer.class))
				.isEqualTo(server.localAddress().getPort());
			assertThat(context.getBean(StartListener.class).events).hasSize(2);
			try (TestClient client = TestClient.connect(server)) {
				assertThat(client.reply()).startsWith("220 ");
			}
		});
	}

	@Test
	void serverIsNotPausedWithACachedTestContext() {
		this.runner.run((context) -> assertThat(context.getBean(SmtpServerLifecycle.class).isPauseable()).isFalse());
	}

	@Test
	void serverStartsAfterWebServerAndOtherLifecycles() {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(WebApplication.class)
			.run("--server.port=0", "--server.address=127.0.0.1", "--smtpd.port=0", "--smtpd.address=127.0.0.1")) {
			assertThat(((WebServerApplicationContext) context).getWebServer().getPort()).isPositive();
			assertThat(context.getBean(WebApplication.class).started).containsExactly("lifecycle",
					"ServletWebServerInitializedEvent", "SmtpServerStartedEvent");
		}
	}

	@Test
	void gracefulStopLetsATransactionFinishWhileItsBeansLive() {
		this.runner.withUserConfiguration(SlowStore.class).run((context) -> {
			SmtpServer server = context.getBean(SmtpServer.class);
			SlowStore store = context.getBean(SlowStore.class);
			InetSocketAddress address = server.localAddress();
			try (TestClient busy = TestClient.connect(server); TestClient idle = TestClient.connect(server)) {
				idle.reply();
				busy.begin("a@example.org", "b@example.org").send("DATA");
				busy.write("Hello\r\n.");
				assertThat(store.entered.await(10, TimeUnit.SECONDS)).isTrue();
				await().until(() -> server.sessions().stream().anyMatch((session) -> session.phase() == Phase.IDLE));
				CompletableFuture<Void> closed = CompletableFuture
					.runAsync(context.getSourceApplicationContext()::close);
				assertThat(idle.reply()).startsWith("421 4.3.2 ");
				assertThat(server.isStopping()).isTrue();
				assertThatExceptionOfType(ConnectException.class)
					.isThrownBy(() -> new Socket(address.getAddress(), address.getPort()).close());
				assertThat(closed).isNotDone();
				store.release.countDown();
				assertThat(busy.reply()).startsWith("250 2.0.0 ");
				closed.get(10, TimeUnit.SECONDS);
				assertThat(store.storedWhile).containsExactly("open");
				assertThat(server.isRunning()).isFalse();
			}
		});
	}

	@Test
	void whatIsLeftAtTheEndOfThePhaseIsClosedBeforeBeansAreDestroyed() {
		this.runner.withUserConfiguration(SlowStore.class)
			.withPropertyValues("spring.lifecycle.timeout-per-shutdown-phase=1500ms")
			.run((context) -> {
				SmtpServer server = context.getBean(SmtpServer.class);
				SlowStore store = context.getBean(SlowStore.class);
				try (TestClient busy = TestClient.connect(server)) {
					busy.begin("a@example.org", "b@example.org").send("DATA");
					busy.write("Hello\r\n.");
					assertThat(store.entered.await(10, TimeUnit.SECONDS)).isTrue();
					context.getSourceApplicationContext().close();
					assertThat(busy.reply()).startsWith("421 4.3.2 ");
					assertThat(store.storedWhile).containsExactly("interrupted, open");
				}
			});
	}

	@ParameterizedTest
	@CsvSource({ "30s, 27s", "100s, 90s", "10s, 9s", "5s, 4s", "1500ms, 500ms", "1s, 0s", "500ms, 0s" })
	void graceIsThePhaseLessATenthButAtLeastASecond(String phase, String grace) {
		assertThat(SmtpServerLifecycle.graceWithin(duration(phase))).isEqualTo(duration(grace));
	}

	@Test
	void stopDoesNotBlockTheCaller() {
		this.runner.withUserConfiguration(SlowStore.class).run((context) -> {
			SlowStore store = context.getBean(SlowStore.class);
			CountDownLatch stopped = new CountDownLatch(1);
			try (TestClient busy = TestClient.connect(context.getBean(SmtpServer.class))) {
				busy.begin("a@example.org", "b@example.org").send("DATA");
				busy.write("Hello\r\n.");
				assertThat(store.entered.await(10, TimeUnit.SECONDS)).isTrue();
				context.getBean(SmtpServerLifecycle.class).stop(stopped::countDown);
				assertThat(stopped.getCount()).isOne();
				store.release.countDown();
				assertThat(busy.reply()).startsWith("250 ");
				assertThat(stopped.await(10, TimeUnit.SECONDS)).isTrue();
			}
		});
	}

	/** Spring shuts its executors down in the same phase and waits for their tasks. */
	@Test
	void sessionsOnATaskExecutorOfSpringDoNotHoldUpTheStop() {
		ThreadPoolTaskExecutor executor = new ThreadPoolTaskExecutor();
		this.runner.withBean("smtpdSessionExecutor", ThreadPoolTaskExecutor.class, () -> executor).run((context) -> {
			try (TestClient idle = TestClient.connect(context.getBean(SmtpServer.class))) {
				assertThat(idle.reply()).startsWith("220 ");
				CompletableFuture<Void> closed = CompletableFuture
					.runAsync(context.getSourceApplicationContext()::close);
				assertThat(idle.reply()).startsWith("421 4.3.2 ");
				closed.get(10, TimeUnit.SECONDS);
			}
		});
	}

	@Test
	void whenBeansAreLazyServerIsStartedAllTheSame() {
		this.runner
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.run((context) -> {
				assertThat(context.getSourceApplicationContext().getBeanFactory().containsSingleton("smtpServer"))
					.isTrue();
				assertThat(context.getBean(SmtpServer.class).isRunning()).isTrue();
			});
	}

	@Test
	void whenTheContextFailsAfterTheStartServerIsClosed() {
		List<SmtpServer> servers = new CopyOnWriteArrayList<>();
		this.runner.withBean(ApplicationListener.class, () -> (ApplicationListener<SmtpServerStartedEvent>) (event) -> {
			servers.add(event.getServer());
			throw new IllegalStateException("too bad");
		}).run((context) -> {
			assertThat(context).hasFailed();
			assertThat(servers).singleElement().satisfies((server) -> assertThat(server.isRunning()).isFalse());
		});
	}

	private static Duration duration(String text) {
		return DurationStyle.detectAndParse(text);
	}

	@Configuration(proxyBeanMethods = false)
	static class StartListener {

		final List<SmtpServerStartedEvent> events = new CopyOnWriteArrayList<>();

		final List<String> ports = new CopyOnWriteArrayList<>();

		@Bean
		ApplicationListener<SmtpServerStartedEvent> started(Environment environment) {
			return (event) -> {
				this.events.add(event);
				this.ports.add(environment.getProperty("local.smtpd.port"));
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class SlowStore {

		final CountDownLatch entered = new CountDownLatch(1);

		final CountDownLatch release = new CountDownLatch(1);

		final List<String> storedWhile = new CopyOnWriteArrayList<>();

		@Bean
		Database database() {
			return new Database();
		}

		@Bean
		MessageHandler store(Database database) {
			return (peer, envelope) -> {
				this.entered.countDown();
				try {
					this.release.await();
					this.storedWhile.add(database.state);
				}
				catch (InterruptedException ex) {
					this.storedWhile.add("interrupted, " + database.state);
					throw ex;
				}
			};
		}

	}

	/** Something that handlers use; closed with the context. */
	static class Database implements AutoCloseable {

		volatile String state = "open";

		@Override
		public void close() {
			this.state = "closed";
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ TomcatServletWebServerAutoConfiguration.class, SmtpServerAutoConfiguration.class })
	static class WebApplication {

		final List<String> started = new CopyOnWriteArrayList<>();

		@Bean
		ApplicationListener<ApplicationEvent> events() {
			return (event) -> {
				String name = event.getClass().getSimpleName();
				if (name.equals("ServletWebServerInitializedEvent") || name.equals("SmtpServerStartedEvent")) {
					this.started.add(name);
				}
			};
		}

		@Bean
		SmartLifecycle other() {
			return new Other(this.started);
		}

	}

	static class Other implements SmartLifecycle {

		private final List<String> started;

		private volatile boolean running;

		Other(List<String> started) {
			this.started = started;
		}

		@Override
		public void start() {
			this.started.add("lifecycle");
			this.running = true;
		}

		@Override
		public void stop() {
			this.running = false;
		}

		@Override
		public boolean isRunning() {
			return this.running;
		}

		@Override
		public int getPhase() {
			return 0;
		}

	}

}
