package io.smtpd.sasl;

import io.smtpd.Authenticator;
import io.smtpd.Authenticator.Credentials;
import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** RFC 7628. A "~" in the tables is the octet 1. */
class OAuthBearerMechanismTests {

	private static final String MESSAGE = "n,a=user@example.com,~host=server.example.com~port=587~auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==~~";

	private static final Authenticator REFUSES = (peer, credentials) -> {
		throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
	};

	private final OAuthBearerMechanism mechanism = new OAuthBearerMechanism();

	@Test
	void isOfferedInsideTlsOnly() {
		assertThat(this.mechanism.name()).isEqualTo("OAUTHBEARER");
		assertThat(this.mechanism.requiresTls()).isTrue();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			n,a=user@example.com,~host=mx.example.com~port=143~auth=Bearer vF9d-._~+/9==~~ | user@example.com
			n,,~auth=Bearer vF9d-._~+/9==~~ | ''
			y,,~auth=bearer  vF9d-._~+/9==~~ | ''
			n,a=a=2Cb=3Dc,~auth=BEARER vF9d-._~+/9==~qs=x%20y=z~~ | a,b=c
			""")
	void handsOverTheToken(String message, String authorizationId) throws Exception {
		Dialogue dialogue = new Dialogue(this.mechanism);
		// the tilde of the token itself stays
		dialogue.success(message.replace('~', '\1').replace("._\1", "._~"));
		assertThat(dialogue.shown).containsExactly(new Credentials.BearerToken(authorizationId, "vF9d-._~+/9=="));
	}

	@Test
	void asksWithNothingWhenThereIsNoInitialResponse() throws Exception {
		Dialogue dialogue = new Dialogue(this.mechanism);
		assertThat(dialogue.challenge((String) null)).isEmpty();
		dialogue.success(MESSAGE.replace('~', '\1'));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "~", "~~", "n,,", "n,,~~", "n,,~auth=Bearer x", "n,,~auth=Bearer x~",
			",,~auth=Bearer x~~", "x,,~auth=Bearer x~~", "n,~auth=Bearer x~~", "n,,more~auth=Bearer x~~",
			"n,u=x,~auth=Bearer x~~", "n,a=,~auth=Bearer x~~", "n,a=x=2Dy,~auth=Bearer x~~", "n,a=x=,~auth=Bearer x~~",
			"p=tls-exporter,,~auth=Bearer x~~", "n,,~auth=Basic x~~", "n,,~auth=Bearer ~~", "n,,~auth=Bearer~~",
			"n,,~auth=Bearer x y~~", "n,,~auth=Bearer x\"~~", "n,,~auth=Bearer x~auth=Bearer y~~",
			"n,,~host=mx.example.com~~", "n,,~=x~auth=Bearer x~~", "n,,~host~auth=Bearer x~~", "n,,~auth=Bearer x~~~" })
	void refusesMalformedMessagesWithoutCallingTheAuthenticator(String message) {
		Dialogue dialogue = new Dialogue(this.mechanism);
		assertThat(dialogue.refusal(message.replace('~', '\1'))).isEqualTo(Dialogue.MALFORMED);
		assertThat(dialogue.shown).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "\1", "", "anything" })
	void tellsOfARefusedTokenInAChallengeFirst(String answer) throws Exception {
		Dialogue dialogue = new Dialogue(this.mechanism, Dialogue.peer(null), REFUSES);
		assertThat(dialogue.challenge(MESSAGE.replace('~', '\1'))).isEqualTo("{\"status\":\"invalid_token\"}");
		assertThat(dialogue.refusal(answer)).isEqualTo(Dialogue.REFUSED);
		assertThat(dialogue.shown).hasSize(1);
	}

	@Test
	void doesNotLetASecondTokenIntoTheSameExchange() throws Exception {
		Dialogue dialogue = new Dialogue(this.mechanism, Dialogue.peer(null), REFUSES);
		dialogue.challenge(MESSAGE.replace('~', '\1'));
		assertThat(dialogue.refusal(MESSAGE.replace('~', '\1'))).isEqualTo(Dialogue.REFUSED);
		assertThat(dialogue.shown).hasSize(1);
	}

	@Test
	void refusesForTheMomentAtOnce() {
		Dialogue dialogue = new Dialogue(this.mechanism, Dialogue.peer(null), (peer, credentials) -> {
			throw new SmtpException(SmtpReply.TEMPORARY_AUTHENTICATION_FAILURE);
		});
		assertThat(dialogue.refusal(MESSAGE.replace('~', '\1'))).startsWith("454 4.7.0");
	}

	@Test
	void showsTheErrorToAClientThatSendsNoToken() throws Exception {
		// RFC 7628 §4.3
		Dialogue dialogue = new Dialogue(this.mechanism);
		assertThat(dialogue.challenge("n,,\1auth=\1\1")).isEqualTo("{\"status\":\"invalid_token\"}");
		assertThat(dialogue.refusal("\1")).isEqualTo(Dialogue.REFUSED);
		assertThat(dialogue.shown).isEmpty();
	}

}
