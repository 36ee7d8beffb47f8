package io.smtpd.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.SSLContext;

/** What STARTTLS costs a server that is warm: full handshakes, a connection for each. */
final class Handshakes {

	private static final int CLIENTS = 4;

	private static final double SECONDS = 5;

	private final Path keyStore;

	private final Path directory;

	private final double warmUp;

	Handshakes(Path keyStore, Path directory, double warmUp) {
		this.keyStore = keyStore;
		this.directory = directory;
		this.warmUp = warmUp;
	}

	/**
	 * Starts a server and measures.
	 * @throws IOException when a handshake or a reply is not as it should be
	 */
	Cost measure(Server server) throws IOException, InterruptedException, GeneralSecurityException {
		Progress.say("handshakes: %s", server.name());
		SSLContext context = Client.trustingContext();
		try (RunningServer running = RunningServer.start(server, this.keyStore, this.directory)) {
			shake(running, context, this.warmUp);
			double cpu = running.cpuSeconds();
			long startedAt = System.nanoTime();
			List<String> suites = shake(running, context, SECONDS);
			double seconds = (System.nanoTime() - startedAt) / 1e9;
			return new Cost(suites.size() / seconds, (running.cpuSeconds() - cpu) * 1000 / suites.size(),
					String.join("; ", suites.stream().distinct().toList()));
		}
	}

	private static List<String> shake(RunningServer running, SSLContext context, double seconds)
			throws IOException, InterruptedException {
		long end = System.nanoTime() + Math.round(seconds * 1e9);
		ExecutorService executor = Executors.newFixedThreadPool(CLIENTS);
		try {
			Callable<List<String>> client = () -> {
				List<String> suites = new ArrayList<>();
				while (System.nanoTime() - end < 0) {
					suites.add(once(running.port(), context));
				}
				return suites;
			};
			List<String> all = new ArrayList<>();
			for (Future<List<String>> future : executor.invokeAll(List.of(client, client, client, client))) {
				all.addAll(future.get());
			}
			return all;
		}
		catch (ExecutionException ex) {
			throw new IOException(ex.getCause());
		}
		finally {
			executor.shutdownNow();
			executor.awaitTermination(10, TimeUnit.SECONDS);
		}
	}

	private static String once(int port, SSLContext context) throws IOException {
		try (Client client = new Client(port)) {
			client.expect("220");
			client.send("EHLO bench.example.org");
			client.expect("250");
			String suite = client.startTls(context);
			client.send("EHLO bench.example.org");
			client.expect("250");
			client.send("QUIT");
			client.expect("221");
			return suite;
		}
	}

	/**
	 * What a handshake costs, with the connection and the commands around it.
	 *
	 * @param perSecond how many there were in a second
	 * @param cpuMillis what the server took for one
	 * @param suites protocols and cipher suites
	 */
	record Cost(double perSecond, double cpuMillis, String suites) {

	}

}
