package io.smtpd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.smtpd.SessionListener.SessionOutcome;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No order of octets from a client ends a session with an exception, loses step, delivers
 * what was not ended by CRLF.CRLF or makes memory grow.
 */
class SessionRobustnessTests {

	private static final int ROUNDS = Integer.getInteger("robustness.rounds", 1000);

	private static final Pattern REPLY_LINE = Pattern.compile("[2-5][0-5][0-9][ -][ -~]*");

	private static final String[] TOKENS = { "\r\n", "\r", "\n", ".", "\r\n.\r\n", "\n.\n", "DATA\r\n", "QUIT\r\n",
			"RSET\r\n", "EHLO a\r\n", "HELO a\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n", "MAIL FROM:<>", "\0",
			"\t", " ", "<", ">", "\"", "\\", "@", "[", "]", ":", "=", " SIZE=9", " BODY=8BITMIME", " SMTPUTF8",
			"\u00fc", "\u00ff\u00fe", "STARTTLS\r\n", "AUTH PLAIN\r\n", "BDAT 10 LAST\r\n", "XCLIENT ADDR=1.2.3.4\r\n",
			"a".repeat(600), "a".repeat(3000) };

	@TempDir
	Path directory;

	@ParameterizedTest
	@EnumSource
	void mutatedDialoguesKeepTheSessionInStep(BareLineEndings treatment) throws IOException, URISyntaxException {
		List<byte[]> seeds = TranscriptTests.transcripts()
			.stream()
			.map(Transcript::sent)
			.filter((octets) -> octets.length < 5000)
			.toList();
		assertThat(seeds).hasSizeGreaterThan(50);
		run(treatment, (random) -> mutated(seeds, random));
	}

	@ParameterizedTest
	@EnumSource
	void randomTokensKeepTheSessionInStep(BareLineEndings treatment) throws IOException {
		run(treatment, (random) -> {
			ByteArrayOutputStream octets = new ByteArrayOutputStream();
			int messages = 1 + random.nextInt(3);
			octets.writeBytes("EHLO a\r\n".getBytes(StandardCharsets.US_ASCII));
			for (int message = 0; message < messages; message++) {
				addTokens(octets, random, random.nextInt(3) * random.nextInt(3));
				octets.writeBytes("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n".getBytes(StandardCharsets.US_ASCII));
				addTokens(octets, random, random.nextInt(12));
				octets.writeBytes("\r\n.\r\n".getBytes(StandardCharsets.US_ASCII));
			}
			return octets.toByteArray();
		});
	}

	private void run(BareLineEndings treatment, Dialogues dialogues) throws IOException {
		long seed = Long.getLong("robustness.seed", 20260102L);
		Random random = new Random(seed);
		try (InMemorySession session = new InMemorySession(this.directory, (draft) -> {
			draft.bareLineEndings = treatment;
			draft.maxMessageSize = 2000;
			draft.maxRecipients = 3;
			draft.spoolMemoryThreshold = 300;
		})) {
			int delivered = 0;
			for (int round = 0; round < ROUNDS; round++) {
				byte[] sent = dialogues.next(random);
				byte[] written = session.run(new Segments(sent, random));
				try {
					delivered += new Observer(sent, written).check(session);
				}
				catch (AssertionError ex) {
					throw new AssertionError("seed " + seed + ", round " + round + ", sent:\n" + visible(sent)
							+ "\nwritten:\n" + visible(written), ex);
				}
			}
			assertThat(delivered).as("messages that came through").isGreaterThan(ROUNDS / 20);
			try (Stream<Path> files = Files.walk(this.directory)) {
				assertThat(files.filter((file) -> file.toString().endsWith(".data"))).isEmpty();
			}
		}
	}

	/** Lines, mail data and counts without end: what they cost is bounded. */
	@Test
	void endlessInputIsNotKept() throws IOException {
		long million = 1_000_000;
		assertAllocation("EHLO a\r\n", "a", 20 * million, SessionOutcome.LOST);
		assertAllocation("EHLO a\r\n", "\r", 20 * million, SessionOutcome.LOST);
		assertAllocation("EHLO a\r\n", "\n", 20 * million, SessionOutcome.LOST);
		String data = "EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";
		assertAllocation(data, "a", 20 * million, SessionOutcome.LOST);
		assertAllocation(data, ".\r", 20 * million, SessionOutcome.LOST);
		assertAllocation(data, "..\r\n", 20 * million, SessionOutcome.LOST);
		assertAllocation("", "FOO\r\n", 20 * million, SessionOutcome.REFUSED);
		assertAllocation("EHLO a\r\nMAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n", 20 * million, SessionOutcome.REFUSED);
	}

	private void assertAllocation(String start, String repeated, long octets, SessionOutcome outcome)
			throws IOException {
		com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
		try (InMemorySession session = new InMemorySession(this.directory, (draft) -> draft.maxMessageSize = 100_000)) {
			long before = threads.getCurrentThreadAllocatedBytes();
			session.run(new Repeating(start, repeated, octets));
			long allocated = threads.getCurrentThreadAllocatedBytes() - before;
			assertThat(session.outcomes()).containsExactly(outcome);
			assertThat(session.messages()).isEmpty();
			assertThat(allocated).as("octets allocated for %s of %s", octets, repeated).isLessThan(16_000_000);
		}
	}

	private static byte[] mutated(List<byte[]> seeds, Random random) {
		byte[] octets = seeds.get(random.nextInt(seeds.size()));
		for (int i = random.nextInt(5); i > 0; i--) {
			int from = random.nextInt(octets.length + 1);
			int to = from + random.nextInt(Math.min(20, octets.length - from) + 1);
			byte[] other = seeds.get(random.nextInt(seeds.size()));
			octets = switch (random.nextInt(6)) {
				case 0 -> join(octets, from, new byte[] { (byte) random.nextInt(256) }, from + ((to > from) ? 1 : 0));
				case 1 -> join(octets, from, new byte[0], to);
				case 2 -> join(octets, to, Arrays.copyOfRange(octets, from, to), to);
				case 3 -> join(octets, from, token(random), from);
				case 4 -> join(octets, from, other, octets.length);
				default -> join(octets, from, token(random), to);
			};
		}
		return octets;
	}

	private static void addTokens(ByteArrayOutputStream octets, Random random, int count) {
		for (int i = 0; i < count; i++) {
			octets.writeBytes(token(random));
		}
	}

	private static byte[] token(Random random) {
		return TOKENS[random.nextInt(TOKENS.length)].getBytes(StandardCharsets.ISO_8859_1);
	}

	private static byte[] join(byte[] octets, int headEnd, byte[] middle, int tailStart) {
		ByteArrayOutputStream joined = new ByteArrayOutputStream();
		joined.write(octets, 0, headEnd);
		joined.writeBytes(middle);
		joined.write(octets, tailStart, octets.length - tailStart);
		return joined.toByteArray();
	}

	private static String visible(byte[] octets) {
		return new String(octets, StandardCharsets.ISO_8859_1).replace("\r", "\\r").replace("\n", "\\n\n");
	}

	/** Makes what a client sends. */
	@FunctionalInterface
	private interface Dialogues {

		byte[] next(Random random);

	}

	/**
	 * Goes through both sides of a dialogue as RFC 5321 has it, knowing nothing of the
	 * engine: a line is answered by one reply, and mail data after 354 by another.
	 */
	private static final class Observer {

		private final byte[] sent;

		private final List<String> codes = new ArrayList<>();

		private int at;

		Observer(byte[] sent, byte[] written) {
			this.sent = sent;
			String text = new String(written, StandardCharsets.ISO_8859_1);
			assertThat(text).endsWith("\r\n");
			String begun = null;
			for (String line : text.split("\r\n", -1)) {
				if (line.isEmpty()) {
					continue; // behind the last
				}
				assertThat(line).matches(REPLY_LINE).hasSizeLessThanOrEqualTo(510);
				String code = line.substring(0, 3);
				assertThat(begun).isIn(null, code);
				begun = (line.charAt(3) == '-') ? code : null;
				if (begun == null) {
					this.codes.add(code);
				}
			}
			assertThat(begun).as("a reply without its last line").isNull();
		}

		/** Returns how many messages were delivered. */
		int check(InMemorySession session) {
			List<String> expected = new ArrayList<>();
			int reply = 0;
			assertThat(this.codes.get(reply++)).isEqualTo("220");
			boolean over = false;
			while (!over && skipLine()) {
				String code = code(reply++);
				if (code.equals("354")) {
					String data = data();
					if (data == null) {
						break;
					}
					code = code(reply++);
					if (code.equals("250")) {
						expected.add(data);
					}
				}
				over = code.equals("221") || code.equals("421");
			}
			assertThat(this.codes).as("replies to what was sent").hasSize(reply);
			assertThat(session.messages()).extracting(ReceivedMessage::text).isEqualTo(expected);
			assertThat(session.outcomes()).hasSize(1).doesNotContain(SessionOutcome.ERROR);
			return expected.size();
		}

		private String code(int reply) {
			assertThat(this.codes.size()).as("replies").isGreaterThan(reply);
			return this.codes.get(reply);
		}

		private boolean skipLine() {
			for (int i = this.at; i + 1 < this.sent.length; i++) {
				if (this.sent[i] == '\r' && this.sent[i + 1] == '\n') {
					this.at = i + 2;
					return true;
				}
			}
			return false;
		}

		/** The mail data without its dots, or null when its end never comes. */
		private @Nullable String data() {
			StringBuilder data = new StringBuilder();
			int lineStart = this.at;
			while (skipLine()) {
				String line = new String(this.sent, lineStart, this.at - lineStart, StandardCharsets.ISO_8859_1);
				if (line.equals(".\r\n")) {
					return data.toString();
				}
				data.append(line.startsWith(".") ? line.substring(1) : line);
				lineStart = this.at;
			}
			return null;
		}

	}

	/** Hands octets out in pieces of random size, as a network may. */
	private static final class Segments extends InputStream {

		private final byte[] octets;

		private final int most;

		private final Random random;

		private int at;

		Segments(byte[] octets, Random random) {
			this.octets = octets;
			this.random = random;
			this.most = (random.nextInt(3) == 0) ? 1 : 1 + random.nextInt(4000);
		}

		@Override
		public int read() {
			return (this.at < this.octets.length) ? this.octets[this.at++] & 0xFF : -1;
		}

		@Override
		public int read(byte[] target, int offset, int length) {
			if (this.at == this.octets.length) {
				return -1;
			}
			int count = Math.min(Math.min(length, this.octets.length - this.at), 1 + this.random.nextInt(this.most));
			System.arraycopy(this.octets, this.at, target, offset, count);
			this.at += count;
			return count;
		}

		@Override
		public int available() {
			return this.octets.length - this.at;
		}

	}

	/** A start, then the same again and again, made as it is read. */
	private static final class Repeating extends InputStream {

		private final byte[] start;

		private final byte[] repeated;

		private final long size;

		private long at;

		Repeating(String start, String repeated, long size) {
			this.start = start.getBytes(StandardCharsets.US_ASCII);
			this.repeated = repeated.repeat(4096).getBytes(StandardCharsets.US_ASCII);
			this.size = size;
		}

		@Override
		public int read() {
			throw new UnsupportedOperationException("slow");
		}

		@Override
		public int read(byte[] target, int offset, int length) {
			if (this.at >= this.size) {
				return -1;
			}
			byte[] source = (this.at < this.start.length) ? this.start : this.repeated;
			int from = (int) ((this.at < this.start.length) ? this.at
					: (this.at - this.start.length) % this.repeated.length);
			int count = Math.min(length, source.length - from);
			System.arraycopy(source, from, target, offset, count);
			this.at += count;
			return count;
		}

	}

}
