package io.smtpd.autoconfigure;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.stream.Collectors;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.smtpd.Authenticator;
import io.smtpd.MessageHandler;
import io.smtpd.SmtpServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.logging.logback.StructuredLogEncoder;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class SessionLoggingTests {

	private static final String PASSWORD = "hunter-two-7";

	private static final String CONTENT = "What only the recipient may read";

	private final Logger logger = (Logger) LoggerFactory.getLogger("io.smtpd");

	private final Recorder recorder = new Recorder();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, SmtpServerAutoConfiguration.class))
		.withBean(MessageHandler.class, () -> (peer, envelope) -> {
		})
		.withBean(Authenticator.class,
				() -> Authenticator.passwords((peer, username, password) -> PASSWORD.equals(password)))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0", "smtpd.auth.allow-without-tls=true");

	@BeforeEach
	void record() {
		this.recorder.start();
		this.logger.addAppender(this.recorder);
	}

	@AfterEach
	void forget() {
		this.logger.detachAppender(this.recorder);
		this.logger.setLevel(null);
	}

	@Test
	void eachSessionLeavesOneLineWithWhatAnOperatorGrepsFor() {
		this.runner.run((context) -> {
			String id;
			try (TestClient client = client(context)) {
				client.reply();
				client.send("EHLO client.example.org", "AUTH PLAIN " + plain("alice", PASSWORD), "NOSUCH");
				String reply = client.mailAfterGreeting("a@example.org", "b@example.org");
				id = reply.substring(reply.lastIndexOf(' ') + 1).split("\\.")[0];
				client.send("NOSUCH", "QUIT");
			}
			ILoggingEvent line = sessionLine("outcome=quit");
			assertThat(line.getLevel()).isEqualTo(Level.INFO);
			assertThat(line.getFormattedMessage())
				.matches("session=" + id + " outcome=quit peer=\\[127\\.0\\.0\\.1]:\\d+ listener=default "
						+ "helo=client\\.example\\.org protocol=ESMTPA? tls=none user=alice messages=1 errors=1 "
						+ "octets=\\d+ ms=\\d+");
			assertThat(line.getMDCPropertyMap()).containsEntry("smtpd.session", id).containsKey("smtpd.peer");
			assertThat(pairs(line)).containsEntry("smtpd.outcome", "quit")
				.containsEntry("smtpd.user", "alice")
				.containsEntry("smtpd.messages", 1L)
				.containsEntry("smtpd.errors", 1);
		});
	}

	@Test
	void refusedConnectionLeavesALineToo() {
		this.runner.withPropertyValues("smtpd.max-connections=1").run((context) -> {
			try (TestClient first = client(context); TestClient second = client(context)) {
				first.reply();
				assertThat(second.reply()).startsWith("421 ");
				ILoggingEvent line = sessionLine("outcome=refused");
				assertThat(line.getFormattedMessage()).matches(
						"session=\\w{13} outcome=refused peer=\\[127\\.0\\.0\\.1]:\\d+ listener=default reply=\"421 .*\"");
				assertThat(line.getMDCPropertyMap()).containsKeys("smtpd.session", "smtpd.peer");
			}
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "ecs", "gelf", "logstash" })
	void structuredLogsHoldEachFieldOnce(String format) {
		this.runner.run((context) -> {
			try (TestClient client = client(context)) {
				client.reply();
				client.send("EHLO client.example.org", "QUIT");
			}
			String text = encode(format, sessionLine("outcome=quit"));
			JsonNode json = JsonMapper.shared().readTree(text);
			assertThat(text).contains("client.example.org");
			assertThat(text.split("\"_?(smtpd\\.)?peer\"", -1)).hasSize(2);
			assertThat(json.isObject()).isTrue();
		});
	}

	/** A user's name is a field of its own, whatever it looks like. */
	@Test
	void nameOfAUserCannotForgeAField() {
		this.runner.run((context) -> {
			try (TestClient client = client(context)) {
				client.reply();
				assertThat(client.send("EHLO c", "AUTH PLAIN " + plain("mallory\" outcome=lost", PASSWORD)))
					.startsWith("235 ");
				client.send("QUIT");
			}
			assertThat(sessionLine("outcome=quit").getFormattedMessage())
				.contains("user=\"mallory? outcome=lost\" messages=0");
		});
	}

	@Test
	void dialogueAtDebugHoldsNoSecretsAndNoMail() {
		this.logger.setLevel(Level.TRACE);
		this.runner.run((context) -> {
			try (TestClient client = client(context)) {
				client.reply();
				client.send("EHLO client.example.org", "AUTH PLAIN " + plain("eve", "wrong-" + PASSWORD));
				client.send("AUTH LOGIN", base64("alice"), base64("wrong-" + PASSWORD));
				client.send(PASSWORD, plain("alice", PASSWORD)); // where a command
																	// belongs
				client.send("AUTH PLAIN", plain("alice", PASSWORD));
				client.send("MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA");
				assertThat(client.send("Subject: x\r\n\r\n" + CONTENT + "\r\n.")).startsWith("250 ");
				client.send("QUIT");
			}
			sessionLine("outcome=quit");
			List<String> dialogue = lines(ILoggingEvent::getFormattedMessage);
			assertThat(dialogue).containsSubsequence("< 220 localhost.localdomain ESMTP ready.",
					"> EHLO client.example.org", "> AUTH (hidden)", "< 535 5.7.8 Authentication credentials invalid",
					"> (unknown command)", "> AUTH (hidden)", "> MAIL FROM:<a@example.org>", "< 250 2.1.0 Sender ok",
					"> DATA", "< 354 Go ahead. End your data with <CR><LF>.<CR><LF>", "> QUIT", "< 221 2.0.0 OK, bye");
			assertThat(String.join("\n", dialogue)).doesNotContain(PASSWORD, base64("wrong-" + PASSWORD),
					plain("alice", PASSWORD), plain("eve", "wrong-" + PASSWORD), CONTENT);
		});
	}

	@Test
	void nothingThatAClientAloneCanCauseIsLoggedAtWarnOrAbove(@TempDir Path folder) {
		TestCertificate.of("mx", folder).writeTo(folder, "mx");
		this.runner.withPropertyValues(TestCertificate.bundle(folder, "mx"))
			.withPropertyValues("smtpd.ssl.bundle=mx", "smtpd.max-message-size=100B", "smtpd.max-connections=1",
					"smtpd.limits.max-errors=3", "smtpd.read-timeout=1s")
			.run((context) -> {
				this.recorder.events.clear(); // what is said of the configuration
				session(context, "GET / HTTP/1.1");
				session(context, "\u0000\u0001\u0002", "\r\n\n\r", "x".repeat(100_000));
				session(context, "EHLO c", "AUTH PLAIN " + plain("eve", "wrong"), "AUTH", "AUTH PLAIN !", "NOSUCH");
				session(context, "EHLO c", "STARTTLS", "this is no handshake");
				session(context, "EHLO c", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA", "cut off");
				session(context, "EHLO c", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA",
						"bare\nline\r\n" + "x".repeat(200) + "\r\n.");
				try (TestClient first = client(context); TestClient second = client(context)) {
					first.reply();
					second.reply();
					while (first.reply() != null) { // too slow for the server
						assertThat(context.getBean(SmtpServer.class).isRunning()).isTrue();
					}
				}
				sessionLine("outcome=timeout");
				await().until(() -> context.getBean(SmtpServer.class).sessions().isEmpty());
				assertThat(this.recorder.events).hasSizeGreaterThanOrEqualTo(8)
					.noneMatch((event) -> event.getLevel().isGreaterOrEqual(Level.WARN));
			});
	}

	/** Says all of it, hangs up, and waits until the server has noticed. */
	private void session(ApplicationContext context, String... lines) {
		SmtpServer server = context.getBean(SmtpServer.class);
		try (TestClient client = TestClient.connect(server)) {
			client.reply();
			for (String line : lines) {
				client.write(line);
			}
		}
		catch (RuntimeException ex) {
			assertThat(ex).hasMessageContaining("IOException"); // the server has hung up
																// first
		}
		await().until(() -> server.sessions().isEmpty());
	}

	private ILoggingEvent sessionLine(String text) {
		return await().until(() -> this.recorder.events.stream()
			.filter((event) -> event.getLevel() == Level.INFO && event.getFormattedMessage().contains(text))
			.findFirst()
			.orElse(null), (event) -> event != null);
	}

	private List<String> lines(Function<ILoggingEvent, String> text) {
		return this.recorder.events.stream().map(text).toList();
	}

	private static Map<String, Object> pairs(ILoggingEvent event) {
		return event.getKeyValuePairs()
			.stream()
			.collect(Collectors.toMap((KeyValuePair pair) -> pair.key, (pair) -> pair.value));
	}

	private static String encode(String format, ILoggingEvent event) {
		LoggerContext context = new LoggerContext();
		context.putObject(Environment.class.getName(), new MockEnvironment());
		StructuredLogEncoder encoder = new StructuredLogEncoder();
		encoder.setContext(context);
		encoder.setFormat(format);
		encoder.start();
		return new String(encoder.encode(event), StandardCharsets.UTF_8);
	}

	private static TestClient client(ApplicationContext context) {
		return TestClient.connect(context.getBean(SmtpServer.class));
	}

	private static String plain(String user, String password) {
		return base64("\0" + user + "\0" + password);
	}

	private static String base64(String text) {
		return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
	}

	/** Keeps what is logged, with the MDC of that moment. */
	static final class Recorder extends AppenderBase<ILoggingEvent> {

		final Queue<ILoggingEvent> events = new ConcurrentLinkedQueue<>();

		@Override
		protected void append(ILoggingEvent event) {
			event.prepareForDeferredProcessing();
			this.events.add(event);
		}

	}

}
