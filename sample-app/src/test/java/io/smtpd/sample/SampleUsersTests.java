package io.smtpd.sample;

import java.util.Map;

import io.smtpd.Authenticator;
import io.smtpd.Authenticator.Credentials.Password;
import io.smtpd.SmtpException;
import io.smtpd.sample.SampleProperties.Store;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class SampleUsersTests {

	private final SampleUsers users = new SampleUsers(Map.of("alice", "correct horse"));

	@Test
	void rightPasswordMatches() {
		assertThat(this.users.matches("alice", "correct horse")).isTrue();
	}

	@Test
	void wrongPasswordAndUnknownUserDoNot() {
		assertThat(this.users.matches("alice", "correct")).isFalse();
		assertThat(this.users.matches("alice", "")).isFalse();
		assertThat(this.users.matches("bob", "correct horse")).isFalse();
		assertThat(this.users.matches("bob", "")).isFalse();
	}

	@Test
	void usersMakeAnAuthenticator() {
		new ApplicationContextRunner().withUserConfiguration(SampleApplication.class)
			.withPropertyValues("smtpd.enabled=false", "sample.store.directory=", "sample.users.alice=secret",
					"sample.users[bob@example.org]=another")
			.run((context) -> {
				assertThat(context).hasSingleBean(Authenticator.class);
				Authenticator authenticator = context.getBean(Authenticator.class);
				assertThat(authenticator.authenticate(null, new Password("", "alice", "secret")).getName())
					.isEqualTo("alice");
				assertThat(authenticator.authenticate(null, new Password("", "bob@example.org", "another")).getName())
					.isEqualTo("bob@example.org");
				assertThatExceptionOfType(SmtpException.class)
					.isThrownBy(() -> authenticator.authenticate(null, new Password("", "alice", "another")))
					.withMessageStartingWith("535 5.7.8");
			});
	}

	@Test
	void propertiesShowNoPassword() {
		assertThat(new SampleProperties(new Store("mail"), Map.of("alice", "secret"))).asString()
			.contains("alice")
			.doesNotContain("secret");
	}

}
