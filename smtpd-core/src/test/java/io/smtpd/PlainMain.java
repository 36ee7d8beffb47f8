package io.smtpd;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * A whole application: tells its port, prints what it gets, ends when its input does. Run
 * by {@link PlainMainTests} with nothing but the core and what it cannot do without.
 */
final class PlainMain {

	private PlainMain() {
	}

	public static void main(String[] arguments) throws IOException {
		InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
		try (SmtpServer server = SmtpServer.builder()
			.listener(SmtpServer.Listener.of(address))
			.receivedHeader(false)
			.messageHandler((peer, envelope) -> {
				System.out.print("message from " + envelope.reversePath() + ": ");
				envelope.writeTo(System.out);
				System.out.flush();
			})
			.build()) {
			System.out.println("port " + server.start().localAddress().getPort());
			while (System.in.read() >= 0) {
				continue;
			}
		}
	}

}
