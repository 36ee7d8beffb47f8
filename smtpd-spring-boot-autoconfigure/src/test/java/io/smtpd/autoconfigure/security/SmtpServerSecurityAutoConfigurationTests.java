package io.smtpd.autoconfigure.security;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.smtpd.Authenticator;
import io.smtpd.MessageHandler;
import io.smtpd.Peer;
import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.TestClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.InternalAuthenticationServiceException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.config.annotation.authentication.configuration.AuthenticationConfiguration;
import org.springframework.security.config.annotation.authentication.configuration.EnableGlobalAuthentication;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class SmtpServerSecurityAutoConfigurationTests {

	private static final String REFUSED = "535 5.7.8 Authentication credentials invalid";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(SmtpServerAutoConfiguration.class, SmtpServerSecurityAutoConfiguration.class))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0", "smtpd.auth.allow-without-tls=true",
				"smtpd.auth.spring-security=true");

	@Test
	void whenPropertyIsNotSetSpringSecurityIsNotAsked() {
		this.runner.withPropertyValues("smtpd.auth.spring-security=false")
			.withUserConfiguration(Users.class)
			.run((context) -> assertThat(context).doesNotHaveBean(Authenticator.class));
	}

	@Test
	void whenEnabledIsFalseThereIsNoAuthenticator() {
		this.runner.withPropertyValues("smtpd.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(Authenticator.class));
	}

	@Test
	void userWithTheRightPasswordIsLetIn() {
		this.runner.withUserConfiguration(Users.class)
			.run((context) -> assertThat(login(context.getBean(SmtpServer.class), "alice", "secret"))
				.startsWith("235 2.7.0 "));
	}

	/** A client must not learn from the reply which of these it is. */
	@Test
	void wrongPasswordUnknownUserLockedAndDisabledGetTheSameReply() {
		this.runner.withUserConfiguration(Users.class).run((context) -> {
			SmtpServer server = context.getBean(SmtpServer.class);
			assertThat(login(server, "alice", "wrong")).isEqualTo(REFUSED);
			assertThat(login(server, "nobody", "secret")).isEqualTo(REFUSED);
			assertThat(login(server, "locked", "secret")).isEqualTo(REFUSED);
			assertThat(login(server, "disabled", "secret")).isEqualTo(REFUSED);
			assertThat(login(server, "account-expired", "secret")).isEqualTo(REFUSED);
		});
	}

	@Test
	void expiredPasswordIsToldOnlyToWhoKnowsIt() {
		this.runner.withUserConfiguration(Users.class).run((context) -> {
			SmtpServer server = context.getBean(SmtpServer.class);
			assertThat(login(server, "expired", "secret")).startsWith("432 4.7.12 ");
			assertThat(login(server, "expired", "wrong")).isEqualTo(REFUSED);
		});
	}

	@Test
	void failureOfTheUserStoreIsTemporaryAndLogged(CapturedOutput output) {
		this.runner.withBean(UserDetailsService.class, () -> (username) -> {
			throw new IllegalStateException("directory is away");
		}).run((context) -> {
			assertThat(login(context.getBean(SmtpServer.class), "alice", "secret")).startsWith("454 4.7.0 ")
				.doesNotContain("directory");
			assertThat(output.getOut()).contains("directory is away").doesNotContain("secret");
		});
	}

	@Test
	void serviceExceptionOfAManagerIsTemporary() {
		this.runner.withBean(AuthenticationManager.class, () -> (authentication) -> {
			throw new InternalAuthenticationServiceException("away");
		})
			.run((context) -> assertThat(login(context.getBean(SmtpServer.class), "alice", "secret"))
				.startsWith("454 4.7.0 "));
	}

	@Test
	void authenticationIsThePrincipalOfThePeerWithoutThePassword() {
		this.runner.withUserConfiguration(Users.class, Inbox.class).run((context) -> {
			send(context.getBean(SmtpServer.class), "alice", "secret");
			Peer peer = context.getBean(Inbox.class).peers.poll(10, TimeUnit.SECONDS);
			assertThat(peer.principal()).isInstanceOfSatisfying(Authentication.class, (authentication) -> {
				assertThat(authentication.getName()).isEqualTo("alice");
				assertThat(authentication.getCredentials()).isNull();
				assertThat(authentication.getAuthorities()).extracting("authority").contains("ROLE_MAIL");
				assertThat(authentication.getDetails()).isEqualTo(peer.remoteAddress());
			});
		});
	}

	/** Not every manager does so by itself. */
	@Test
	void passwordIsErasedFromTheResultOfAnyManager() {
		this.runner
			.withBean(AuthenticationManager.class,
					() -> (authentication) -> UsernamePasswordAuthenticationToken
						.authenticated(authentication.getName(), authentication.getCredentials(), List.of()))
			.withUserConfiguration(Inbox.class)
			.run((context) -> {
				send(context.getBean(SmtpServer.class), "bob", "secret");
				Peer peer = context.getBean(Inbox.class).peers.poll(10, TimeUnit.SECONDS);
				assertThat(((Authentication) peer.principal()).getCredentials()).isNull();
			});
	}

	@Test
	void resultThatIsNotAuthenticatedIsRefused() {
		this.runner.withBean(AuthenticationManager.class, () -> (authentication) -> authentication)
			.run((context) -> assertThat(login(context.getBean(SmtpServer.class), "bob", "secret")).isEqualTo(REFUSED));
	}

	@Test
	void authenticationManagerBeanIsAskedBeforeAnythingElse() {
		this.runner.withUserConfiguration(Users.class)
			.withBean(AuthenticationManager.class,
					() -> (authentication) -> UsernamePasswordAuthenticationToken
						.authenticated(authentication.getName(), null, List.of()))
			.run((context) -> assertThat(login(context.getBean(SmtpServer.class), "nobody", "any")).startsWith("235 "));
	}

	@Test
	void managerOfSpringSecuritysConfigurationIsAsked() {
		this.runner.withUserConfiguration(GlobalAuthentication.class, Users.class).run((context) -> {
			assertThat(context).hasSingleBean(AuthenticationConfiguration.class);
			assertThat(login(context.getBean(SmtpServer.class), "alice", "secret")).startsWith("235 ");
			assertThat(login(context.getBean(SmtpServer.class), "alice", "wrong")).isEqualTo(REFUSED);
		});
	}

	@Test
	void authenticationProvidersAreEnough() {
		this.runner.withBean(AuthenticationProvider.class, OnlyCarol::new).run((context) -> {
			assertThat(login(context.getBean(SmtpServer.class), "carol", "any")).startsWith("235 ");
			assertThat(login(context.getBean(SmtpServer.class), "alice", "any")).isEqualTo(REFUSED);
		});
	}

	@Test
	void whenSpringSecuritysConfigurationIsNotOnTheClasspathUsersAreFoundAllTheSame() {
		this.runner.withUserConfiguration(Users.class)
			.withClassLoader(new FilteredClassLoader("org.springframework.security.config"))
			.run((context) -> assertThat(login(context.getBean(SmtpServer.class), "alice", "secret"))
				.startsWith("235 "));
	}

	@Test
	void actingAsSomeoneElseIsRefused() {
		this.runner.withUserConfiguration(Users.class).run((context) -> {
			try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
				client.reply();
				client.send("EHLO client.example.org");
				assertThat(client.send("AUTH PLAIN " + base64("root\0alice\0secret"))).isEqualTo(REFUSED);
				assertThat(client.send("AUTH PLAIN " + base64("alice\0alice\0secret"))).startsWith("235 ");
			}
		});
	}

	private static String login(SmtpServer server, String username, String password) {
		try (TestClient client = TestClient.connect(server)) {
			client.reply();
			client.send("EHLO client.example.org");
			return client.send("AUTH PLAIN " + base64("\0" + username + "\0" + password));
		}
	}

	private static void send(SmtpServer server, String username, String password) {
		try (TestClient client = TestClient.connect(server)) {
			client.reply();
			assertThat(
					client.send("EHLO client.example.org", "AUTH PLAIN " + base64("\0" + username + "\0" + password)))
				.startsWith("235 ");
			client.send("MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA");
			assertThat(client.send("Subject: test\r\n\r\nHello\r\n.")).startsWith("250 ");
		}
	}

	private static String base64(String text) {
		return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
	}

	@Configuration(proxyBeanMethods = false)
	static class Users {

		@Bean
		PasswordEncoder passwordEncoder() {
			return new BCryptPasswordEncoder(4);
		}

		@Bean
		UserDetailsService users(PasswordEncoder encoder) {
			return new InMemoryUserDetailsManager(user(encoder, "alice").build(),
					user(encoder, "locked").accountLocked(true).build(),
					user(encoder, "disabled").disabled(true).build(),
					user(encoder, "account-expired").accountExpired(true).build(),
					user(encoder, "expired").credentialsExpired(true).build());
		}

		private static User.UserBuilder user(PasswordEncoder encoder, String name) {
			return User.withUsername(name).password(encoder.encode("secret")).roles("MAIL");
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableGlobalAuthentication
	static class GlobalAuthentication {

	}

	@Configuration(proxyBeanMethods = false)
	static class Inbox {

		final BlockingQueue<Peer> peers = new LinkedBlockingQueue<>();

		@Bean
		MessageHandler inboxHandler() {
			return (peer, envelope) -> this.peers.add(peer);
		}

	}

	static class OnlyCarol implements AuthenticationProvider {

		@Override
		public Authentication authenticate(Authentication authentication) {
			return authentication.getName().equals("carol")
					? UsernamePasswordAuthenticationToken.authenticated("carol", null, List.of()) : null;
		}

		@Override
		public boolean supports(Class<?> type) {
			return UsernamePasswordAuthenticationToken.class.isAssignableFrom(type);
		}

	}

}
