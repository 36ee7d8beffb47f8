package io.smtpd;

import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The arguments of MAIL and RCPT. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PathParserBenchmark {

	private String recipient = "TO:<somebody.else+tag@mail.example.org>";

	private String sender = "FROM:<somebody@mail.example.org> SIZE=10240 BODY=8BITMIME";

	/**
	 * A path alone.
	 * @return the path
	 */
	@Benchmark
	public String forwardPath() {
		return new PathParser(this.recipient, 3).forwardPath();
	}

	/**
	 * A path and two parameters.
	 * @return the parameters
	 */
	@Benchmark
	public Map<String, String> reversePathAndParameters() {
		PathParser parser = new PathParser(this.sender, 5);
		parser.reversePath();
		return parser.parameters();
	}

}
