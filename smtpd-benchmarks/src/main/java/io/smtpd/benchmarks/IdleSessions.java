package io.smtpd.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.net.ssl.SSLContext;

import io.smtpd.benchmarks.Server.Runtime;
import org.jspecify.annotations.Nullable;

/** How much memory a session takes that says EHLO and then nothing. */
final class IdleSessions {

	/** So that classes and compiled code are there before it is counted. */
	private static final int WARM_UP = 300;

	private static final int BATCH = 50;

	private static final Duration PATIENCE = Duration.ofSeconds(75);

	private static final Pattern HEAP = Pattern.compile("^(?!\\s*Metaspace|\\s*class).*used (\\d+)K",
			Pattern.MULTILINE);

	private final Path jcmd;

	private final Path directory;

	IdleSessions(Path javaHome, Path directory) {
		this.jcmd = javaHome.resolve("bin/jcmd");
		this.directory = directory;
	}

	/**
	 * Starts a server and measures.
	 * @param sessions how many to open
	 * @param keyStore for STARTTLS in each session, or null for clear text
	 * @param context of the client, or null likewise
	 * @throws IOException when the server fails
	 */
	Memory measure(Server server, int sessions, @Nullable Path keyStore, @Nullable SSLContext context)
			throws IOException, InterruptedException {
		Progress.say("idle sessions: %s%s", server.name(), (context != null) ? ", TLS" : "");
		List<Client> clients = new ArrayList<>();
		try (RunningServer running = RunningServer.start(server, keyStore, this.directory)) {
			boolean jvm = server.runtime() == Runtime.JVM;
			open(running, WARM_UP, context, clients);
			clients.forEach(Client::close);
			clients.clear();
			OptionalDouble heapBefore = jvm ? collect(running) : OptionalDouble.empty();
			TimeUnit.MILLISECONDS.sleep(500);
			long before = running.residentKib();
			open(running, sessions, context, clients);
			long filled = running.residentKib();
			OptionalDouble heap = jvm ? collect(running) : OptionalDouble.empty();
			TimeUnit.MILLISECONDS.sleep(500);
			long collected = running.residentKib();
			double count = clients.size();
			return new Memory(clients.size(), (filled - before) / count, (collected - before) / count,
					heap.isPresent() ? OptionalDouble.of((heap.getAsDouble() - heapBefore.orElse(0)) / count) : heap);
		}
		finally {
			clients.forEach(Client::close);
		}
	}

	private static void open(RunningServer running, int sessions, @Nullable SSLContext context, List<Client> clients)
			throws IOException {
		long deadline = System.nanoTime() + PATIENCE.toNanos();
		while (clients.size() < sessions) {
			if (System.nanoTime() - deadline > 0) {
				throw new IOException(
						"only " + clients.size() + " sessions could be opened in " + PATIENCE.toSeconds() + " s");
			}
			List<Client> batch = new ArrayList<>();
			for (int i = 0; i < Math.min(BATCH, sessions - clients.size()); i++) {
				Client client = new Client(running.port());
				batch.add(client);
				clients.add(client);
			}
			for (Client client : batch) {
				client.expect("220");
				client.send("EHLO idle.example.org");
			}
			for (Client client : batch) {
				client.expect("250");
				if (context != null) {
					client.startTls(context);
					client.send("EHLO idle.example.org");
					client.expect("250");
				}
			}
		}
	}

	/** Has the JVM collect its garbage; returns what is left of the heap in KiB. */
	private OptionalDouble collect(RunningServer running) throws IOException, InterruptedException {
		String pid = Long.toString(running.pid());
		LoadGenerator.run(List.of(this.jcmd.toString(), pid, "GC.run"));
		Matcher used = HEAP.matcher(LoadGenerator.run(List.of(this.jcmd.toString(), pid, "GC.heap_info")));
		double sum = 0;
		while (used.find()) {
			sum += Double.parseDouble(used.group(1));
		}
		return OptionalDouble.of(sum);
	}

	/**
	 * What one session takes, in KiB.
	 *
	 * @param sessions how many there were
	 * @param residentKib resident memory as it was
	 * @param collectedKib resident memory after a collection; the same where there is
	 * none
	 * @param heapKib the JVM's heap after that collection
	 */
	record Memory(int sessions, double residentKib, double collectedKib, OptionalDouble heapKib) {

	}

}
