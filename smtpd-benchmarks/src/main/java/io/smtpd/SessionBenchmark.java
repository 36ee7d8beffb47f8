package io.smtpd;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A whole session without a network, pipelined; the time is that of one message. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init") // JMH calls what is marked @Setup first
public class SessionBenchmark {

	private static final int MESSAGES = 100;

	/** How large a message is. */
	@Param({ "1024", "10240" })
	int octets;

	private byte[] dialogue;

	private MemoryEngine engine;

	/**
	 * Writes down what the client says.
	 * @throws IOException when there is no room for temporary files
	 */
	@Setup(Level.Trial)
	public void prepare() throws IOException {
		this.engine = new MemoryEngine();
		byte[] text = MailText.ofAbout(this.octets);
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		out.write("EHLO client.example.org\r\n".getBytes(StandardCharsets.US_ASCII));
		for (int i = 0; i < MESSAGES; i++) {
			out.write("MAIL FROM:<bench@example.org>\r\nRCPT TO:<sink@example.org>\r\nDATA\r\n"
				.getBytes(StandardCharsets.US_ASCII));
			out.write(text);
		}
		out.write("QUIT\r\n".getBytes(StandardCharsets.US_ASCII));
		this.dialogue = out.toByteArray();
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
	 * Runs the session.
	 * @throws IOException not at all
	 */
	@Benchmark
	@OperationsPerInvocation(MESSAGES)
	public void messages() throws IOException {
		this.engine.run(new ByteArrayInputStream(this.dialogue));
	}

}
