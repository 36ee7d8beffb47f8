package io.smtpd;

import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The replies to one message. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReplyBufferBenchmark {

	private final ReplyBuffer buffer = new ReplyBuffer();

	private String envelopeId = "1ppv1f6vl9k3z.1";

	/**
	 * Writes four replies.
	 * @return how many octets they have
	 */
	@Benchmark
	public int fourReplies() {
		this.buffer.append(Replies.SENDER_OK, false);
		this.buffer.append(Replies.RECIPIENT_OK, false);
		this.buffer.append(Replies.START_MAIL_INPUT, false);
		this.buffer.append(Replies.queued(this.envelopeId), false);
		int length = this.buffer.length();
		this.buffer.clear();
		return length;
	}

}
