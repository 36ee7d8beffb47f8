package io.smtpd.benchmarks.sink;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;

import javax.net.ssl.SSLContext;

import io.smtpd.SmtpLimits;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServer.Listener;
import io.smtpd.TlsPolicy;

/**
 * The core alone. All deadlines and limits hold, but for those that are about one client
 * with very many connections, which the load generator is.
 */
public final class CoreSink {

	/** More than any measurement has. */
	static final int MOST_CONNECTIONS = 20_000;

	static final long MOST_OCTETS = 64L * 1024 * 1024;

	private CoreSink() {
	}

	/**
	 * Starts the server.
	 * @param arguments a port, and a key store for STARTTLS
	 * @throws IOException when it cannot be started
	 * @throws GeneralSecurityException when the key store is of no use
	 */
	public static void main(String[] arguments) throws IOException, GeneralSecurityException {
		TlsPolicy tls = TlsPolicy.none();
		if (arguments.length > 1) {
			SSLContext context = TlsContext.of(arguments[1]);
			tls = TlsPolicy.startTls(() -> context);
		}
		SmtpServer.builder()
			.hostname("bench.example.org")
			.listener(Listener.of(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0]))).tls(tls))
			.maxConnections(MOST_CONNECTIONS)
			.limits(SmtpLimits.defaults().maxConnectionsPerAddress(MOST_CONNECTIONS))
			.maxMessageSize(MOST_OCTETS)
			.messageHandler((peer, envelope) -> {
				// thrown away
			})
			.build()
			.start();
	}

}
