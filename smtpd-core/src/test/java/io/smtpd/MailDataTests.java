package io.smtpd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class MailDataTests {

	private static final int THRESHOLD = 200_000;

	private static final byte[] PREFIX = { 'p', 'r', 'e' };

	@TempDir
	Path directory;

	private Spool spool;

	@BeforeEach
	void openSpool() throws IOException {
		this.spool = Spool.open(this.directory, THRESHOLD, -1);
	}

	@AfterEach
	void closeSpool() {
		this.spool.close();
	}

	/** Size and whether there is a file: the threshold itself stays in memory. */
	@ParameterizedTest
	@CsvSource({ "0, false", "1, false", "4096, false", "4097, false", "65536, false", "199999, false", "200000, false",
			"200001, true", "500000, true" })
	void dataIsReadAsItWasWrittenAnyNumberOfTimes(int size, boolean spooled) throws IOException {
		byte[] octets = octets(size);
		for (int piece : new int[] { 1 << 20, 65_536, 4096, 1000, 7 }) {
			MailData data = new MailData(this.spool, -1);
			for (int at = 0; at < size; at += piece) {
				data.append(octets, at, Math.min(size, at + piece));
			}
			data.complete();
			assertThat(data.size()).isEqualTo(size);
			assertThat(files()).hasSize(spooled ? 1 : 0);
			for (int i = 0; i < 3; i++) {
				assertThat(data.open(new byte[0]).readAllBytes()).isEqualTo(octets);
			}
			checkStream(data, octets);
			data.delete();
			assertThat(files()).isEmpty();
		}
	}

	private static void checkStream(MailData data, byte[] octets) throws IOException {
		byte[] expected = new byte[PREFIX.length + octets.length];
		System.arraycopy(PREFIX, 0, expected, 0, PREFIX.length);
		System.arraycopy(octets, 0, expected, PREFIX.length, octets.length);
		assertThat(data.open(PREFIX).readAllBytes()).isEqualTo(expected);
		ByteArrayOutputStream copy = new ByteArrayOutputStream();
		try (InputStream stream = data.open(PREFIX)) {
			copy.write(stream.read());
			assertThat(stream.available()).isPositive();
			assertThat(stream.transferTo(copy)).isEqualTo(expected.length - 1);
			assertThat(stream.read()).isEqualTo(-1);
			assertThat(stream.read(new byte[5])).isEqualTo(-1);
		}
		assertThat(copy.toByteArray()).isEqualTo(expected);
		try (InputStream stream = data.open(PREFIX)) {
			byte[] head = new byte[Math.min(100, expected.length)];
			for (int i = 0; i < head.length; i++) {
				head[i] = (byte) stream.read();
			}
			assertThat(head).isEqualTo(Arrays.copyOf(expected, head.length));
			assertThat(stream.skip(expected.length)).isEqualTo(expected.length - head.length);
			assertThat(stream.read(new byte[0])).isZero();
		}
	}

	@Test
	void octetsAreNeverNegative() throws IOException {
		MailData data = new MailData(this.spool, -1);
		data.append(new byte[] { (byte) 0xFF, 0 }, 0, 2);
		InputStream stream = data.open(new byte[0]);
		assertThat(List.of(stream.read(), stream.read(), stream.read())).containsExactly(255, 0, -1);
	}

	/** RFC 1870: a message of exactly the limit is no larger than it. */
	@ParameterizedTest
	@ValueSource(ints = { 99, 100, 101 })
	void limitItselfIsAllowed(int size) {
		MailData data = new MailData(this.spool, 100);
		data.append(octets(size), 0, size);
		assertThat(data.tooBig()).isEqualTo(size > 100);
		assertThat(data.size()).isEqualTo(size);
	}

	@Test
	void whatIsTooBigIsCountedAndNotKept() throws IOException {
		MailData data = new MailData(this.spool, THRESHOLD + 10);
		data.append(octets(THRESHOLD + 5), 0, THRESHOLD + 5);
		assertThat(files()).hasSize(1);
		for (int i = 0; i < 100; i++) {
			data.append(octets(100_000), 0, 100_000);
			assertThat(files()).isEmpty();
		}
		data.complete();
		assertThat(data.tooBig()).isTrue();
		assertThat(data.size()).isEqualTo(THRESHOLD + 5 + 10_000_000L);
	}

	@Test
	void whatIsDiscardedIsNotKept() throws IOException {
		MailData data = new MailData(this.spool, -1);
		data.append(octets(THRESHOLD + 1), 0, THRESHOLD + 1);
		data.discard();
		data.append(octets(THRESHOLD), 0, THRESHOLD);
		data.complete();
		assertThat(files()).isEmpty();
		assertThat(data.spoolFailed()).isFalse();
	}

	@Test
	void deletingTwiceIsHarmless() throws IOException {
		MailData data = new MailData(this.spool, -1);
		data.append(octets(THRESHOLD + 1), 0, THRESHOLD + 1);
		data.delete();
		data.delete();
		assertThat(files()).isEmpty();
	}

	/** An interrupted thread cannot write to a file: as good as a full disk. */
	@Test
	void failedWriteIsToldAndTheRestOnlyCounted() throws IOException {
		MailData data = new MailData(this.spool, -1);
		data.append(octets(THRESHOLD), 0, THRESHOLD);
		Thread.currentThread().interrupt();
		try {
			data.append(octets(10), 0, 10);
		}
		finally {
			assertThat(Thread.interrupted()).isTrue();
		}
		data.append(octets(10), 0, 10);
		data.complete();
		assertThat(data.spoolFailed()).isTrue();
		assertThat(data.size()).isEqualTo(THRESHOLD + 20);
		assertThat(files()).isEmpty();
	}

	private List<Path> files() throws IOException {
		try (Stream<Path> files = Files.walk(this.directory)) {
			return files.filter((path) -> path.toString().endsWith(".data")).toList();
		}
	}

	private static byte[] octets(int size) {
		byte[] octets = new byte[size];
		new Random(size).nextBytes(octets);
		return octets;
	}

}
