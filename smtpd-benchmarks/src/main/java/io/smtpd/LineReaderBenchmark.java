package io.smtpd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A command line off the connection, one after another without an end. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init") // JMH calls what is marked @Setup first
public class LineReaderBenchmark {

	private static final long TIMEOUT_NANOS = TimeUnit.MINUTES.toNanos(1);

	private MemoryEngine engine;

	private LineReader reader;

	/**
	 * Opens the connection.
	 * @throws IOException when there is no room for temporary files
	 */
	@Setup(Level.Trial)
	public void open() throws IOException {
		this.engine = new MemoryEngine();
		this.reader = new LineReader(this.engine
			.connection(new Endless("RCPT TO:<sink@example.org>\r\n".getBytes(StandardCharsets.US_ASCII))));
	}

	/**
	 * Closes it.
	 * @throws IOException when temporary files cannot be deleted
	 */
	@TearDown(Level.Trial)
	public void close() throws IOException {
		this.engine.close();
	}

	/**
	 * Reads a line.
	 * @return the line
	 * @throws IOException not at all
	 */
	@Benchmark
	public String read() throws IOException {
		return this.reader.read(512, true, TIMEOUT_NANOS, Replies.OK);
	}

	/** The same octets again and again. */
	private static final class Endless extends InputStream {

		private final byte[] octets;

		private int position;

		Endless(byte[] octets) {
			this.octets = octets;
		}

		@Override
		public int read() {
			byte octet = this.octets[this.position];
			this.position = (this.position + 1) % this.octets.length;
			return octet;
		}

		@Override
		public int read(byte[] target, int offset, int length) {
			int count = 0;
			while (count < length) {
				int part = Math.min(length - count, this.octets.length - this.position);
				System.arraycopy(this.octets, this.position, target, offset + count, part);
				this.position = (this.position + part) % this.octets.length;
				count += part;
			}
			return count;
		}

	}

}
