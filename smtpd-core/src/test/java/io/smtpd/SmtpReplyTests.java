package io.smtpd;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/** RFC 5321 §4.2, RFC 2034, RFC 3463. */
class SmtpReplyTests {

	@ParameterizedTest
	@ValueSource(ints = { 200, 211, 250, 354, 421, 450, 555, 559 })
	void replyCodeIsTaken(int code) {
		assertThat(SmtpReply.of(code, "x").code()).isEqualTo(code);
	}

	@ParameterizedTest
	@ValueSource(ints = { -1, 0, 25, 199, 260, 299, 499, 560, 600, 999, 1250, Integer.MAX_VALUE, Integer.MIN_VALUE })
	void otherNumbersAreRefused(int code) {
		assertThatIllegalArgumentException().isThrownBy(() -> SmtpReply.of(code, "x")).withMessageContaining("" + code);
	}

	@ParameterizedTest
	@CsvSource({ "250, 2.0.0", "450, 4.7.12", "550, 5.999.999", "421, 4.4.2", "250," })
	void enhancedStatusCodeOfTheSameClassIsTaken(int code, String status) {
		assertThat(SmtpReply.of(code, status, "x").enhancedStatus()).isEqualTo(status);
	}

	@ParameterizedTest
	@CsvSource({ "250, 4.0.0", "450, 5.1.1", "550, 4.1.1", "250, 2.0", "250, 2.0.0.0", "250, 2.0.1000", "250, 2..0",
			"250, ''", "250, 2.0.x", "354, 3.0.0", "250, '2.0.0 '", "550, '5.1.1\r\n'", "550, ٥.1.1" })
	void otherEnhancedStatusCodesAreRefused(int code, String status) {
		assertThatIllegalArgumentException().isThrownBy(() -> SmtpReply.of(code, status, "x"));
	}

	@Test
	void replyNeedsALine() {
		assertThatIllegalArgumentException().isThrownBy(() -> new SmtpReply(250, null, List.of()));
		assertThat(SmtpReply.of(250, "").lines()).containsExactly("");
	}

	/** What quotes the client must not become a second reply. */
	@Test
	void controlCharactersInTextBecomeBlanks() {
		StringBuilder all = new StringBuilder();
		for (char character = 0; character < 0xA0; character++) {
			all.append(character);
		}
		all.append("\u2028\u2029");
		String clean = SmtpReply.of(550, all.toString()).lines().get(0);
		assertThat(clean).hasSize(all.length());
		assertThat(clean.chars().filter(Character::isISOControl)).isEmpty();
		assertThat(clean).contains("!\"#$%&'()*+,-./0123456789").doesNotContain("\r", "\n", "\u2028", "\u2029");
	}

	@Test
	void longTextGoesOnInTheNextLine() {
		SmtpReply words = SmtpReply.of(550, "5.1.1", "word ".repeat(300).trim());
		assertThat(words.lines()).hasSizeGreaterThan(3).allMatch((line) -> line.length() <= 480);
		assertThat(String.join("", words.lines())).isEqualTo("word ".repeat(300).trim());
		assertThat(words.lines()).allMatch((line) -> line.startsWith("word"));
		assertThat(String.join("", SmtpReply.of(550, "x".repeat(2000)).lines())).isEqualTo("x".repeat(2000));
	}

	@Test
	void charactersBeyondTheBasicPlaneStayWhole() {
		String text = "a" + "\uD83D\uDE00".repeat(400);
		SmtpReply reply = SmtpReply.of(550, text);
		assertThat(String.join("", reply.lines())).isEqualTo(text);
		assertThat(reply.lines()).noneMatch((line) -> Character.isLowSurrogate(line.charAt(0)));
	}

	@Test
	void linesCannotBeChanged() {
		List<String> lines = new ArrayList<>(List.of("one"));
		SmtpReply reply = new SmtpReply(250, null, lines);
		lines.add("two");
		assertThat(reply.lines()).containsExactly("one").isUnmodifiable();
	}

	@Test
	void classOfCodeDecides() {
		assertThat(SmtpReply.of(354, "x").isRefusal()).isFalse();
		assertThat(SmtpReply.of(450, "x").isRefusal()).isTrue();
		assertThat(SmtpReply.of(450, "x").isTemporary()).isTrue();
		assertThat(SmtpReply.of(550, "x").isTemporary()).isFalse();
		assertThat(SmtpReply.of(421, "x").closesSession()).isTrue();
		assertThat(SmtpReply.of(221, "x").closesSession()).isFalse();
		assertThat(SmtpReply.of(554, "x").closesSession()).isFalse();
	}

	@Test
	void toStringIsOneLine() {
		assertThat(SmtpReply.of(550, "5.1.1", "one", "two")).hasToString("550 5.1.1 one / two");
		assertThat(SmtpReply.of(250, "one")).hasToString("250 one");
	}

	@Test
	void nineStatusesHaveTheirNumbers() {
		assertThat(List.of(SmtpReply.PASSWORD_TRANSITION_NEEDED, SmtpReply.MESSAGE_ERROR,
				SmtpReply.MESSAGE_EXCEEDS_STORAGE, SmtpReply.TEMPORARY_AUTHENTICATION_FAILURE,
				SmtpReply.AUTHENTICATION_REQUIRED, SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID,
				SmtpReply.ENCRYPTION_REQUIRED, SmtpReply.SERVER_ERROR, SmtpReply.EXCEEDED_STORAGE_ALLOCATION))
			.extracting(SmtpReply::code)
			.containsExactly(432, 450, 452, 454, 530, 535, 538, 550, 552);
	}

	/** All but the greeting, the reply to HELO and EHLO, and 354 (RFC 2034 §4). */
	@Test
	void everyReplyOfTheEngineHasAnEnhancedStatusCode() throws IllegalAccessException {
		for (Field field : Replies.class.getDeclaredFields()) {
			if (field.getType() == SmtpReply.class && Modifier.isStatic(field.getModifiers())) {
				SmtpReply reply = (SmtpReply) field.get(null);
				assertThat(reply.enhancedStatus() == null).as(field.getName()).isEqualTo(reply.code() / 100 == 3);
			}
		}
		assertThat(Replies.queued("x.1").enhancedStatus()).isEqualTo("2.0.0");
	}

}
