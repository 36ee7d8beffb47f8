package io.smtpd.autoconfigure;

import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.Base64;

import io.smtpd.Authenticator;
import io.smtpd.Peer;
import io.smtpd.SaslMechanism;
import io.smtpd.SmtpServer;
import io.smtpd.sasl.ScramKeyStore;
import io.smtpd.sasl.ScramKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/** Which beans make the server offer AUTH, and to whom XCLIENT is offered. */
@ExtendWith(OutputCaptureExtension.class)
class AuthenticationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(SmtpServerAutoConfiguration.class))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0");

	private final ApplicationContextRunner clearText = this.runner
		.withPropertyValues("smtpd.auth.allow-without-tls=true");

	@Test
	void withoutBeansAuthIsNotOffered() {
		this.clearText.run((context) -> assertThat(offered(context.getBean(SmtpServer.class), "AUTH")).isNull());
	}

	@Test
	void authenticatorIsOfferedPasswordsInsideTlsOnly() {
		this.runner.withBean(Authenticator.class, AuthenticationTests::onlyAlice).run((context) -> {
			SmtpServer server = context.getBean(SmtpServer.class);
			assertThat(offered(server, "AUTH")).isNull();
			assertThat(login(server)).startsWith("538 5.7.11 ");
		});
	}

	@Test
	void whenClearTextIsAllowedPasswordsAreTakenAndTheStartWarns(CapturedOutput output) {
		this.clearText.withBean(Authenticator.class, AuthenticationTests::onlyAlice).run((context) -> {
			SmtpServer server = context.getBean(SmtpServer.class);
			assertThat(offered(server, "AUTH")).isEqualTo("AUTH PLAIN LOGIN");
			assertThat(login(server)).startsWith("235 2.7.0 ");
			assertThat(output.getOut()).containsOnlyOnce("smtpd.auth.allow-without-tls is true");
		});
	}

	@Test
	void whenAuthIsRequiredMailNeedsIt() {
		this.clearText.withPropertyValues("smtpd.auth.required=true")
			.withBean(Authenticator.class, AuthenticationTests::onlyAlice)
			.run((context) -> {
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					client.reply();
					client.send("EHLO client.example.org");
					assertThat(client.send("MAIL FROM:<a@example.org>")).startsWith("530 5.7.0 ");
					client.send("AUTH PLAIN " + base64("\0alice\0secret"));
					assertThat(client.send("MAIL FROM:<a@example.org>")).startsWith("250 ");
				}
			});
	}

	@Test
	void whenAuthIsRequiredButCannotBeHadForWantOfTlsTheStartWarns(CapturedOutput output) {
		this.runner.withPropertyValues("smtpd.auth.required=true")
			.withBean(Authenticator.class, AuthenticationTests::onlyAlice)
			.run((context) -> assertThat(output.getOut()).contains(
					"Listener 'default' requires authentication but has no TLS, in which alone passwords are taken: set "
							+ "smtpd.ssl.bundle"));
	}

	@Test
	void authenticatorThatAcceptsTokensIsOfferedThem() {
		this.clearText
			.withBean(Authenticator.class,
					() -> Authenticator.firstOf(onlyAlice(), Authenticator.tokens((peer, token) -> () -> "token")))
			.run((context) -> assertThat(offered(context.getBean(SmtpServer.class), "AUTH"))
				.isEqualTo("AUTH PLAIN LOGIN OAUTHBEARER XOAUTH2"));
	}

	/** SCRAM-SHA-256-PLUS needs TLS, and comes first inside it. */
	@Test
	void scramKeyStoreMakesScram() {
		ScramKeys keys = ScramKeys.derive("secret");
		this.clearText.withBean(ScramKeyStore.class, () -> (peer, username) -> keys)
			.run((context) -> assertThat(offered(context.getBean(SmtpServer.class), "AUTH"))
				.isEqualTo("AUTH SCRAM-SHA-256"));
	}

	@Test
	void scramComesBeforePasswords() {
		ScramKeys keys = ScramKeys.derive("secret");
		this.clearText.withBean(ScramKeyStore.class, () -> (peer, username) -> keys)
			.withBean(Authenticator.class, AuthenticationTests::onlyAlice)
			.run((context) -> assertThat(offered(context.getBean(SmtpServer.class), "AUTH"))
				.isEqualTo("AUTH SCRAM-SHA-256 PLAIN LOGIN"));
	}

	@Test
	void scramKeyStoreIsEnoughForRequiredAuthentication() {
		this.clearText.withPropertyValues("smtpd.auth.required=true")
			.withBean(ScramKeyStore.class, () -> (peer, username) -> null)
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void mechanismBeanIsOfferedAndCanAuthenticate() {
		this.clearText.withBean(SaslMechanism.class, Trusting::new).run((context) -> {
			SmtpServer server = context.getBean(SmtpServer.class);
			assertThat(offered(server, "AUTH")).isEqualTo("AUTH X-TRUST");
			try (TestClient client = TestClient.connect(server)) {
				client.reply();
				client.send("EHLO client.example.org");
				assertThat(client.send("AUTH X-TRUST =")).startsWith("235 ");
			}
		});
	}

	@Test
	void xclientIsOfferedToTrustedProxiesAndBelieved() {
		this.runner
			.withPropertyValues("smtpd.xclient.enabled=true", "smtpd.xclient.trusted-proxies=10.0.0.0/8, 127.0.0.1")
			.run((context) -> {
				SmtpServer server = context.getBean(SmtpServer.class);
				assertThat(offered(server, "XCLIENT")).startsWith("XCLIENT ");
				try (TestClient client = TestClient.connect(server)) {
					client.reply();
					client.send("EHLO client.example.org");
					assertThat(client.send("XCLIENT ADDR=203.0.113.7")).startsWith("220 ");
					// the first connection may not have ended yet
					assertThat(server.sessions()).anySatisfy(
							(session) -> assertThat(session.peer().remoteAddress().getAddress().getHostAddress())
								.isEqualTo("203.0.113.7"));
				}
			});
	}

	@Test
	void xclientIsRefusedToOthers() {
		this.runner
			.withPropertyValues("smtpd.xclient.enabled=true", "smtpd.xclient.trusted-proxies=10.0.0.0/8,192.0.2.1")
			.run((context) -> assertXclientRefused(context.getBean(SmtpServer.class)));
	}

	@Test
	void whenXclientIsNotEnabledTrustedProxiesHaveNoEffect() {
		this.runner.withPropertyValues("smtpd.xclient.trusted-proxies=127.0.0.1")
			.run((context) -> assertXclientRefused(context.getBean(SmtpServer.class)));
	}

	/** The client talks before the greeting, so it gets none. */
	@Test
	void greetDelayRefusesEarlyTalkers() {
		this.runner.withPropertyValues("smtpd.greet-delay=30s").run((context) -> {
			try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
				client.write("EHLO client.example.org");
				assertThat(client.reply()).startsWith("554 5.5.0 ");
			}
		});
	}

	private static void assertXclientRefused(SmtpServer server) {
		assertThat(offered(server, "XCLIENT")).isNull();
		try (TestClient client = TestClient.connect(server)) {
			client.reply();
			client.send("EHLO client.example.org");
			assertThat(client.send("XCLIENT ADDR=203.0.113.7")).startsWith("5");
		}
	}

	/** The line of the reply to EHLO that begins with a keyword, or null. */
	private static String offered(SmtpServer server, String keyword) {
		try (TestClient client = TestClient.connect(server)) {
			client.reply();
			client.write("EHLO client.example.org");
			return client.replyLines()
				.stream()
				.map((line) -> line.substring(4))
				.filter((line) -> line.startsWith(keyword))
				.findFirst()
				.orElse(null);
		}
	}

	private static String login(SmtpServer server) {
		try (TestClient client = TestClient.connect(server)) {
			client.reply();
			client.send("EHLO client.example.org");
			return client.send("AUTH PLAIN " + base64("\0alice\0secret"));
		}
	}

	private static Authenticator onlyAlice() {
		return Authenticator
			.passwords((peer, username, password) -> username.equals("alice") && password.equals("secret"));
	}

	private static String base64(String text) {
		return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
	}

	private static final class Trusting implements SaslMechanism {

		@Override
		public String name() {
			return "X-TRUST";
		}

		@Override
		public Exchange start(Peer peer, Authenticator authenticator) {
			Principal anyone = () -> "anyone";
			return (response) -> new Step.Success(anyone);
		}

	}

}
