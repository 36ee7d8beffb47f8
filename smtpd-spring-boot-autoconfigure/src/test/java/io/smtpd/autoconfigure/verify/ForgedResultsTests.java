package io.smtpd.autoconfigure.verify;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

import io.smtpd.Envelope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** RFC 8601 §5. */
class ForgedResultsTests {

	private static final String OURS = "mx.example.org";

	private static final AuthenticationResults RESULTS = new AuthenticationResults(OURS, null, null, null);

	private static final String FIELD = "Authentication-Results: mx.example.org; none\r\n";

	@ParameterizedTest
	@ValueSource(strings = { "Authentication-Results: mx.example.org; spf=pass\r\n",
			"authentication-results:mx.example.org;spf=pass\r\n",
			"AUTHENTICATION-RESULTS: MX.Example.ORG; spf=pass\r\n",
			"Authentication-Results : mx.example.org; spf=pass\r\n",
			"Authentication-Results: mx.example.org 1; spf=pass\r\n",
			"Authentication-Results: mx.example.org. 1; spf=pass\r\n",
			"Authentication-Results:\r\n\tmx.example.org\r\n\t; spf=pass\r\n\t smtp.mailfrom=example.com\r\n",
			"Authentication-Results: (a \\) (b)) mx.example.org(c); spf=pass\r\n",
			"Authentication-Results: \"mx.example.org\"; spf=pass\r\n",
			"Authentication-Results: \"mx\\.example.org\"; spf=pass\r\n", "Authentication-Results: \r\n",
			"Authentication-Results: (never closed mx.example.org; spf=pass\r\n",
			"Authentication-Results: \"never closed; spf=pass\r\n" })
	void fieldThatClaimsToBeOursIsRemoved(String forged) throws IOException {
		String message = "From: a@example.org\r\n" + forged + "Subject: x\r\n\r\n" + forged + "\r\n";
		assertThat(annotated(message)).isEqualTo(FIELD + "From: a@example.org\r\nSubject: x\r\n\r\n" + forged + "\r\n");
	}

	@ParameterizedTest
	@ValueSource(strings = { "Authentication-Results: mx.example.net; spf=pass\r\n",
			"Authentication-Results: mx.example.org.example.net; spf=pass\r\n",
			"Authentication-Results: (mx.example.org) other.example; spf=pass\r\n",
			"ARC-Authentication-Results: i=1; mx.example.org; spf=pass\r\n",
			"X-Authentication-Results: mx.example.org; spf=pass\r\n",
			"Subject: Authentication-Results: mx.example.org\r\n",
			"Subject: x\r\n Authentication-Results: mx.example.org; spf=pass\r\n" })
	void fieldOfOthersStays(String field) throws IOException {
		String message = "From: a@example.org\r\n" + field + "\r\nbody\r\n";
		assertThat(annotated(message)).isEqualTo(FIELD + message);
	}

	@Test
	void severalAreRemovedWhereverTheyStand() throws IOException {
		assertThat(annotated(FIELD + FIELD + "A: b\r\n" + FIELD + "C: d\r\n" + FIELD + "\r\n" + FIELD))
			.isEqualTo(FIELD + "A: b\r\nC: d\r\n\r\n" + FIELD);
		assertThat(annotated(FIELD)).isEqualTo(FIELD);
		assertThat(annotated(FIELD + FIELD.strip())).isEqualTo(FIELD);
		assertThat(annotated("")).isEqualTo(FIELD);
		assertThat(annotated("\r\n" + FIELD)).isEqualTo(FIELD + "\r\n" + FIELD);
	}

	@Test
	void everyWayToReadTheMessageGivesTheSameOctets() throws IOException {
		Random random = new Random(8601);
		for (int round = 0; round < 200; round++) {
			StringBuilder message = new StringBuilder();
			for (int i = random.nextInt(30); i > 0; i--) {
				message.append(random.nextBoolean() ? FIELD : "X: " + "x".repeat(random.nextInt(3000)) + "\r\n");
			}
			message.append("\r\n").append("b".repeat(random.nextInt(20_000)));
			AnnotatedEnvelope envelope = envelope(message.toString());
			String expected = FIELD + message.toString().replace(FIELD, "");
			ByteArrayOutputStream written = new ByteArrayOutputStream();
			envelope.writeTo(written);
			assertThat(written.toString(StandardCharsets.US_ASCII)).isEqualTo(expected);
			assertThat(envelope.size()).isEqualTo(expected.length());
			try (InputStream data = envelope.mailData()) {
				int skipped = random.nextInt(expected.length());
				data.skipNBytes(skipped);
				int next = data.read();
				assertThat((char) next).isEqualTo(expected.charAt(skipped));
				assertThat(new String(data.readAllBytes(), StandardCharsets.US_ASCII))
					.isEqualTo(expected.substring(skipped + 1));
			}
		}
	}

	private static String annotated(String message) throws IOException {
		AnnotatedEnvelope envelope = envelope(message);
		try (InputStream data = envelope.mailData()) {
			byte[] octets = data.readAllBytes();
			assertThat(envelope.size()).isEqualTo(octets.length);
			return new String(octets, StandardCharsets.ISO_8859_1);
		}
	}

	private static AnnotatedEnvelope envelope(String message) throws IOException {
		byte[] octets = message.getBytes(StandardCharsets.ISO_8859_1);
		OctetRanges forged = ForgedResults.find(new ByteArrayInputStream(octets), OURS);
		return new AnnotatedEnvelope(Envelope.of("a@example.org", List.of("b@example.org"), octets), RESULTS, forged);
	}

}
