package io.smtpd.autoconfigure.dkim;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.smtpd.SmtpException;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Messages and key records of strangers: nothing is thrown, and a signature passes only
 * for the message that was signed, in another reading of what the relaxed form keeps.
 */
class DkimFuzzTests {

	/** What the signatures of RFC 8463's message name in {@code h=}. */
	private static final List<String> SIGNED = List.of("from", "to", "subject", "date", "message-id");

	/** Named twice, so a second one must not be there (RFC 6376 §8.15). */
	private static final Set<String> ONCE = Set.of("from", "subject", "date");

	private static final Clock CLOCK = Clock.fixed(Instant.ofEpochSecond(1_800_000_000), ZoneOffset.UTC);

	static Stream<byte[]> messages() {
		return Stream.of(Rfc8463Example.SIGNATURES + Rfc8463Example.MESSAGE, Rfc8463Example.MESSAGE,
				(Rfc8463Example.SIGNATURES + Rfc8463Example.MESSAGE).replace("game", "Game"),
				Rfc8463Example.SIGNATURES + "Subject: another\r\n" + Rfc8463Example.MESSAGE,
				Rfc8463Example.SIGNATURES + "X: y\r\n" + Rfc8463Example.MESSAGE + "\r\n\r\n",
				(Rfc8463Example.SIGNATURES + Rfc8463Example.MESSAGE).replace("game.  Are", "game.\t Are")
					.replace("To: ", "to :\r\n "),
				"From: (a) \"b\" <c@d>, g: e@[1.2.3.4], f@xn--a;\r\nFrom: x\r\n\r\n", "\r\nbody", ":", " x\r\n",
				"DKIM-Signature: v=1; a=rsa-sha256; c=simple; d=a.b; s=c; h=from; l=0; x=1; bh=; b=\r\nFrom: a@a.b\r\n\r\n")
			.map((text) -> text.getBytes(StandardCharsets.ISO_8859_1));
	}

	/** RFC 6376 §3.4.2, §3.4.4, §5.4.2. */
	@MethodSource("messages")
	@FuzzTest
	void message(byte[] input) throws Exception {
		String ed25519 = TestKeys.record(Rfc8463Example.ed25519Public());
		String rsa = TestKeys.record(Rfc8463Example.rsaPublic());
		DkimVerification verification = verify(input, (name) -> switch (name) {
			case "brisbane._domainkey.football.example.com" -> List.of(ed25519);
			case "test._domainkey.football.example.com" -> List.of(rsa);
			default -> List.of();
		});
		if (verification == null || !verification.passed()) {
			return;
		}
		String expected = Rfc8463Example.SIGNATURES + Rfc8463Example.MESSAGE;
		String actual = new String(input, StandardCharsets.ISO_8859_1);
		assertThat(body(actual)).isEqualTo(body(expected));
		for (String name : SIGNED) {
			List<String> values = values(actual, name);
			String signed = values(expected, name).get(0);
			assertThat(values.get(values.size() - 1)).isEqualTo(signed);
			if (ONCE.contains(name)) {
				assertThat(values).hasSize(1);
			}
		}
		assertThat(verification.authorDomains()).containsExactly("football.example.com");
	}

	static Stream<byte[]> records() {
		return Stream
			.of("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "v=DKIM1; p=", "p=x",
					"v=DKIM1;;p=x", "=", ";",
					"v=DKIM1; h=sha256; s=email:*; t=y:s; k=rsa; n=a; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ==",
					"v=DKIM2")
			.map((text) -> text.getBytes(StandardCharsets.ISO_8859_1));
	}

	/** RFC 6376 §3.6.1, RFC 8463 §4.2. */
	@MethodSource("records")
	@FuzzTest
	void keyRecord(byte[] input) throws IOException {
		String text = new String(input, StandardCharsets.UTF_8);
		byte[] message = (Rfc8463Example.SIGNATURES + Rfc8463Example.MESSAGE).getBytes(StandardCharsets.US_ASCII);
		DkimVerification verification = verify(message,
				(name) -> name.startsWith("brisbane.") ? List.of(text) : List.of(text, text));
		assertThat(verification.signatures()).hasSize(2);
		if (verification.passed()) {
			assertThat(text.replaceAll("\\s", "")).contains("p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo")
				.contains("k=ed25519");
		}
	}

	private static DkimVerification verify(byte[] message, DkimKeyLookup keys) throws IOException {
		try {
			DkimVerification verification = new DkimVerifier(keys, CLOCK).verify(new ByteArrayInputStream(message));
			assertThat(verification.signatures()).hasSizeLessThanOrEqualTo(DkimVerifier.MAX_SIGNATURES);
			return verification;
		}
		catch (SmtpException ex) {
			assertThat(ex.reply().code()).isEqualTo(552);
			return null;
		}
	}

	/**
	 * Without what the relaxed form takes away: blanks at ends, empty lines at the end.
	 */
	private static String body(String message) {
		int start = message.startsWith("\r\n") ? 0 : message.indexOf("\r\n\r\n") + 2;
		String[] lines = message.substring(start + 2).split("\r\n", -1);
		List<String> relaxed = new ArrayList<>();
		for (String line : lines) {
			relaxed.add(line.replaceAll("[ \t]+", " ").replaceAll(" \\z", ""));
		}
		return String.join("\r\n", relaxed).replaceAll("(\r\n)+\\z", "");
	}

	private static List<String> values(String message, String name) {
		String header = message.substring(0, message.indexOf("\r\n\r\n") + 2);
		return Arrays.stream(header.replaceAll("\r\n(?=[ \t])", "").split("\r\n"))
			.filter((field) -> field.split(":", 2)[0].replaceAll("[ \t]+\\z", "").toLowerCase(Locale.ROOT).equals(name))
			.map((field) -> field.substring(field.indexOf(':') + 1)
				.replaceAll("[ \t]+", " ")
				.replaceAll("\\A | \\z", ""))
			.toList();
	}

}
