package io.smtpd.benchmarks;

import java.util.ArrayList;
import java.util.List;

/**
 * One kind of work.
 *
 * @param name the name in tables
 * @param sessions how many sessions at once
 * @param octets how large a message's text is
 * @param mode how the client talks
 */
record Cell(String name, int sessions, int octets, Mode mode) {

	/** How the client talks. */
	enum Mode {

		/** MAIL, RCPT and DATA ride with the dot of the message before. */
		PIPELINED,

		/** A round trip for each command. */
		PLAIN,

		/** Likewise, and a connection for each message. */
		CONNECTION_PER_MESSAGE

	}

	static final List<Cell> ALL = List.of(new Cell("1s-1k-plain", 1, 1024, Mode.PLAIN),
			new Cell("1s-1k", 1, 1024, Mode.PIPELINED), new Cell("2s-1k", 2, 1024, Mode.PIPELINED),
			new Cell("20s-1k", 20, 1024, Mode.PIPELINED), new Cell("100s-1k", 100, 1024, Mode.PIPELINED),
			new Cell("2s-10k", 2, 10_240, Mode.PIPELINED), new Cell("20s-10k", 20, 10_240, Mode.PIPELINED),
			new Cell("100s-10k", 100, 10_240, Mode.PIPELINED), new Cell("20s-1k-plain", 20, 1024, Mode.PLAIN),
			new Cell("20s-1k-newconn", 20, 1024, Mode.CONNECTION_PER_MESSAGE),
			new Cell("4s-10M", 4, 10_485_760, Mode.PIPELINED));

	/** What servers are warmed up with. */
	static final Cell WARM_UP = new Cell("warm-up", 20, 1024, Mode.PIPELINED);

	/** What the cost of Spring Boot is measured with. */
	static final Cell STARTER = new Cell("20s-10k", 20, 10_240, Mode.PIPELINED);

	/**
	 * Makes the arguments of the load generator.
	 * @param pipelining whether the server offers PIPELINING; without it a client has to
	 * talk plainly
	 */
	List<String> arguments(boolean pipelining) {
		List<String> arguments = new ArrayList<>(
				List.of("-s", Integer.toString(this.sessions), "-l", Integer.toString(this.octets)));
		if (this.mode == Mode.PIPELINED && pipelining) {
			arguments.add("-p");
		}
		if (this.mode == Mode.CONNECTION_PER_MESSAGE) {
			arguments.add("-d");
		}
		return arguments;
	}

}
