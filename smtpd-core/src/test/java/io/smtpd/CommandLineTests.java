package io.smtpd;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** RFC 5321 §4.1.1, §2.4. */
class CommandLineTests {

	@ParameterizedTest
	@CsvSource(ignoreLeadingAndTrailingWhitespace = false, delimiter = '|',
			value = { "NOOP|NOOP|''", "noop|NOOP|''", "nOoP|NOOP|''", "NOOP |NOOP|''", "NOOP \t |NOOP|''",
					"NOOP\t|NOOP|''", "NOOP x|NOOP|x", "NOOP  x|NOOP| x", "NOOP x y |NOOP|x y",
					"MAIL FROM:<a@b> X|MAIL|FROM:<a@b> X", "QUIT ä|QUIT|ä" })
	void verbAndArgumentAreSplitAtTheFirstBlank(String line, Verb verb, String argument) {
		assertThat(CommandLine.parse(line)).isEqualTo(new CommandLine(verb, argument));
	}

	@ParameterizedTest
	@ValueSource(strings = { "FOO", "NOOPS", "NOO", "NOOP\tx", "NOOP:x", "MAIL:", "quıt", "rſet", "ＮＯＯＰ", "ﬀ",
			"UNKNOWN", "AVERYLONGVERBINDEED" })
	void otherVerbsAreUnknown(String line) {
		CommandLine command = CommandLine.parse(line);
		assertThat(command.verb()).isNull();
		assertThat(command.verbName()).isEqualTo("unknown");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "\t", " \t ", " NOOP", "  NOOP x" })
	void lineWithoutVerbIsRefused(String line) {
		assertThatExceptionOfType(SmtpException.class).isThrownBy(() -> CommandLine.parse(line))
			.extracting(SmtpException::reply)
			.isEqualTo(Replies.EMPTY_COMMAND);
	}

	@ParameterizedTest
	@EnumSource
	void everyVerbIsFoundByItsName(Verb verb) {
		assertThat(Verb.of(verb.name())).isSameAs(verb);
		assertThat(CommandLine.parse(verb + " x").verbName()).isEqualTo(verb.name());
	}

	@Test
	void verbNamesStayBounded() {
		assertThat(CommandLine.parse("A".repeat(500)).verbName()).isEqualTo(Verb.UNKNOWN);
	}

}
