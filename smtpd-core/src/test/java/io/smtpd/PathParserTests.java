package io.smtpd;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.entry;

/** RFC 5321 §4.1.2, §4.1.3 and RFC 6531 §3.3. */
class PathParserTests {

	private static final String LABEL = "d".repeat(63);

	/** Path, mailbox, what is left behind the path; a quote is written as a backquote. */
	@ParameterizedTest
	@CsvSource(quoteCharacter = '\0', delimiter = '|', ignoreLeadingAndTrailingWhitespace = false, value = { //
			"<a@b>|a@b|", //
			"<a@b> SIZE=1|a@b| SIZE=1", //
			"<A.B@Example.ORG>|A.B@Example.ORG|", //
			"<a@1>|a@1|", //
			"<a@1.2.3.4>|a@1.2.3.4|", //
			"<a@b-c.d--e>|a@b-c.d--e|", //
			"<-@b>|-@b|", //
			"<!#$%&'*+-/=?^_{}~@b>|!#$%&'*+-/=?^_{}~@b|", //
			"<``@b>|``@b|", //
			"<`a b`@c>|`a b`@c|", //
			"<`.`@c>|`.`@c|", //
			"<`<>@:,`@c>|`<>@:,`@c|", //
			"<`\\``@c>|`\\``@c|", //
			"<`\\\\`@c>|`\\\\`@c|", //
			"<`\\a`@c>|`\\a`@c|", //
			"<a@[1.2.3.4]>|a@[1.2.3.4]|", //
			"<a@[IPv6:::]>|a@[IPv6:::]|", //
			"<@x:a@b>|a@b|", //
			"<@x.y,@z:a@b> X|a@b| X", //
			"<@x:`:`@b>|`:`@b|", //
			"<ä@ö>|ä@ö|", //
			"<用户@例子.广告>|用户@例子.广告|" })
	void pathIsRead(String path, String mailbox, String rest) {
		PathParser reverse = parser(path);
		assertThat(reverse.reversePath()).isEqualTo(quoted(mailbox));
		assertThat(reverse).extracting("at").isEqualTo(path.length() - ((rest != null) ? rest.length() : 0));
		assertThat(parser(path).forwardPath()).isEqualTo(quoted(mailbox));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "a@b", "<a@b", "a@b>", " <a@b>", "< a@b>", "<a@b >", "<a @b>", "<a@ b>", "<a>",
			"<@b>", "<a@>", "<@>", "< >", "<<a@b>>", "<<>>", "<a@b@c>", "<.a@b>", "<a.@b>", "<a..b@c>", "<a@.b>",
			"<a@b.>", "<a@b..c>", "<a@-b>", "<a@b->", "<a@b.-c>", "<a@b_c>", "<a@b!c>", "<a(x)@b>", "<a,b@c>",
			"<a;b@c>", "<a:b@c>", "<a\\b@c>", "<a[b]@c>", "<`a@b>", "<`a`b@c>", "<a`b`@c>", "<`a``b`@c>", "<`a`.b@c>",
			"<`\\`@c>", "<`\\ä`@c>", "<`\t`@c>", "<`\u0001`@c>", "<`\u007f`@c>", "<`\\\u0000`@c>", "<\u0000@c>",
			"<a\t@c>", "<a@[1.2.3.4>", "<a@[1.2.3.4]x>", "<a@[1.2.3]>", "<a@[]>", "<a@[::1]>", "<a@[x:y]>",
			"<a@[IPv6:1.2.3.4]>", "<@:a@b>", "<@x>", "<@x:>", "<@x:@y:a@b>", "<@x,:a@b>", "<@x,y:a@b>", "<x:a@b>",
			"<@[1.2.3.4]:a@b>" })
	void whatIsNoPathIsRefused(String path) {
		assertThatExceptionOfType(SmtpException.class).isThrownBy(() -> parser(path).reversePath())
			.extracting(SmtpException::reply)
			.isEqualTo(Replies.BAD_SENDER);
		assertThatExceptionOfType(SmtpException.class).isThrownBy(() -> parser(path).forwardPath())
			.extracting(SmtpException::reply)
			.isEqualTo(Replies.BAD_RECIPIENT);
	}

	/** RFC 5321 §4.1.1.2, §4.1.1.3. */
	@Test
	void nullPathIsAReversePathOnlyAndPostmasterAForwardPathOnly() {
		assertThat(parser("<>").reversePath()).isEmpty();
		assertThatExceptionOfType(SmtpException.class).isThrownBy(() -> parser("<>").forwardPath());
		assertThat(parser("<pOstMaster>").forwardPath()).isEqualTo("pOstMaster");
		assertThatExceptionOfType(SmtpException.class).isThrownBy(() -> parser("<postmaster>").reversePath());
		assertThatExceptionOfType(SmtpException.class).isThrownBy(() -> parser("<po\u017ftmaster>").forwardPath());
	}

	/** RFC 5321 §4.5.3.1.2, §4.5.3.1.3; octets, not characters. */
	@Test
	void lengthsAreBounded() {
		String domain = String.join(".", LABEL, LABEL, "d".repeat(60)); // 188
		String local = "l".repeat(256 - 3 - domain.length());
		String longest = "<" + local + "@" + domain + ">";
		assertThat(longest).hasSize(256);
		assertThat(parser(longest).forwardPath()).hasSize(254);
		assertRefused("<l" + local + "@" + domain + ">", "Path too long");
		assertRefused("<@" + LABEL + ":" + local + "@" + domain + ">", "Path too long");
		assertRefused("<" + "ü".repeat(127) + "@bb>", "Path too long");
		assertThat(parser("<" + "ü".repeat(126) + "@b>").forwardPath()).hasSize(128);
		assertRefused("<a@" + LABEL + "d>", "Bad recipient address syntax");
		assertThat(parser("<a@" + LABEL + ">").forwardPath()).endsWith(LABEL);
	}

	@Test
	void parametersKeepOrderAndValues() {
		assertThat(parser("").parameters()).isEmpty();
		assertThat(parser(" a=B x-1 SIZE=1+2,;<>").parameters()).containsExactly(entry("A", "B"), entry("X-1", ""),
				entry("SIZE", "1+2,;<>"));
	}

	@ParameterizedTest
	@ValueSource(strings = { " ", "  A", " A ", " A  B", "A", " =", " =1", " A=", " A= B", " A=1=2", " A==", " -A",
			" Ä=1", " A_B", "\tA", " A\tB", " A=\u0001", " A=\u007f", " A,B" })
	void malformedParametersAreRefused(String parameters) {
		assertThatExceptionOfType(SmtpException.class).isThrownBy(() -> parser(parameters).parameters())
			.extracting(SmtpException::reply)
			.isEqualTo(Replies.BAD_PARAMETER);
	}

	@ParameterizedTest
	@ValueSource(strings = { " A A", " A=1 a=2", " SIZE=1 X SIZE=1" })
	void parameterGivenTwiceIsRefused(String parameters) {
		assertThatExceptionOfType(SmtpException.class).isThrownBy(() -> parser(parameters).parameters())
			.withMessageContaining("given twice");
	}

	@Test
	void parametersCannotBeChanged() {
		Envelope.Recipient recipient = new Envelope.Recipient("a@b", parser(" A=1").parameters());
		assertThatExceptionOfType(UnsupportedOperationException.class)
			.isThrownBy(() -> recipient.parameters().put("B", ""));
		assertThat(recipient.parameters()).isEqualTo(Map.of("A", "1"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "a", "a.b", "A-1.b", "a_b", "_dmarc.a", "a.", "1", "1.2.3.4", "[1.2.3.4]", "[IPv6:::1]",
			"[ipv6:1::2]", "[::1]", "[IPv6:1:2:3:4:5:6:1.2.3.4]" })
	void heloNameIsKnown(String name) {
		assertThat(PathParser.isHeloName(name)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", ".", "..", "a..", ".a", "a..b", "-a", "a-", "a b", "a/b", "a;b", "(a)", "a\u0000",
			"a\r", "a\n", "ä", "[", "]", "[]", "[a]", "[1.2.3]", "[1.2.3.4", "1.2.3.4]", "[1.2.3.4]x", "[[1.2.3.4]]",
			"[IPv6:1.2.3.4]", "a@b", "<a>" })
	void otherHeloNamesAreNot(String name) {
		assertThat(PathParser.isHeloName(name)).isFalse();
	}

	@Test
	void heloNameHasTheLengthOfADomain() {
		String name = String.join(".", List.of(LABEL, LABEL, LABEL, "d".repeat(63)));
		assertThat(name).hasSize(255);
		assertThat(PathParser.isHeloName(name)).isTrue();
		assertThat(PathParser.isHeloName(name + ".")).isFalse();
	}

	private static void assertRefused(String path, String text) {
		assertThatExceptionOfType(SmtpException.class).isThrownBy(() -> parser(path).forwardPath())
			.extracting(SmtpException::reply)
			.isEqualTo(SmtpReply.of(501, "5.1.3", text));
	}

	private static PathParser parser(String text) {
		return new PathParser(quoted(text), 0);
	}

	private static String quoted(String text) {
		return text.replace('`', '"');
	}

}
