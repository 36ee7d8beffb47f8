package io.smtpd.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.concurrent.atomic.AtomicInteger;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** A connection for the measurements that the load generator does not do. */
final class Client implements AutoCloseable {

	/**
	 * Sessions are looked up by this and so never found: each handshake is a full one.
	 */
	private static final AtomicInteger PEER_NUMBER = new AtomicInteger();

	private Socket socket;

	Client(int port) throws IOException {
		this.socket = new Socket(InetAddress.getByName("127.0.0.1"), port);
		this.socket.setTcpNoDelay(true);
		this.socket.setSoTimeout(30_000);
	}

	/** Makes a context that trusts everybody and agrees on keys with P-256. */
	static SSLContext trustingContext() throws GeneralSecurityException {
		System.setProperty("jdk.tls.namedGroups", "secp256r1"); // read once, at the first
																// handshake
		SSLContext context = SSLContext.getInstance("TLSv1.3");
		context.init(null, new TrustManager[] { new Trusting() }, new SecureRandom());
		return context;
	}

	void send(String command) throws IOException {
		this.socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
	}

	/**
	 * Reads a reply.
	 * @throws IOException when it is another, or none
	 */
	void expect(String code) throws IOException {
		InputStream in = this.socket.getInputStream();
		byte[] buffer = new byte[4096];
		int length = 0;
		while (true) {
			int count = in.read(buffer, length, buffer.length - length);
			if (count <= 0) {
				throw new IOException("the server closed the connection instead of a " + code);
			}
			length += count;
			String reply = new String(buffer, 0, length, StandardCharsets.ISO_8859_1);
			if (reply.endsWith("\r\n")) {
				String last = reply.substring(reply.lastIndexOf("\r\n", length - 3) + 1).strip();
				if (last.length() < 4 || last.charAt(3) != '-') {
					if (!last.startsWith(code)) {
						throw new IOException("wanted " + code + ", got " + last);
					}
					return;
				}
			}
		}
	}

	/**
	 * Goes on in TLS after a full handshake.
	 * @return protocol and cipher suite
	 */
	String startTls(SSLContext context) throws IOException {
		send("STARTTLS");
		expect("220");
		SSLSocket secured = (SSLSocket) context.getSocketFactory()
			.createSocket(this.socket, "127.0.0.1", 1 + PEER_NUMBER.incrementAndGet() % 65_000, true);
		secured.startHandshake();
		this.socket = secured;
		return secured.getSession().getProtocol() + ", " + secured.getSession().getCipherSuite();
	}

	@Override
	public void close() {
		try {
			this.socket.close();
		}
		catch (IOException ex) {
			// gone is gone
		}
	}

	private static final class Trusting extends X509ExtendedTrustManager {

		@Override
		public void checkClientTrusted(X509Certificate[] chain, String authType) {
			// there are none
		}

		@Override
		public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {
			// there are none
		}

		@Override
		public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {
			// there are none
		}

		@Override
		public void checkServerTrusted(X509Certificate[] chain, String authType) {
			// it was made for this run
		}

		@Override
		public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {
			// it was made for this run
		}

		@Override
		public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {
			// it was made for this run
		}

		@Override
		public X509Certificate[] getAcceptedIssuers() {
			return new X509Certificate[0];
		}

	}

}
