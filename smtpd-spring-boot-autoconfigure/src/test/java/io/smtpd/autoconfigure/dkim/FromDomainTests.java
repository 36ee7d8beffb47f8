package io.smtpd.autoconfigure.dkim;

import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/** RFC 5322 §3.4, §4.4; RFC 6854. */
class FromDomainTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			joe@example.org                                       | example.org
			Joe <joe@example.org>                                 | example.org
			<joe@Example.ORG>                                     | example.org
			joe@example.org.                                      | example.org
			"evil@other.example" <joe@example.org>                | example.org
			"a \\" <evil@other.example>" <joe@example.org>        | example.org
			evil@other.example <joe@example.org>                  | example.org
			Joe (<evil@other.example>) <joe@example.org>          | example.org
			Joe (a (b) \\) c@d.example) <joe@example.org>         | example.org
			joe@example.org (Joe)                                 | example.org
			joe @ example . org                                   | example.org
			joe@(here)example.org                                 | example.org
			"joe@home"@example.org                                | example.org
			<"joe@home"@example.org>                              | example.org
			<@relay.example,@b.example:joe@example.org>           | example.org
			joe@example.org, eve@other.example                    | example.org
			, joe@example.org                                     | example.org
			Team: joe@example.org, eve@other.example;             | example.org
			Team: "J" <joe@example.org>;                          | example.org
			Joe <joe@b\u00fccher.example>                         | xn--bcher-kva.example
			=?utf-8?q?x=40other=2Eexample?= <joe@example.org>     | example.org
			Joe <joe@example.org                                  | example.org
			joe@sub_domain.example.org                            | sub_domain.example.org
			""")
	void findsTheDomainOfTheFirstMailbox(String from, String domain) {
		assertThat(FromDomain.of(" " + from)).isEqualTo(domain);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "joe", "<>", "Nobody:;", "joe@[192.0.2.1]", "joe@", "joe@-a.example", "joe@a..b",
			"\"joe@example.org", "(joe@example.org", "joe@exa$mple.org" })
	void noDomainNoAnswer(String from) {
		assertThat(FromDomain.of(from)).isNull();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			joe@example.org                                         | example.org
			joe@example.org, Eve <eve@Other.Example>, x@example.org | example.org other.example
			Joe <joe@example.org> <eve@other.example>               | example.org other.example
			Team: joe@example.org, eve@other.example; x@c.example   | example.org other.example c.example
			"eve@other.example" <joe@example.org>                   | example.org
			eve@other.example <joe@example.org>                     | example.org
			joe@[192.0.2.1], joe@example.org                        | example.org
			""")
	void findsTheDomainsOfAllMailboxes(String from, String domains) {
		assertThat(FromDomain.all(" " + from)).containsExactly(domains.split(" "));
	}

	@Test
	void neverFailsWhateverStandsThere() {
		Random random = new Random(5322);
		String alphabet = "ab@.<>()\"\\:;,[] \t\u00fc\u3002\ufffd\r\n-_";
		for (int round = 0; round < 20_000; round++) {
			StringBuilder from = new StringBuilder();
			for (int i = random.nextInt(25); i > 0; i--) {
				from.append(alphabet.charAt(random.nextInt(alphabet.length())));
			}
			assertThatCode(() -> FromDomain.of(from.toString())).as(from.toString()).doesNotThrowAnyException();
		}
		assertThat(FromDomain.of("a@" + "b.".repeat(100_000) + "example")).isNull();
	}

}
