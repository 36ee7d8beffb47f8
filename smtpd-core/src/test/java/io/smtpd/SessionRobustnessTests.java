package io.smtpd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import io.smtpd.SessionListener.SessionOutcome;
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
		run(treatment, (random) -> Mutations.of(seeds, TOKENS, random));
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
					delivered += new DialogueObserver(sent, written).check(session);
				}
				catch (AssertionError ex) {
					throw new AssertionError("seed " + seed + ", round " + round + ", sent:\n" + Mutations.visible(sent)
							+ "\nwritten:\n" + Mutations.visible(written), ex);
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

	private static void addTokens(ByteArrayOutputStream octets, Random random, int count) {
		for (int i = 0; i < count; i++) {
			octets.writeBytes(token(random));
		}
	}

	private static byte[] token(Random random) {
		return Mutations.token(TOKENS, random);
	}

	/** Makes what a client sends. */
	@FunctionalInterface
	private interface Dialogues {

		byte[] next(Random random);

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
