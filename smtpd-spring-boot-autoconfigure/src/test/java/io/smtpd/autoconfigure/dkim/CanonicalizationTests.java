package io.smtpd.autoconfigure.dkim;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Random;

import org.apache.james.jdkim.canon.RelaxedBodyCanonicalizer;
import org.apache.james.jdkim.canon.SimpleBodyCanonicalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/** RFC 6376 §3.4. */
class CanonicalizationTests {

	private static final byte[] ALPHABET = "ab \t\r\n\r\n\r\n =\u00e9".getBytes(StandardCharsets.ISO_8859_1);

	@ParameterizedTest // §3.4.5, and cases around it; CRLF stands as \r\n, blanks as ·
	@CsvSource({ "a, A:·X\\r\\n, a:X\\r\\n", "b, B·:·Y\\t\\r\\n\\tZ··\\r\\n, b:Y·Z\\r\\n", "c, C:\\r\\n, c:\\r\\n",
			"c, C:··\\t·\\r\\n, c:\\r\\n", "d, D:x\\r\\n·\\r\\n·y\\r\\n, d:x·y\\r\\n",
			"e, E:·a:b·:·c\\r\\n, e:a:b·:·c\\r\\n", "f, F:\\r\\n·x\\r\\n, f:x\\r\\n",
			"g, G:a\\rb\\nc\\r\\n, g:a\\rb\\nc\\r\\n" })
	void relaxedHeaderField(String name, String field, String canonical) {
		assertThat(text(new HeaderField(name, octets(plain(field))).canonical(DkimCanonicalization.RELAXED)))
			.isEqualTo(plain(canonical));
	}

	@Test
	void simpleHeaderFieldIsLeftAlone() {
		String field = "B : Y\t\r\n\tZ  \r\n";
		assertThat(text(new HeaderField("b", octets(field)).canonical(DkimCanonicalization.SIMPLE))).isEqualTo(field);
	}

	@ParameterizedTest // §3.4.4, §3.4.5
	@CsvSource({ "·C·\\r\\nD·\\t·E\\r\\n\\r\\n\\r\\n, ·C\\r\\nD·E\\r\\n", "'', ''", "\\r\\n, ''", "\\r\\n\\r\\n, ''",
			"··\\t, ''", "·\\r\\n\\t\\r\\n, ''", "a, a\\r\\n", "a·, a\\r\\n",
			"\\r\\n\\r\\na\\r\\n, \\r\\n\\r\\na\\r\\n", "a\\r\\n·\\r\\nb, a\\r\\n\\r\\nb\\r\\n",
			"a\\nb·\\r·c\\r\\n, a\\nb·\\r·c\\r\\n", "a\\r, a\\r\\r\\n", "a\\r\\r\\n, a\\r\\r\\n", "\\ta, ·a\\r\\n" })
	void relaxedBody(String body, String canonical) throws Exception {
		assertThat(hash(plain(body), DkimCanonicalization.RELAXED)).isEqualTo(sha256(octets(plain(canonical))));
	}

	@ParameterizedTest // §3.4.3, §3.4.5
	@CsvSource({ "·C·\\r\\nD·\\t·E\\r\\n\\r\\n\\r\\n, ·C·\\r\\nD·\\t·E\\r\\n", "'', \\r\\n", "\\r\\n, \\r\\n",
			"\\r\\n\\r\\n, \\r\\n", "·, ·\\r\\n", "·\\r\\n\\r\\n, ·\\r\\n", "a, a\\r\\n", "a·, a·\\r\\n",
			"\\r\\n\\r\\na\\r\\n, \\r\\n\\r\\na\\r\\n", "a\\n, a\\n\\r\\n", "a\\r, a\\r\\r\\n" })
	void simpleBody(String body, String canonical) throws Exception {
		assertThat(hash(plain(body), DkimCanonicalization.SIMPLE)).isEqualTo(sha256(octets(plain(canonical))));
	}

	@Test // the values that §3.4.3 and §3.4.4 give
	void emptyBodyHashes() {
		assertThat(hash("", DkimCanonicalization.SIMPLE)).isEqualTo("frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=");
		assertThat(hash("", DkimCanonicalization.RELAXED)).isEqualTo("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
	}

	@ParameterizedTest
	@EnumSource
	void bodyHashIsTheSameHoweverTheBodyIsCut(DkimCanonicalization canonicalization) {
		Random random = new Random(6376);
		for (int round = 0; round < 2000; round++) {
			byte[] body = randomBody(random, ALPHABET);
			BodyHash hash = new BodyHash(canonicalization);
			for (int from = 0; from < body.length;) {
				int to = Math.min(body.length, from + 1 + random.nextInt(4));
				hash.update(body, from, to);
				from = to;
			}
			String cut = Base64.getEncoder().encodeToString(hash.finish());
			assertThat(cut).isEqualTo(hash(text(body), canonicalization))
				.isEqualTo(sha256(octets(ReferenceVerifier.body(text(body), canonicalization.tagValue()))));
		}
	}

	@ParameterizedTest // jDKIM takes a bare CR or LF for something else: bodies without
	@EnumSource
	void bodyIsWhatApacheJdkimMakesOfIt(DkimCanonicalization canonicalization) throws Exception {
		Random random = new Random(6376);
		for (int round = 0; round < 2000; round++) {
			String body = text(randomBody(random, "ab \tn\u00e9".getBytes(StandardCharsets.ISO_8859_1))).replace("n",
					"\r\n");
			// the end of DATA needs a CRLF before it: the receiver has one where the body
			// had none
			String received = (body.isEmpty() || body.endsWith("\r\n")) ? body : body + "\r\n";
			assertThat(hash(body, canonicalization)).as(body).isEqualTo(sha256(jdkim(received, canonicalization)));
		}
	}

	@Test
	void longRunsOfEmptyLinesPassThroughTheBuffer() {
		String body = "a" + "\r\n".repeat(10_000) + "b" + " \r\n".repeat(10_000);
		assertThat(hash(body, DkimCanonicalization.RELAXED))
			.isEqualTo(sha256(octets("a" + "\r\n".repeat(10_000) + "b\r\n")));
	}

	private static byte[] jdkim(String body, DkimCanonicalization canonicalization) throws IOException {
		ByteArrayOutputStream result = new ByteArrayOutputStream();
		try (OutputStream out = (canonicalization == DkimCanonicalization.RELAXED)
				? new RelaxedBodyCanonicalizer(new SimpleBodyCanonicalizer(result))
				: new SimpleBodyCanonicalizer(result)) {
			out.write(octets(body));
		}
		// jDKIM 0.5 gives the relaxed form of an empty body a CRLF, against §3.4.4
		return (canonicalization == DkimCanonicalization.RELAXED && text(result.toByteArray()).equals("\r\n"))
				? new byte[0] : result.toByteArray();
	}

	private static byte[] randomBody(Random random, byte[] alphabet) {
		byte[] body = new byte[random.nextInt(30)];
		for (int i = 0; i < body.length; i++) {
			body[i] = alphabet[random.nextInt(alphabet.length)];
		}
		return body;
	}

	private static String hash(String body, DkimCanonicalization canonicalization) {
		BodyHash hash = new BodyHash(canonicalization);
		byte[] octets = octets(body);
		hash.update(octets, 0, octets.length);
		return Base64.getEncoder().encodeToString(hash.finish());
	}

	private static String sha256(byte[] octets) {
		try {
			return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(octets));
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String plain(String shown) {
		return shown.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t").replace('·', ' ');
	}

	private static byte[] octets(String text) {
		return text.getBytes(StandardCharsets.ISO_8859_1);
	}

	private static String text(byte[] octets) {
		return new String(octets, StandardCharsets.ISO_8859_1);
	}

}
