package io.smtpd.sasl;

import java.nio.charset.StandardCharsets;

import io.smtpd.Authenticator.Credentials;
import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** RFC 4616. A "~" in the tables is NUL. */
class PlainMechanismTests {

	private final PlainMechanism mechanism = new PlainMechanism();

	@Test
	void isOfferedInsideTlsOnly() {
		assertThat(this.mechanism.name()).isEqualTo("PLAIN");
		assertThat(this.mechanism.requiresTls()).isTrue();
		assertThat(this.mechanism.availableTo(Dialogue.peer(null))).isTrue();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			~tim~tanstaaftanstaaf | '' | tim | tanstaaftanstaaf
			Ursel~Kurt~xipj3plmq | Ursel | Kurt | xipj3plmq
			~jürgen~pässwörd ☃ | '' | jürgen | pässwörd ☃
			~a b@example.org~ p | '' | a b@example.org | ' p'
			""")
	void handsOverWhatTheClientSent(String message, String authorizationId, String username, String password)
			throws Exception {
		Dialogue dialogue = new Dialogue(this.mechanism);
		assertThat(dialogue.success(message.replace('~', '\0')).getName()).isEqualTo("somebody");
		assertThat(dialogue.shown).containsExactly(new Credentials.Password(authorizationId, username, password));
	}

	@Test
	void asksWithNothingWhenThereIsNoInitialResponse() throws Exception {
		Dialogue dialogue = new Dialogue(this.mechanism);
		assertThat(dialogue.challenge((String) null)).isEmpty();
		assertThat(dialogue.success("\0tim\0secret").getName()).isEqualTo("somebody");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "~", "~~", "~~~", "tim", "tim~secret", "~tim~", "~~secret", "~tim~sec~ret",
			"~tim~secret~", "~t\u0007m~secret", "~tim\r\n~secret", "a\nb~tim~secret" })
	void refusesMalformedMessagesWithoutCallingTheAuthenticator(String message) {
		Dialogue dialogue = new Dialogue(this.mechanism);
		assertThat(dialogue.refusal(message.replace('~', '\0'))).isEqualTo(Dialogue.MALFORMED);
		assertThat(dialogue.shown).isEmpty();
	}

	@Test
	void refusesWhatIsNotUtf8() {
		for (String message : new String[] { "\0t\u00fcm\0secret", "\0tim\0\u00ff", "\u00c0\u0080\0tim\0x",
				"\0tim\0\u00ed\u00a0\u0080" }) {
			Dialogue dialogue = new Dialogue(this.mechanism);
			assertThat(dialogue.refusal(message.getBytes(StandardCharsets.ISO_8859_1))).isEqualTo(Dialogue.MALFORMED);
			assertThat(dialogue.shown).isEmpty();
		}
	}

	@Test
	void takesIdentitiesOf255OctetsAndPasswordsOf4096() throws Exception {
		String name = "ü".repeat(127) + "u";
		String password = "p".repeat(4096);
		new Dialogue(this.mechanism).success(name + "\0" + name + "\0" + password);
		assertThat(new Dialogue(this.mechanism).refusal(name + "u\0u\0p")).isEqualTo(Dialogue.MALFORMED);
		assertThat(new Dialogue(this.mechanism).refusal("\0" + name + "u\0p")).isEqualTo(Dialogue.MALFORMED);
		assertThat(new Dialogue(this.mechanism).refusal("\0u\0" + password + "p")).isEqualTo(Dialogue.MALFORMED);
	}

	@Test
	void passesTheAuthenticatorsRefusalOn() {
		SmtpException transition = new SmtpException(SmtpReply.PASSWORD_TRANSITION_NEEDED);
		assertThatExceptionOfType(SmtpException.class)
			.isThrownBy(() -> new Dialogue(this.mechanism, Dialogue.peer(null), (peer, credentials) -> {
				throw transition;
			}).success("\0tim\0secret"))
			.isSameAs(transition);
	}

	@Test
	void passesTheAuthenticatorsFailureOn() {
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> new Dialogue(this.mechanism, Dialogue.peer(null), (peer, credentials) -> {
				throw new IllegalStateException("directory down");
			}).success("\0tim\0secret"));
	}

}
