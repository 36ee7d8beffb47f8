package io.smtpd.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A file system of a few megabytes, which one program has mounted and no other sees. It
 * is there until {@link #launcher()}'s process ends, which outlives the program.
 *
 * @param directory where it is mounted
 */
record SmallDisk(Path directory) {

	private static final int OCTETS = 24 * 1024 * 1024;

	/** Whether this system lets us; containers often don't. */
	static boolean available(Path directory) throws IOException, InterruptedException {
		return new ProcessBuilder(new SmallDisk(directory).command("true")).start().waitFor() == 0;
	}

	private List<String> command(String script) {
		return List.of("unshare", "-rm", "sh", "-c",
				"mount -t tmpfs -o size=" + OCTETS + " tmpfs '" + this.directory + "' && " + script, "sh");
	}

	/** Runs the command that follows it. */
	List<String> launcher() {
		return command("{ \"$@\" & wait; exec sleep 300; }");
	}

	/** The directory as that process sees it. */
	Path seenBy(Process process) {
		return Path.of("/proc/" + process.pid() + "/root" + this.directory);
	}

	/** Takes all room that is left, until the file is deleted. */
	static Path fill(Path directory) throws IOException {
		Path ballast = directory.resolve("ballast");
		try (OutputStream out = Files.newOutputStream(ballast)) {
			for (int i = 0; i < OCTETS; i += 1024) {
				out.write(new byte[1024]);
			}
			throw new AssertionError("There is more room than there should be");
		}
		catch (IOException ex) {
			return ballast; // full
		}
	}

}
