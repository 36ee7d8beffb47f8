package io.smtpd.benchmarks.sink;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.security.GeneralSecurityException;

import org.jspecify.annotations.Nullable;
import org.subethamail.smtp.MessageHandler;
import org.subethamail.smtp.server.SMTPServer;

/** SubEthaSMTP, which gives each connection a pooled platform thread. */
public final class SubethaSink {

	private SubethaSink() {
	}

	/**
	 * Starts the server.
	 * @param arguments a port, and a key store for STARTTLS
	 * @throws IOException when it cannot be started
	 * @throws GeneralSecurityException when the key store is of no use
	 */
	public static void main(String[] arguments) throws IOException, GeneralSecurityException {
		SMTPServer.Builder builder = new SMTPServer.Builder().bindAddress(InetAddress.getByName("127.0.0.1"))
			.port(Integer.parseInt(arguments[0]))
			.hostName("bench.example.org")
			.backlog(4096)
			.maxConnections(CoreSink.MOST_CONNECTIONS)
			.maxMessageSize((int) CoreSink.MOST_OCTETS)
			.insertReceivedHeaders(false)
			.connectionTimeoutMs(600_000)
			.messageHandlerFactory((context) -> new Discarding());
		if (arguments.length > 1) {
			builder.enableTLS().startTlsSocketFactory(TlsContext.of(arguments[1]));
		}
		builder.build().start();
	}

	private static final class Discarding implements MessageHandler {

		@Override
		public void from(String from) {
			// every sender is welcome
		}

		@Override
		public void recipient(String recipient) {
			// every recipient is known
		}

		@Override
		public @Nullable String data(InputStream data) throws IOException {
			byte[] dropped = new byte[8192];
			int count;
			do {
				count = data.read(dropped);
			}
			while (count >= 0);
			return null;
		}

		@Override
		public void done() {
			// nothing was kept
		}

	}

}
