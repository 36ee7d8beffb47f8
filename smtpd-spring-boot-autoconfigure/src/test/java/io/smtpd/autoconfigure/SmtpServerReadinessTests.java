package io.smtpd.autoconfigure;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.smtpd.MessageHandler;
import io.smtpd.SmtpServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.awaitility.Awaitility.await;

class SmtpServerReadinessTests {

	@ParameterizedTest
	@EnumSource(value = WebApplicationType.class, names = { "NONE", "SERVLET" })
	void pausedServerMakesTheApplicationRefuseTrafficUntilItResumes(WebApplicationType type) throws Exception {
		try (ConfigurableApplicationContext context = start(type, Recorder.class)) {
			SmtpServerLifecycle lifecycle = context.getBean(SmtpServerLifecycle.class);
			ApplicationAvailability availability = context.getBean(ApplicationAvailability.class);
			assertThat(availability.getReadinessState()).isEqualTo(ReadinessState.ACCEPTING_TRAFFIC);
			lifecycle.pause();
			assertThat(availability.getReadinessState()).isEqualTo(ReadinessState.REFUSING_TRAFFIC);
			lifecycle.resume();
			assertThat(availability.getReadinessState()).isEqualTo(ReadinessState.ACCEPTING_TRAFFIC);
		}
	}

	@ParameterizedTest
	@EnumSource(value = WebApplicationType.class, names = { "NONE", "SERVLET" })
	void stoppingServerMakesTheApplicationRefuseTrafficBeforeItsListenersClose(WebApplicationType type) {
		try (ConfigurableApplicationContext context = start(type, Recorder.class)) {
			Recorder recorder = context.getBean(Recorder.class);
			recorder.changes.clear();
			context.stop();
			assertThat(recorder.changes).first().isEqualTo("REFUSING_TRAFFIC while accepting");
		}
	}

	@Test
	void applicationThatIsStartedAgainAcceptsTrafficAgain() {
		try (ConfigurableApplicationContext context = start(WebApplicationType.NONE, Recorder.class)) {
			context.stop();
			context.start();
			assertThat(context.getBean(ApplicationAvailability.class).getReadinessState())
				.isEqualTo(ReadinessState.ACCEPTING_TRAFFIC);
		}
	}

	@Test
	void serverThatStartsLeavesItToSpringBootToSayWhenTheApplicationIsReady() {
		try (ConfigurableApplicationContext context = start(WebApplicationType.NONE, Recorder.class)) {
			assertThat(context.getBean(Recorder.class).changes).containsExactly("ACCEPTING_TRAFFIC while accepting");
		}
	}

	@Test
	void resumingAServerThatStopsDoesNotSayThatTrafficIsAccepted() throws Exception {
		try (ConfigurableApplicationContext context = start(WebApplicationType.NONE, SlowHandler.class)) {
			SlowHandler handler = context.getBean(SlowHandler.class);
			SmtpServerLifecycle lifecycle = context.getBean(SmtpServerLifecycle.class);
			try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
				client.begin("a@example.org", "b@example.org").send("DATA");
				client.write("Hello\r\n.");
				assertThat(handler.entered.await(10, TimeUnit.SECONDS)).isTrue();
				CompletableFuture<Void> stopped = CompletableFuture.runAsync(context::stop);
				await().until(context.getBean(SmtpServer.class)::isStopping);
				CompletableFuture<Void> resumed = CompletableFuture.runAsync(() -> resume(lifecycle));
				handler.release.countDown();
				assertThat(client.reply()).startsWith("250 ");
				stopped.get(10, TimeUnit.SECONDS);
				resumed.get(10, TimeUnit.SECONDS);
			}
			assertThat(context.getBean(ApplicationAvailability.class).getReadinessState())
				.isEqualTo(ReadinessState.REFUSING_TRAFFIC);
		}
	}

	@Test
	void listenerThatThrowsDoesNotKeepTheServerFromStopping() {
		try (ConfigurableApplicationContext context = start(WebApplicationType.NONE, Thrower.class)) {
			assertThatCode(context::stop).doesNotThrowAnyException();
			assertThat(context.getBean(SmtpServer.class).isRunning()).isFalse();
		}
	}

	private static void resume(SmtpServerLifecycle lifecycle) {
		try {
			lifecycle.resume();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static ConfigurableApplicationContext start(WebApplicationType type, Class<?> configuration) {
		SpringApplication application = new SpringApplicationBuilder(Application.class, configuration).web(type)
			.build();
		return application.run("--smtpd.port=0", "--smtpd.address=127.0.0.1", "--server.port=0",
				"--server.address=127.0.0.1", "--spring.main.banner-mode=off");
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	static class Recorder {

		private final SmtpServer server;

		final List<String> changes = new CopyOnWriteArrayList<>();

		Recorder(SmtpServer server) {
			this.server = server;
		}

		@EventListener
		void on(AvailabilityChangeEvent<ReadinessState> event) {
			this.changes.add(event.getState() + " while "
					+ (this.server.isAccepting("default") ? "accepting" : "not accepting"));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class SlowHandler {

		final CountDownLatch entered = new CountDownLatch(1);

		final CountDownLatch release = new CountDownLatch(1);

		@Bean
		MessageHandler messageHandler() {
			return (peer, envelope) -> {
				this.entered.countDown();
				this.release.await();
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Thrower {

		@EventListener
		void on(AvailabilityChangeEvent<ReadinessState> event) {
			if (event.getState() == ReadinessState.REFUSING_TRAFFIC) {
				throw new IllegalStateException("broken");
			}
		}

	}

}
