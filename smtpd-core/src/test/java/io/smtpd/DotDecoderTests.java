package io.smtpd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/** RFC 5321 §4.5.2; compared with a decoder that looks at each octet by itself. */
class DotDecoderTests {

	private static final byte[] ALPHABET = { '.', '\r', '\n', 'a', '\t', (byte) 0x80 };

	private static final int NO_END = -1;

	@TempDir
	Path directory;

	private Spool spool;

	@BeforeEach
	void openSpool() throws IOException {
		this.spool = Spool.open(this.directory, 1 << 20, -1);
	}

	@AfterEach
	void closeSpool() {
		this.spool.close();
	}

	/** Input, data, what is left behind the end; C for CR, L for LF. */
	@ParameterizedTest
	@CsvSource({ ".CL, '', ''", ".CLNOOP, '', NOOP", "CL.CL, CL, ''", "aCL.CL, aCL, ''", "aCL.CL.CL, aCL, .CL",
			"..CL.CL, .CL, ''", ".aCL.CL, aCL, ''", "...CL.CL, ..CL, ''", "a.CL.CL, a.CL, ''", "a..bCL.CL, a..bCL, ''",
			"aCL..CL.CL, aCL.CL, ''", "L.L.CLx.CL.CL, L.L.CLx.CL, ''", "aL.CL.CL, aL.CL, ''",
			"aCL.L.CL.CL, aCLL.CL, ''", "aC.C.CL.CL, aC.C.CL, ''", "aCL.C.CL.CL, aCLC.CL, ''", "aCL.CCL.CL, aCLCCL, ''",
			".C.CL.CL, C.CL, ''", "aCCL.CL, aCCL, ''", "CCL.CL, CCL, ''" })
	void onlyCrlfDotCrlfEndsTheData(String input, String data, String rest) {
		byte[] octets = octets(input);
		Result result = decode(octets, BareLineEndings.KEEP, octets.length);
		assertThat(text(result.data())).isEqualTo(data);
		assertThat(result.end()).isEqualTo(octets.length - rest.length());
		assertThat(result).isEqualTo(reference(octets));
	}

	@ParameterizedTest
	@CsvSource({ "'', false", "aCL, false", "aL, true", "aCb, true", "LCL, true", "CCL, true", ".aL, true", ".L, true",
			".CaCL, true", "..CL, false", "aCLLCL, true" })
	void bareLineEndingIsFound(String lines, boolean bare) {
		byte[] octets = octets(lines + ((lines.isEmpty() || lines.endsWith("CL")) ? "" : "CL") + ".CL");
		assertThat(decode(octets, BareLineEndings.REJECT, octets.length).rejected()).isEqualTo(bare);
		assertThat(decode(octets, BareLineEndings.KEEP, octets.length).rejected()).isFalse();
	}

	/** An input is split at every position, and at every two. */
	@ParameterizedTest
	@EnumSource
	void splitsMakeNoDifference(BareLineEndings treatment) {
		for (String input : new String[] { "aCL..bCL.CLx", ".CLx", "..CL.CCL.CL.CL", "aL.LCL.CL", "CL.C.CL.LCL.CLrest",
				"CCLCL.aCLaaaaaaaaaLaaaaaaaaCL.CL" }) {
			byte[] octets = octets(input);
			Result whole = decode(octets, treatment, octets.length);
			for (int first = 0; first <= octets.length; first++) {
				for (int second = first; second <= octets.length; second++) {
					assertThat(decode(octets, treatment, first, second)).as("%s at %d and %d", input, first, second)
						.isEqualTo(whole);
				}
			}
		}
	}

	@Test
	void randomInputIsDecodedAsByTheReference() {
		long seed = 20260101;
		Random random = new Random(seed);
		for (int round = 0; round < 50_000; round++) {
			byte[] octets = randomOctets(random);
			Result expected = reference(octets);
			int first = random.nextInt(octets.length + 1);
			int second = first + random.nextInt(octets.length - first + 1);
			assertThat(decode(octets, BareLineEndings.KEEP, first, second))
				.as("seed %d, round %d: %s", seed, round, text(octets))
				.isEqualTo(expected);
			Result rejecting = decode(octets, BareLineEndings.REJECT, first, second);
			assertThat(rejecting.end()).isEqualTo(expected.end());
			assertThat(rejecting.rejected()).as(text(octets)).isEqualTo(hasBare(octets, expected.end()));
		}
	}

	/** Blocks of eight octets are scanned at once: every octet at every place in one. */
	@Test
	void everyOctetPassesAtEveryOffset() {
		for (int value = 0; value < 256; value++) {
			for (int offset = 0; offset < 17; offset++) {
				byte[] octets = new byte[40];
				Arrays.fill(octets, (byte) 'x');
				octets[offset] = (byte) value;
				System.arraycopy(octets("CL.CL"), 0, octets, 35, 5);
				assertThat(decode(octets, BareLineEndings.KEEP, 40)).as("%d at %d", value, offset)
					.isEqualTo(reference(octets));
			}
		}
	}

	private static byte[] randomOctets(Random random) {
		byte[] octets = new byte[random.nextInt(60)];
		boolean mostlyText = random.nextBoolean();
		for (int i = 0; i < octets.length; i++) {
			octets[i] = (mostlyText && random.nextInt(3) > 0) ? (byte) 'a' : ALPHABET[random.nextInt(ALPHABET.length)];
		}
		return octets;
	}

	private Result decode(byte[] octets, BareLineEndings treatment, int... splits) {
		MailData data = new MailData(this.spool, -1);
		DotDecoder decoder = new DotDecoder(data, treatment);
		int from = 0;
		int end = NO_END;
		for (int i = 0; i <= splits.length && end == NO_END; i++) {
			int to = (i < splits.length) ? splits[i] : octets.length;
			end = decoder.decode(octets, from, to);
			from = to;
		}
		data.complete();
		try {
			byte[] decoded = decoder.rejected() ? new byte[0] : data.open(new byte[0]).readAllBytes();
			return new Result(decoded, end, decoder.rejected());
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** The grammar, octet by octet, with a look back at the raw input. */
	private static Result reference(byte[] octets) {
		ByteArrayOutputStream data = new ByteArrayOutputStream();
		int lineStart = 0;
		for (int i = 0; i < octets.length; i++) {
			if (octets[i] == '\n' && i > 0 && octets[i - 1] == '\r') {
				if (i - lineStart == 2 && octets[lineStart] == '.') {
					return new Result(data.toByteArray(), i + 1, false);
				}
				addLine(octets, lineStart, i + 1, data);
				lineStart = i + 1;
			}
		}
		// without an end, what may still become one is held back
		int to = octets.length;
		boolean mayEnd = to - lineStart == 2 && octets[lineStart] == '.' && octets[lineStart + 1] == '\r';
		addLine(octets, lineStart, mayEnd ? to - 1 : to, data);
		return new Result(data.toByteArray(), NO_END, false);
	}

	private static void addLine(byte[] octets, int from, int to, ByteArrayOutputStream data) {
		int start = (from < to && octets[from] == '.') ? from + 1 : from;
		data.write(octets, start, to - start);
	}

	private static boolean hasBare(byte[] octets, int end) {
		int to = (end == NO_END) ? octets.length : end;
		for (int i = 0; i < to; i++) {
			boolean bareLf = octets[i] == '\n' && (i == 0 || octets[i - 1] != '\r');
			boolean bareCr = octets[i] == '\r' && i + 1 < to && octets[i + 1] != '\n';
			if (bareLf || bareCr) {
				return true;
			}
		}
		return false;
	}

	private static byte[] octets(String text) {
		return text.replace('C', '\r').replace('L', '\n').getBytes(StandardCharsets.ISO_8859_1);
	}

	private static String text(byte[] octets) {
		return new String(octets, StandardCharsets.ISO_8859_1).replace('\r', 'C').replace('\n', 'L');
	}

	private record Result(byte[] data, int end, boolean rejected) {

		@Override
		public boolean equals(Object other) {
			return other instanceof Result that && Arrays.equals(this.data, that.data) && this.end == that.end
					&& this.rejected == that.rejected;
		}

		@Override
		public int hashCode() {
			return Arrays.hashCode(this.data) + this.end;
		}

		@Override
		public String toString() {
			return text(this.data) + " end " + this.end + (this.rejected ? " rejected" : "");
		}

	}

}
