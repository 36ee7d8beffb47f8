package io.smtpd;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class LogLineTests {

	@ParameterizedTest
	@CsvSource({ "plain, field=plain", "'', 'field=\"\"'", "two words, 'field=\"two words\"'",
			"'a\nb', 'field=\"a?b\"'", "'a\u2028b\u0085c', 'field=\"a?b?c\"'", "'quo\"te', 'field=\"quo?te\"'",
			"grüße, 'field=\"grüße\"'" })
	void valueCannotLookLikeAnotherFieldOrLine(String value, String text) {
		assertThat(new LogLine().field("field", value)).hasToString(text);
	}

	@ParameterizedTest
	@CsvSource({ "256, 256", "257, 259" })
	void valueIsCutWhenItIsLong(int length, int shown) {
		assertThat(new LogLine().field("x", "y".repeat(length)).toString()).hasSize("x=".length() + shown);
	}

}
