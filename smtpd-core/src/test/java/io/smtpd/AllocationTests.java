package io.smtpd;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * What a message leaves to the garbage collector. Counted on this thread, so nothing else
 * in the JVM matters, and as the difference of a long and a short session, so the session
 * itself does not. A JIT compiler can only make it less: the bounds hold for code that is
 * interpreted.
 */
class AllocationTests {

	private static final int FEW = 100;

	private static final int MANY = 1100;

	private static final int TEXT_OCTETS = 10 * 1024;

	/** Half more than there was when this was written, on 17 and on 25. */
	private static final int MOST_BESIDE_DATA = 6_800;

	private static final String COMMANDS = "MAIL FROM:<bench@example.org>\r\nRCPT TO:<sink@example.org>\r\nDATA\r\n";

	@TempDir
	Path directory;

	private final com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory
		.getThreadMXBean();

	@BeforeEach
	void onlyWhereTheJvmCounts() {
		assumeTrue(this.threads.isThreadAllocatedMemorySupported() && this.threads.isThreadAllocatedMemoryEnabled());
	}

	@Test
	void smallMessageAllocatesLittleMoreThanItsData() throws IOException {
		long octets = allocatedPerMessage(text(TEXT_OCTETS));
		assertThat(octets).isBetween((long) TEXT_OCTETS, (long) TEXT_OCTETS + MOST_BESIDE_DATA);
	}

	@Test
	void messageOfOneLineAllocatesLittle() throws IOException {
		long octets = allocatedPerMessage(text(80));
		assertThat(octets).isLessThan(MOST_BESIDE_DATA);
	}

	private long allocatedPerMessage(String text) throws IOException {
		try (InMemorySession session = new InMemorySession(this.directory, (draft) -> {
			draft.receivedHeader = true;
			draft.messageHandlers.clear();
			draft.messageHandlers.add((peer, envelope) -> {
				// thrown away
			});
		})) {
			allocated(session, MANY, text); // what is made once, such as classes and the
											// date
			return (allocated(session, MANY, text) - allocated(session, FEW, text)) / (MANY - FEW);
		}
	}

	private long allocated(InMemorySession session, int messages, String text) throws IOException {
		byte[] dialogue = ("EHLO client.example.org\r\n" + (COMMANDS + text + ".\r\n").repeat(messages) + "QUIT\r\n")
			.getBytes(StandardCharsets.US_ASCII);
		ByteArrayInputStream in = new ByteArrayInputStream(dialogue);
		long before = this.threads.getCurrentThreadAllocatedBytes();
		byte[] replies = session.run(in);
		long after = this.threads.getCurrentThreadAllocatedBytes();
		assertThat(new String(replies, StandardCharsets.US_ASCII).split("queued as", -1)).hasSize(messages + 1);
		return after - before;
	}

	private static String text(int octets) {
		String line = "x".repeat(78) + "\r\n";
		return line.repeat(octets / line.length());
	}

}
