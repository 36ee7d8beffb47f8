package io.smtpd.sasl;

import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** RFC 4013, beginning with the examples of §3. */
class SaslPrepTests {

	static Stream<Arguments> prepared() {
		return Stream.of(arguments("I\u00adX", "IX"), arguments("user", "user"), arguments("USER", "USER"),
				arguments("\u00aa", "a"), arguments("\u2168", "IX"), arguments("a\u00a0b\u3000c\u200bd", "a b c d"),
				arguments("a\ufeff\u200d\ufe0fb", "ab"), arguments("u\u0308", "\u00fc"), arguments("\uff21", "A"),
				arguments("\u0627\u0031\u0628", "\u0627\u0031\u0628"), arguments("\u05d0 \u05d1", "\u05d0 \u05d1"),
				arguments("\ud83d\ude00", "\ud83d\ude00"), arguments("\ud83e\udd70", "\ud83e\udd70"));
	}

	@ParameterizedTest
	@MethodSource
	void prepared(String text, String prepared) {
		assertThat(SaslPrep.prepare(text)).isEqualTo(prepared);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "\u00ad", "\u0007", "a\u007f", "\u0085", "\u06dd", "\u2028", "\u200e", "\u202e",
			"\ue000", "\udbff\udffd", "\ud800", "\ufdd0", "\uffff", "\ud83f\udffe", "\ufffd", "\u2ff0", "\udb40\udc01",
			"\u0627\u0031", "\u0031\u0627", "\u0627a\u0628" })
	void refused(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> SaslPrep.prepare(text)).withNoCause();
	}

}
