package io.smtpd.autoconfigure.actuate;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;

import javax.management.MBeanServer;
import javax.management.ObjectName;

import io.smtpd.Authenticator;
import io.smtpd.MessageHandler;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServer.Listener;
import io.smtpd.SmtpServerCustomizer;
import io.smtpd.TlsPolicy;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.TestCertificate;
import io.smtpd.autoconfigure.TestClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class SmtpServerEndpointTests {

	private static final String PASSWORD = "correct-horse-7";

	private static final String PATH = "/actuator/smtpd";

	@TempDir
	static Path folder;

	private static TestCertificate certificate;

	private static OperatedApplication application;

	@BeforeAll
	static void start() {
		certificate = TestCertificate.of("mx", folder);
		application = OperatedApplication.start(Application.class, OperatedApplication.UNRESTRICTED,
				"smtpd.max-connections=20", "spring.jmx.enabled=true", "spring.jmx.default-domain=smtpd-endpoint-tests",
				"management.endpoints.jmx.domain=smtpd-endpoint-tests",
				"management.endpoints.jmx.exposure.include=smtpd");
	}

	@AfterAll
	static void stop() {
		application.close();
	}

	@Test
	void readingShowsListenersLimitsTotalsAndSessions() {
		JsonNode shown = application.json(PATH);
		assertThat(shown.propertyNames()).containsExactly("accepting", "listeners", "limits", "totals", "sessions");
		assertThat(shown.get("accepting").asBoolean()).isTrue();
		JsonNode listeners = shown.get("listeners");
		assertThat(listeners.propertyNames()).containsExactly("default", "submissions");
		assertThat(listeners.get("default").propertyNames()).containsExactlyInAnyOrder("address", "port", "accepting",
				"connections");
		assertThat(listeners.get("default").get("address").asString()).isEqualTo("127.0.0.1");
		assertThat(listeners.get("submissions").get("port").asInt())
			.isEqualTo(application.server().localAddress("submissions").getPort());
		assertThat(shown.get("totals").propertyNames()).containsExactlyInAnyOrder("connectionsAccepted",
				"connectionsRefused", "messagesAccepted", "messagesRejected", "messagesFailed", "messagesAborted",
				"octetsAccepted");
		JsonNode limits = shown.get("limits");
		assertThat(limits.get("max-connections").asInt()).isEqualTo(20);
		assertThat(limits.get("max-errors").asInt()).isEqualTo(20);
		assertThat(limits.get("connection-rate").asInt()).isEqualTo(-1);
		assertThat(limits.get("max-session-duration").asString()).isEqualTo("PT0S");
	}

	@Test
	void sessionInClearTextIsShownWithWhatIsKnownOfIt() {
		try (TestClient client = application.client()) {
			client.send("EHLO client.example.org", "MAIL FROM:<a@example.org>");
			JsonNode session = only(sessions("client.example.org"));
			assertThat(session.propertyNames()).containsExactlyInAnyOrder("id", "peer", "listener", "helo", "tls",
					"user", "phase", "age", "idle", "messages", "octets");
			assertThat(session.get("id").asString()).matches("[0-9a-z]{13}");
			assertThat(session.get("peer").asString()).matches("127\\.0\\.0\\.1:[0-9]+");
			assertThat(session.get("listener").asString()).isEqualTo("default");
			assertThat(session.get("tls").isNull()).isTrue();
			assertThat(session.get("user").isNull()).isTrue();
			assertThat(session.get("phase").asString()).isEqualTo("transaction");
			assertThat(session.get("messages").asInt()).isZero();
			assertThat(session.get("octets").asInt())
				.isEqualTo("EHLO client.example.org\r\nMAIL FROM:<a@example.org>\r\n".length());
			assertThat(Duration.parse(session.get("age").asString())).isBetween(Duration.ZERO, Duration.ofMinutes(1));
			assertThat(Duration.parse(session.get("idle").asString())).isBetween(Duration.ZERO, Duration.ofMinutes(1));
		}
	}

	@Test
	void sessionInTlsIsShownWithVersionCipherAndUserButWithoutPassword() {
		try (TestClient client = login("alice", "secure.example.org")) {
			client.send("MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA");
			client.send("Hello\r\n.");
			HttpResponse<String> response = application.get(PATH);
			JsonNode session = only(sessions("secure.example.org"));
			assertThat(session.get("listener").asString()).isEqualTo("submissions");
			assertThat(session.get("tls").get("version").asString()).isEqualTo(client.tls().getProtocol());
			assertThat(session.get("tls").get("cipher").asString()).isEqualTo(client.tls().getCipherSuite());
			assertThat(session.get("user").asString()).isEqualTo("alice");
			assertThat(session.get("phase").asString()).isEqualTo("idle");
			assertThat(session.get("messages").asInt()).isEqualTo(1);
			assertThat(response.body()).doesNotContain(PASSWORD, encoded("alice", PASSWORD));
		}
	}

	@Test
	void deletingASessionClosesItWith421() {
		try (TestClient client = application.client()) {
			client.send("EHLO deleted.example.org");
			String id = only(sessions("deleted.example.org")).get("id").asString();
			HttpResponse<String> response = application.delete(PATH + "/" + id);
			assertThat(response.statusCode()).isEqualTo(200);
			assertThat(OperatedApplication.json(response).get("closed").asInt()).isEqualTo(1);
			assertThat(client.reply()).isEqualTo("421 4.3.2 Session closed by the operator");
			assertThat(client.reply()).isNull();
			await().untilAsserted(() -> assertThat(application.delete(PATH + "/" + id).statusCode()).isEqualTo(404));
		}
	}

	@Test
	void deletingAnUnknownSessionIs404() {
		HttpResponse<String> response = application.delete(PATH + "/0000000000000");
		assertThat(response.statusCode()).isEqualTo(404);
		assertThat(response.body()).contains("no such session");
	}

	@Test
	void deletingByUserClosesAllOfTheUsersSessionsAndNoOther() {
		try (TestClient first = login("bob", "first.example.org");
				TestClient second = login("bob", "second.example.org");
				TestClient other = login("carol", "other.example.org")) {
			HttpResponse<String> response = application.delete(PATH + "?user=bob");
			assertThat(OperatedApplication.json(response).get("closed").asInt()).isEqualTo(2);
			assertThat(first.reply()).startsWith("421 4.3.2 ");
			assertThat(second.reply()).startsWith("421 4.3.2 ");
			assertThat(other.send("NOOP")).startsWith("250 ");
			assertThat(OperatedApplication.json(application.delete(PATH + "?user=nobody")).get("closed").asInt())
				.isZero();
		}
	}

	@Test
	void deletingWithoutSayingWhomIsABadRequest() {
		assertThat(application.delete(PATH).statusCode()).isEqualTo(400);
	}

	@Test
	void pausedServerRefusesConnectionsWhileSessionsGoOnAndResumesOnTheSamePort() {
		int port = application.server().localAddress().getPort();
		try (TestClient client = application.client()) {
			JsonNode paused = OperatedApplication.json(application.post(PATH, "{\"accepting\":false}"));
			assertThat(paused.get("accepting").asBoolean()).isFalse();
			assertThat(paused.get("listeners").get("default").get("accepting").asBoolean()).isFalse();
			assertThat(refusesConnections(port)).isTrue();
			assertThat(application.json("/actuator/health").get("components").get("smtpd").get("status").asString())
				.isEqualTo("OUT_OF_SERVICE");
			assertThat(client.send("EHLO client.example.org", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>",
					"DATA"))
				.startsWith("354 ");
			assertThat(client.send("Hello\r\n.")).startsWith("250 2.0.0 ");
		}
		finally {
			application.post(PATH, "{\"accepting\":true}");
		}
		assertThat(application.server().localAddress().getPort()).isEqualTo(port);
		try (TestClient again = TestClient.connect(port)) {
			assertThat(again.mail("a@example.org", "b@example.org")).startsWith("250 2.0.0 ");
		}
		assertThat(application.json("/actuator/health").get("status").asString()).isEqualTo("UP");
	}

	@Test
	void whenAPortWasTakenInTheMeantimeResumingSaysSo() throws IOException {
		int port = application.server().localAddress().getPort();
		application.post(PATH, "{\"accepting\":false}");
		try (ServerSocket thief = new ServerSocket()) {
			thief.bind(application.server().localAddress());
			HttpResponse<String> response = application.post(PATH, "{\"accepting\":true}");
			assertThat(response.statusCode()).isEqualTo(409);
			assertThat(OperatedApplication.json(response).get("error").asString()).contains(String.valueOf(port));
			assertThat(application.json("/actuator/health").get("components").get("smtpd").get("status").asString())
				.isEqualTo("DOWN");
		}
		assertThat(application.post(PATH, "{\"accepting\":true}").statusCode()).isEqualTo(200);
		assertThat(application.json("/actuator/health").get("status").asString()).isEqualTo("UP");
	}

	@Test
	void limitOfConnectionsHoldsFromThenOn() {
		await().until(() -> application.server().sessions().isEmpty());
		try (TestClient first = application.client()) {
			JsonNode changed = OperatedApplication
				.json(application.post(PATH, "{\"limit\":\"max-connections\",\"value\":1}"));
			assertThat(changed.get("limits").get("max-connections").asInt()).isEqualTo(1);
			try (TestClient second = TestClient.connect(application.server())) {
				assertThat(second.reply()).isEqualTo("421 4.3.2 Too busy. Try again later.");
			}
			assertThat(first.send("NOOP")).startsWith("250 ");
		}
		finally {
			application.post(PATH, "{\"limit\":\"max-connections\",\"value\":20}");
		}
	}

	@Test
	void otherLimitsHoldForSessionsUnderWay() {
		try (TestClient client = application.client()) {
			client.send("EHLO client.example.org");
			application.post(PATH, "{\"limit\":\"max-errors\",\"value\":\"1\"}");
			assertThat(client.send("NOSUCH")).startsWith("500 ");
			assertThat(client.send("NOSUCH")).startsWith("421 4.7.0 ");
		}
		finally {
			application.post(PATH, "{\"limit\":\"max-errors\",\"value\":20}");
		}
	}

	@ParameterizedTest
	@CsvSource({ "max-session-duration, 90, PT1M30S", "max-session-duration, 30m, PT30M", "max-errors, -1, -1",
			"min-data-rate, 100, 100", "max-junk-commands, 7, 7", "max-auth-failures, 2, 2",
			"max-connections-per-address, 40, 40", "max-messages-per-session, 50, 50" })
	void eachLimitCanBeChangedAndIsShown(String limit, String value, String shown) {
		String before = application.json(PATH).get("limits").get(limit).asString();
		JsonNode changed = OperatedApplication.json(application.post(PATH, body(limit, value)));
		assertThat(changed.get("limits").get(limit).asString()).isEqualTo(shown);
		JsonNode restored = OperatedApplication.json(application.post(PATH, body(limit, before)));
		assertThat(restored.get("limits").get(limit).asString()).isEqualTo(before);
	}

	@ParameterizedTest
	@CsvSource({ "max-connections, 0, at least 1", "max-connections, many, needs a number",
			"max-errors, -2, at least 1", "max-errors, 1.5, needs a number", "nosuch, 1, There is no limit 'nosuch'",
			"max-session-duration, soon, needs a time", "max-session-duration, -1s, must be positive",
			"max-connections, , A limit needs a value" })
	void valueThatCannotBeIsABadRequestThatSaysWhyAndChangesNothing(String limit, String value, String reason) {
		JsonNode before = application.json(PATH).get("limits");
		HttpResponse<String> response = application.post(PATH,
				(value != null) ? body(limit, value) : "{\"limit\":\"" + limit + "\"}");
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(OperatedApplication.json(response).get("error").asString()).contains(reason);
		assertThat(application.json(PATH).get("limits")).isEqualTo(before);
	}

	@Test
	void changingNothingIsABadRequest() {
		HttpResponse<String> response = application.post(PATH, "{}");
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(response.body()).contains("accepting");
		assertThat(application.post(PATH, "{\"accepting\":\"perhaps\"}").statusCode()).isEqualTo(400);
	}

	@Test
	void totalsCountMessagesByOutcome() {
		JsonNode before = application.json(PATH).get("totals");
		try (TestClient client = application.client()) {
			assertThat(client.mailAfterGreeting("a@example.org", "b@example.org")).startsWith("250 ");
		}
		JsonNode after = application.json(PATH).get("totals");
		assertThat(after.get("messagesAccepted").asLong() - before.get("messagesAccepted").asLong()).isEqualTo(1);
		assertThat(after.get("connectionsAccepted").asLong() - before.get("connectionsAccepted").asLong()).isEqualTo(1);
		assertThat(after.get("octetsAccepted").asLong()).isGreaterThan(before.get("octetsAccepted").asLong());
	}

	@Test
	void jmxOffersTheSame() throws Exception {
		MBeanServer jmx = ManagementFactory.getPlatformMBeanServer();
		ObjectName name = new ObjectName("smtpd-endpoint-tests:type=Endpoint,name=Smtpd");
		Map<?, ?> shown = (Map<?, ?>) jmx.invoke(name, "smtpd", new Object[0], new String[0]);
		assertThat(shown.keySet().stream().map(String::valueOf)).containsExactlyInAnyOrder("accepting", "listeners",
				"limits", "totals", "sessions");
		Map<?, ?> changed = (Map<?, ?>) jmx.invoke(name, "configure", new Object[] { null, "max-errors", "19" },
				new String[] { "java.lang.Boolean", "java.lang.String", "java.lang.String" });
		assertThat((Map<?, ?>) changed.get("limits")).extracting("max-errors").isEqualTo(19);
		try (TestClient client = login("dave", "jmx.example.org")) {
			Map<?, ?> closed = (Map<?, ?>) jmx.invoke(name, "closeSessions", new Object[] { "dave" },
					new String[] { "java.lang.String" });
			assertThat(closed.get("closed")).isEqualTo(1);
			assertThat(client.reply()).startsWith("421 ");
		}
		try (TestClient client = application.client()) {
			client.send("EHLO jmx2.example.org");
			String id = only(sessions("jmx2.example.org")).get("id").asString();
			assertThat(jmx.invoke(name, "closeSession", new Object[] { id }, new String[] { "java.lang.String" }))
				.asString()
				.contains("closed=1");
			assertThat(client.reply()).startsWith("421 ");
		}
		application.post(PATH, body("max-errors", "20"));
	}

	@Test
	void unlessUnrestrictedTheEndpointIsReadOnly() {
		try (OperatedApplication readOnly = OperatedApplication.start(Nothing.class);
				TestClient client = readOnly.client()) {
			String id = readOnly.json(PATH).get("sessions").get(0).get("id").asString();
			assertThat(readOnly.get(PATH).statusCode()).isEqualTo(200);
			assertThat(readOnly.post(PATH, "{\"accepting\":false}").statusCode()).isEqualTo(405);
			assertThat(readOnly.delete(PATH + "?user=x").statusCode()).isEqualTo(405);
			assertThat(readOnly.delete(PATH + "/" + id).statusCode()).isIn(404, 405);
			assertThat(client.send("NOOP")).startsWith("250 ");
			assertThat(readOnly.server().isPaused()).isFalse();
		}
	}

	@Test
	void unlessExposedThereIsNoEndpoint() {
		try (OperatedApplication closed = OperatedApplication.startAsItIs(Nothing.class)) {
			assertThat(closed.get(PATH).statusCode()).isEqualTo(404);
			assertThat(closed.context().getBeanProvider(SmtpServerEndpoint.class).getIfAvailable()).isNull();
			assertThat(closed.context().getBeanProvider(SmtpServerTotals.class).getIfAvailable()).isNull();
		}
	}

	@Test
	void whenAccessIsNoneThereIsNoEndpoint() {
		try (OperatedApplication closed = OperatedApplication.start(Nothing.class,
				"management.endpoint.smtpd.access=none")) {
			assertThat(closed.get(PATH).statusCode()).isEqualTo(404);
		}
	}

	@Test
	void whenActuatorIsNotOnTheClasspathServerStartsWithoutEndpoint() {
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(SmtpServerAutoConfiguration.class, SmtpServerActuatorAutoConfiguration.class))
			.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0",
					"management.endpoints.web.exposure.include=*")
			// the condition's classes must stay visible
			.withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate.endpoint.annotation",
					"org.springframework.boot.health.contributor"))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(SmtpServer.class)
				.doesNotHaveBean("smtpServerEndpoint")
				.doesNotHaveBean("smtpServerWebEndpointExtension"));
	}

	private static String body(String limit, String value) {
		return "{\"limit\":\"" + limit + "\",\"value\":\"" + value + "\"}";
	}

	private static boolean refusesConnections(int port) {
		try (TestClient client = TestClient.connect(port)) {
			return client.reply() == null;
		}
		catch (RuntimeException ex) {
			return true;
		}
	}

	private static List<JsonNode> sessions(String helo) {
		return application.json(PATH)
			.get("sessions")
			.valueStream()
			.filter((session) -> session.get("helo").asString().equals(helo))
			.toList();
	}

	private static JsonNode only(List<JsonNode> sessions) {
		assertThat(sessions).hasSize(1);
		return sessions.get(0);
	}

	private static TestClient login(String user, String helo) {
		TestClient client = TestClient.connect(application.server().localAddress("submissions").getPort(),
				TestCertificate.trusting(certificate));
		client.reply();
		assertThat(client.send("EHLO " + helo, "AUTH PLAIN " + encoded(user, PASSWORD))).startsWith("235 ");
		return client;
	}

	private static String encoded(String user, String password) {
		return Base64.getEncoder().encodeToString(("\0" + user + "\0" + password).getBytes(StandardCharsets.UTF_8));
	}

	@Configuration(proxyBeanMethods = false)
	static class Nothing {

	}

	@Configuration(proxyBeanMethods = false)
	static class Application {

		@Bean
		SmtpServerCustomizer submissions() {
			return (builder) -> builder.listener(Listener.of(new InetSocketAddress("127.0.0.1", 0))
				.named("submissions")
				.tls(TlsPolicy.implicit(() -> certificate.context())));
		}

		@Bean
		Authenticator authenticator() {
			return Authenticator.passwords((peer, username, password) -> PASSWORD.equals(password));
		}

		@Bean
		MessageHandler messageHandler() {
			return (peer, envelope) -> {
			};
		}

	}

}
