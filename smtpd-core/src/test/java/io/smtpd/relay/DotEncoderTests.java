package io.smtpd.relay;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;

import io.smtpd.SmtpException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * RFC 5321 §4.5.2, however the data is cut into pieces. In the tables / stands for CRLF.
 */
class DotEncoderTests {

	@ParameterizedTest
	@CsvSource({ "'',''", "a/,a/", "a,a/", "/,/", ".,../", "./,../", ".a/,..a/", "../,.../", "a/./b/,a/../b/",
			"a/.b/.c/,a/..b/..c/", "a.b/,a.b/", "//./,//../", "a/.,a/../" })
	void dotsAtTheStartOfLinesAreDoubled(String data, String expected) throws IOException {
		for (int size = 1; size <= data.length() + 1; size++) {
			assertThat(encoded(octets(data), size)).as("pieces of %d", size).isEqualTo(octets(expected));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "\r", "\n", "a\nb", "a\rb", "a\n.\r\n", "a\r\r\n", "a\n\r\n", "\n.\n", "a\r", "a\r\n\n",
			"a\r\n\r" })
	void bareLineEndingsAreRefusedBeforeTheyAreSent(String data) {
		byte[] octets = data.getBytes(StandardCharsets.ISO_8859_1);
		for (int size = 1; size <= octets.length; size++) {
			int pieces = size;
			assertThatExceptionOfType(SmtpException.class).isThrownBy(() -> encoded(octets, pieces))
				.satisfies((ex) -> assertThat(ex.reply()).isEqualTo(RelayReplies.BARE_LINE_ENDING));
		}
	}

	@Test
	void whatIsEncodedDecodesToTheSame() throws IOException {
		Random random = new Random(5321);
		for (int round = 0; round < 2000; round++) {
			StringBuilder data = new StringBuilder();
			for (int i = random.nextInt(30); i > 0; i--) {
				data.append(new String[] { "/", ".", "x", "\u00e9" }[random.nextInt(4)]);
			}
			byte[] octets = octets(data + "/");
			String encoded = new String(encoded(octets, 1 + random.nextInt(8)), StandardCharsets.ISO_8859_1);
			assertThat(encoded).doesNotContain("\r\n.\r\n").doesNotStartWith(".\r\n");
			String decoded = encoded.replaceAll("(?<=^|\r\n)\\.", "");
			assertThat(decoded).isEqualTo(new String(octets, StandardCharsets.ISO_8859_1));
		}
	}

	private static byte[] octets(String text) {
		return text.replace("/", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
	}

	private static byte[] encoded(byte[] data, int size) throws IOException {
		ByteArrayOutputStream target = new ByteArrayOutputStream();
		DotEncoder encoder = new DotEncoder(target);
		for (int from = 0; from < data.length; from += size) {
			encoder.write(data, from, Math.min(data.length, from + size));
		}
		encoder.finish();
		return target.toByteArray();
	}

}
