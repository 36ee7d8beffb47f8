package io.smtpd;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.smtpd.Peer.Protocol;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The Received header field. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TraceLineBenchmark {

	private final TraceLine traceLine = new TraceLine("mx.example.org");

	private final Peer peer = new Peer("1ppv1f6vl9k3z", "default", MemoryEngine.ADDRESS, MemoryEngine.ADDRESS,
			"client.example.org", Protocol.ESMTP, null, null);

	private final Envelope envelope = Envelope.of("", List.of("sink@example.org"), new byte[0]);

	/**
	 * Writes the field.
	 * @return the field
	 */
	@Benchmark
	public String write() {
		return this.traceLine.of(this.peer, this.envelope, Instant.now());
	}

}
