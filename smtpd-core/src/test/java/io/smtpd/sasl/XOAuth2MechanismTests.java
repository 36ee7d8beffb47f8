package io.smtpd.sasl;

import io.smtpd.Authenticator.Credentials;
import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** A "~" in the tables is the octet 1. */
class XOAuth2MechanismTests {

	private static final String MESSAGE = "user=someuser@example.com\1auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\1\1";

	private final XOAuth2Mechanism mechanism = new XOAuth2Mechanism();

	@Test
	void isOfferedInsideTlsOnly() {
		assertThat(this.mechanism.name()).isEqualTo("XOAUTH2");
		assertThat(this.mechanism.requiresTls()).isTrue();
	}

	@Test
	void handsOverTheToken() throws Exception {
		Dialogue dialogue = new Dialogue(this.mechanism);
		assertThat(dialogue.challenge((String) null)).isEmpty();
		dialogue.success(MESSAGE);
		assertThat(dialogue.shown).containsExactly(
				new Credentials.BearerToken("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"));
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "", "~~", "user=a", "user=a~auth=Bearer x", "user=a~auth=Bearer x~", "user=~auth=Bearer x~~",
					"usr=a~auth=Bearer x~~", "user=a~aut=Bearer x~~", "user=a~auth=Basic x~~", "user=a~auth=Bearer ~~",
					"user=a~auth=Bearer x~y~", "user=a~auth=Bearer x~~~", "user=a\nb~auth=Bearer x~~" })
	void refusesMalformedMessagesWithoutCallingTheAuthenticator(String message) {
		Dialogue dialogue = new Dialogue(this.mechanism);
		assertThat(dialogue.refusal(message.replace('~', '\1'))).isEqualTo(Dialogue.MALFORMED);
		assertThat(dialogue.shown).isEmpty();
	}

	@Test
	void refusesAUserNameOfMoreThan255Octets() throws Exception {
		new Dialogue(this.mechanism).success("user=" + "u".repeat(255) + "\1auth=Bearer x\1\1");
		assertThat(new Dialogue(this.mechanism).refusal("user=" + "ü".repeat(128) + "\1auth=Bearer x\1\1"))
			.isEqualTo(Dialogue.MALFORMED);
	}

	@Test
	void tellsOfARefusedTokenInAChallengeFirst() throws Exception {
		Dialogue dialogue = new Dialogue(this.mechanism, Dialogue.peer(null), (peer, credentials) -> {
			throw new SmtpException(550, "5.7.1", "This account is closed");
		});
		assertThat(dialogue.challenge(MESSAGE)).isEqualTo("{\"status\":\"401\",\"schemes\":\"bearer\"}");
		assertThat(dialogue.refusal("")).isEqualTo("550 5.7.1 This account is closed");
	}

	@Test
	void refusesForTheMomentAtOnce() {
		Dialogue dialogue = new Dialogue(this.mechanism, Dialogue.peer(null), (peer, credentials) -> {
			throw new SmtpException(SmtpReply.TEMPORARY_AUTHENTICATION_FAILURE);
		});
		assertThat(dialogue.refusal(MESSAGE)).startsWith("454 4.7.0");
	}

}
