package io.smtpd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.read.ListAppender;
import com.ongres.scram.client.ScramClient;
import io.smtpd.SmtpServer.Listener;
import io.smtpd.sasl.ScramKeys;
import io.smtpd.sasl.ScramMechanism;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Nothing of an AUTH exchange is ever logged: all loggers are at TRACE here, and what
 * they say is searched for everything that the client sent.
 */
class SecretsTests {

	private static final String USER = "tim";

	private static final String PASSWORD = "Pa55wordOfTim";

	private static final String TOKEN = "mF9.B5f-4.1JqM";

	private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

	private final ListAppender<ILoggingEvent> log = new ListAppender<>();

	private final List<Appender<ILoggingEvent>> others = new ArrayList<>();

	private final List<String> told = new CopyOnWriteArrayList<>();

	private final List<String> secrets = new CopyOnWriteArrayList<>(
			List.of(PASSWORD, TOKEN, base64(PASSWORD), base64(TOKEN), base64("\0" + USER + "\0" + PASSWORD)));

	private Level level;

	@BeforeEach
	void listen() {
		this.level = this.root.getLevel();
		this.root.iteratorForAppenders().forEachRemaining(this.others::add);
		this.others.forEach(this.root::detachAppender);
		this.root.setLevel(Level.TRACE);
		this.log.list = new CopyOnWriteArrayList<>();
		this.log.start();
		this.root.addAppender(this.log);
	}

	@AfterEach
	void stopListening() {
		this.root.detachAppender(this.log);
		this.others.forEach(this.root::addAppender);
		this.root.setLevel(this.level);
	}

	static Stream<Arguments> exchanges() {
		String plain = base64("\0" + USER + "\0" + PASSWORD);
		String bearer = base64("n,a=tim,\u0001auth=Bearer " + TOKEN + "\u0001\u0001");
		String xoauth2 = base64("user=tim\u0001auth=Bearer " + TOKEN + "\u0001\u0001");
		return Stream.of(Arguments.of("PLAIN", List.of("AUTH PLAIN " + plain)),
				Arguments.of("PLAIN in two lines", List.of("AUTH PLAIN", plain)),
				Arguments.of("LOGIN", List.of("AUTH LOGIN", base64(USER), base64(PASSWORD))),
				Arguments.of("OAUTHBEARER", List.of("AUTH OAUTHBEARER " + bearer)),
				Arguments.of("XOAUTH2", List.of("AUTH XOAUTH2", xoauth2)));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("exchanges")
	void sessionThatAuthenticatesLogsNoSecret(String name, List<String> lines) throws IOException {
		try (TestServer server = start(true)) {
			try (RawClient client = connect(server, "tls")) {
				String last = say(client, lines);
				assertThat(last).startsWith("235");
				client.openTransaction().expect("DATA", "354").send("text\r\n.\r\n").expect("250");
				client.expect("QUIT", "221").expectClosed();
			}
			assertNothingIsTold(server);
		}
	}

	/** All of it in one segment, as if the server had agreed: it comes as commands. */
	@ParameterizedTest(name = "{0}")
	@MethodSource("exchanges")
	void credentialsBehindARefusedAuthAreNotLoggedAsCommands(String name, List<String> lines) throws IOException {
		List<String> twice = new ArrayList<>(lines);
		twice.addAll(lines);
		for (String listener : List.of("default", "tls")) {
			try (TestServer server = start(false)) {
				try (RawClient client = connect(server, listener)) {
					say(client, twice);
					say(client,
							List.of("AUTH NONE " + base64(PASSWORD), base64(PASSWORD), PASSWORD, TOKEN,
									"AUTH PLAIN " + PASSWORD, "AUTH LOGIN x y " + PASSWORD, PASSWORD + ": " + TOKEN,
									"AUTH PLAIN " + "A".repeat(3000) + base64(PASSWORD)));
				}
				assertNothingIsTold(server);
			}
		}
	}

	/** The connection ends, or the patience does, in the middle of the exchange. */
	@Test
	void sessionsThatAreCutInTheExchangeLogNoSecret() throws IOException {
		List<RawClient> clients = new ArrayList<>();
		try (TestServer server = start(true)) {
			for (List<String> lines : exchanges().map((arguments) -> lines(arguments.get()[1])).toList()) {
				RawClient lost = connect(server, "tls");
				RawClient late = connect(server, "tls");
				for (String line : lines.subList(0, lines.size() - 1)) {
					lost.expect(line, "334");
					late.expect(line, "334");
				}
				String last = lines.get(lines.size() - 1);
				lost.send(last).close();
				clients.add(late.send(last));
			}
			for (RawClient late : clients) {
				late.expect("421 4.4.2").expectClosed();
				late.close();
			}
			assertNothingIsTold(server);
		}
	}

	@SuppressWarnings("unchecked")
	private static List<String> lines(Object argument) {
		return (List<String>) argument;
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("exchanges")
	void failureOfTheAuthenticatorLogsNoSecret(String name, List<String> lines) throws IOException {
		try (TestServer server = TestServer.start((builder) -> configure(builder, new Failing()));
				RawClient client = connect(server, "tls")) {
			assertThat(say(client, lines)).startsWith("454 4.7.0");
			client.close();
			assertNothingIsTold(server);
			assertThat(this.log.list).anyMatch((event) -> event.getLevel() == Level.ERROR);
		}
	}

	@Test
	void scramLogsNeitherKeysNorProofs() throws Exception {
		ScramKeys keys = ScramKeys.derive(PASSWORD);
		this.secrets.addAll(List.of(base64(keys.storedKey()), base64(keys.serverKey())));
		try (TestServer server = TestServer.start((builder) -> {
			ScramMechanism.of((peer, username) -> keys).forEach(builder::mechanism);
			builder.authAllowWithoutTls(true).sessionListener(new Told());
		})) {
			for (String password : List.of(PASSWORD, PASSWORD + "x")) {
				try (RawClient client = server.connect()) {
					ScramClient scram = ScramClient.builder()
						.advertisedMechanisms(List.of("SCRAM-SHA-256"))
						.username(USER)
						.password(password.toCharArray())
						.build();
					client.expect("EHLO client.example.org", "250");
					String challenge = client
						.command("AUTH SCRAM-SHA-256 " + base64(scram.clientFirstMessage().toString()));
					scram.serverFirstMessage(decode(challenge));
					String proof = scram.clientFinalMessage().toString();
					this.secrets.addAll(List.of(proof.substring(proof.indexOf("p=") + 2), base64(proof)));
					String reply = client.command(base64(proof));
					if (password.equals(PASSWORD)) {
						scram.serverFinalMessage(decode(reply));
						client.expect("", "235").openTransaction();
					}
					else {
						assertThat(reply).startsWith("535");
					}
				}
			}
			assertNothingIsTold(server);
		}
	}

	private TestServer start(boolean right) throws IOException {
		Authenticator tokens = Authenticator.tokens((peer, token) -> {
			if (right && token.token().equals(TOKEN)) {
				return () -> USER;
			}
			throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
		});
		Authenticator passwords = Authenticator
			.passwords((peer, username, password) -> right && username.equals(USER) && password.equals(PASSWORD));
		return TestServer.start((builder) -> configure(builder, Authenticator.firstOf(passwords, tokens)));
	}

	private void configure(SmtpServer.Builder builder, Authenticator authenticator) {
		builder.authenticator(authenticator)
			.listener(Listener.of(TestServer.loopback()).named("tls").tls(TlsPolicy.implicit(Certificates::server)))
			.readTimeout(Duration.ofSeconds(1))
			.limits(SmtpLimits.none())
			.sessionListener(new Told());
	}

	private static RawClient connect(TestServer server, String listener) throws IOException {
		RawClient client = new RawClient(listener.equals("default") ? RawClient.connect(server.address())
				: Certificates.secure(RawClient.connect(server.server().localAddress(listener))));
		return client.expect("220").expect("EHLO client.example.org", "250");
	}

	/** Sends line by line, whatever the replies are. */
	private String say(RawClient client, List<String> lines) throws IOException {
		String reply = "";
		for (String line : lines) {
			reply = client.command(line);
			assertThat(reply).doesNotContain(PASSWORD, TOKEN);
		}
		return reply;
	}

	private void assertNothingIsTold(TestServer server) {
		await().until(() -> server.server().sessions().isEmpty());
		server.close();
		assertThat(this.log.list).as("log events").isNotEmpty();
		for (ILoggingEvent event : this.log.list) {
			String all = event.getFormattedMessage() + event.getMDCPropertyMap() + event.getKeyValuePairs()
					+ ((event.getThrowableProxy() != null) ? ThrowableProxyUtil.asString(event.getThrowableProxy())
							: "");
			assertThat(all).doesNotContain(this.secrets);
		}
		assertThat(this.told).isNotEmpty().noneMatch((event) -> this.secrets.stream().anyMatch(event::contains));
	}

	private static String base64(String text) {
		return base64(text.getBytes(StandardCharsets.UTF_8));
	}

	private static String base64(byte[] octets) {
		return Base64.getEncoder().encodeToString(octets);
	}

	private static String decode(String challenge) {
		assertThat(challenge).startsWith("334 ");
		return new String(Base64.getDecoder().decode(challenge.substring(4)), StandardCharsets.UTF_8);
	}

	/** Tells of the credentials what anybody would write into an exception. */
	private static final class Failing implements Authenticator {

		@Override
		public Principal authenticate(Peer peer, Credentials credentials) {
			throw new IllegalStateException("No directory to ask about " + credentials + " of " + peer);
		}

		@Override
		public Set<Class<? extends Credentials>> accepts() {
			return Set.of(Credentials.Password.class, Credentials.BearerToken.class);
		}

	}

	/** Whatever listeners are told reaches metrics and audit logs. */
	private final class Told implements SessionListener {

		@Override
		public void authenticated(Peer peer, String mechanism, AuthOutcome outcome) {
			SecretsTests.this.told.add(peer + mechanism + outcome);
		}

		@Override
		public void replied(Peer peer, String verb, SmtpReply reply, Duration elapsed) {
			SecretsTests.this.told.add(peer + verb + (reply.code() == 334 ? "" : reply));
		}

		@Override
		public void disconnected(Peer peer, SessionOutcome outcome, Duration elapsed, @Nullable Throwable cause) {
			SecretsTests.this.told.add(peer + " " + outcome + cause);
		}

	}

}
