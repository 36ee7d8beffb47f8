package io.smtpd.sasl;

import java.nio.charset.StandardCharsets;

import io.smtpd.Authenticator.Credentials;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class LoginMechanismTests {

	private final LoginMechanism mechanism = new LoginMechanism();

	@Test
	void isOfferedInsideTlsOnly() {
		assertThat(this.mechanism.name()).isEqualTo("LOGIN");
		assertThat(this.mechanism.requiresTls()).isTrue();
	}

	@Test
	void asksForUserNameAndPassword() throws Exception {
		Dialogue dialogue = new Dialogue(this.mechanism);
		assertThat(dialogue.challenge((String) null)).isEqualTo("Username:");
		assertThat(dialogue.challenge("jürgen@example.org")).isEqualTo("Password:");
		assertThat(dialogue.shown).isEmpty();
		assertThat(dialogue.success("sécret").getName()).isEqualTo("somebody");
		assertThat(dialogue.shown).containsExactly(new Credentials.Password("", "jürgen@example.org", "sécret"));
	}

	@Test
	void takesAnInitialResponseAsTheUserName() throws Exception {
		Dialogue dialogue = new Dialogue(this.mechanism);
		assertThat(dialogue.challenge("tim")).isEqualTo("Password:");
		dialogue.success("secret");
		assertThat(dialogue.shown).containsExactly(new Credentials.Password("", "tim", "secret"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "t\0im", "t\u0007m", "tim\r\n" })
	void refusesMalformedUserNames(String username) {
		assertThat(new Dialogue(this.mechanism).refusal(username)).isEqualTo(Dialogue.MALFORMED);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "\0", "sec\0ret" })
	void refusesMalformedPasswords(String password) throws Exception {
		Dialogue dialogue = new Dialogue(this.mechanism);
		dialogue.challenge("tim");
		assertThat(dialogue.refusal(password)).isEqualTo(Dialogue.MALFORMED);
		assertThat(dialogue.shown).isEmpty();
	}

	@Test
	void refusesWhatIsTooLongOrNotUtf8() throws Exception {
		byte[] latin1 = "jürgen".getBytes(StandardCharsets.ISO_8859_1);
		assertThat(new Dialogue(this.mechanism).refusal("t".repeat(256))).isEqualTo(Dialogue.MALFORMED);
		assertThat(new Dialogue(this.mechanism).refusal(latin1)).isEqualTo(Dialogue.MALFORMED);
		Dialogue dialogue = new Dialogue(this.mechanism);
		dialogue.challenge("t".repeat(255));
		assertThat(dialogue.refusal(latin1)).isEqualTo(Dialogue.MALFORMED);
		assertThat(dialogue.refusal("p".repeat(4097))).isEqualTo(Dialogue.MALFORMED);
	}

	@Test
	void forgetsTheUserNameWhenClosed() throws Exception {
		Dialogue dialogue = new Dialogue(this.mechanism);
		dialogue.challenge("tim");
		dialogue.close();
		assertThat(dialogue.challenge("tom")).isEqualTo("Password:");
	}

}
