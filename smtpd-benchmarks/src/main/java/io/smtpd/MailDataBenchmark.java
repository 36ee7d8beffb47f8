package io.smtpd;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Mail data to its final dot, as it comes in buffers of 64 KiB. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@SuppressWarnings("NullAway.Init") // JMH calls what is marked @Setup first
public class MailDataBenchmark {

	private static final int CHUNK_OCTETS = 64 * 1024;

	/** How large the message is. */
	@Param({ "1024", "10240", "10485760" })
	int octets;

	private byte[] wire;

	private MemoryEngine engine;

	/**
	 * Makes the message and a spool.
	 * @throws IOException when there is no room for temporary files
	 */
	@Setup(Level.Trial)
	public void prepare() throws IOException {
		this.wire = MailText.ofAbout(this.octets);
		this.engine = new MemoryEngine();
	}

	/**
	 * Removes the spool.
	 * @throws IOException when temporary files cannot be deleted
	 */
	@TearDown(Level.Trial)
	public void close() throws IOException {
		this.engine.close();
	}

	/**
	 * Looks for dots and line ends and keeps nothing.
	 * @return the size
	 */
	@Benchmark
	public long scan() {
		MailData data = new MailData(this.engine.spool(), -1);
		data.discard();
		decode(data);
		return data.size();
	}

	/**
	 * Keeps the data, as a session does: the large message in a file.
	 * @return the size
	 */
	@Benchmark
	public long scanAndStore() {
		MailData data = new MailData(this.engine.spool(), -1);
		decode(data);
		data.complete();
		data.delete();
		return data.size();
	}

	private void decode(MailData data) {
		DotDecoder decoder = new DotDecoder(data, BareLineEndings.REJECT);
		for (int from = 0; from < this.wire.length; from += CHUNK_OCTETS) {
			decoder.decode(this.wire, from, Math.min(this.wire.length, from + CHUNK_OCTETS));
		}
	}

}
