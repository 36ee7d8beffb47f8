package io.smtpd.sasl;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Real TLS connections over loopback. Both ends have the same certificate, made by
 * keytool.
 */
final class TlsFixture implements AutoCloseable {

	private static final char[] PASSWORD = "changeit".toCharArray();

	private final Path folder;

	private final SSLServerSocket listener;

	private final SSLSocketFactory sockets;

	TlsFixture(Path folder) throws Exception {
		this.folder = folder;
		SSLContext context = context(keyStore());
		this.listener = (SSLServerSocket) context.getServerSocketFactory()
			.createServerSocket(0, 1, InetAddress.getLoopbackAddress());
		this.sockets = context.getSocketFactory();
	}

	/** Both ends' view of one connection. */
	record Connection(SSLSession server, SSLSession client) {

	}

	/** The second connection with the same protocol resumes the session of the first. */
	Connection connect(String protocol, boolean clientCertificate) throws Exception {
		CompletableFuture<SSLSession> server = CompletableFuture.supplyAsync(() -> accept(protocol, clientCertificate));
		try (SSLSocket socket = (SSLSocket) this.sockets.createSocket(this.listener.getInetAddress(),
				this.listener.getLocalPort())) {
			socket.startHandshake();
			// so that a session ticket behind the handshake has been read
			assertThat(socket.getInputStream().read()).isEqualTo('!');
			return new Connection(server.get(30, TimeUnit.SECONDS), socket.getSession());
		}
	}

	private SSLSession accept(String protocol, boolean clientCertificate) {
		try (SSLSocket socket = (SSLSocket) this.listener.accept()) {
			socket.setEnabledProtocols(new String[] { protocol });
			socket.setNeedClientAuth(clientCertificate);
			socket.startHandshake();
			socket.getOutputStream().write('!');
			return socket.getSession();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() throws IOException {
		this.listener.close();
	}

	/** A server's session of which nothing is known but its certificate. */
	static SSLSession sessionWith(Certificate... local) {
		return (SSLSession) Proxy.newProxyInstance(TlsFixture.class.getClassLoader(),
				new Class<?>[] { SSLSession.class }, (proxy, method, arguments) -> switch (method.getName()) {
					case "getLocalCertificates" -> (local.length > 0) ? local : null;
					case "getProtocol" -> "TLSv1.3";
					default -> throw new UnsupportedOperationException(method.getName());
				});
	}

	/** A certificate that has been signed with the algorithm. */
	static X509Certificate certificate(String signature) throws Exception {
		try (InputStream in = TlsFixture.class.getResourceAsStream(signature + ".pem")) {
			return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
		}
	}

	private KeyStore keyStore() throws Exception {
		Path file = this.folder.resolve("keys.p12");
		List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-alias", "both", "-dname", "CN=both", "-validity", "2", "-keyalg", "EC", "-groupname",
				"secp256r1", "-sigalg", "SHA384withECDSA", "-keystore", file.toString(), "-storetype", "PKCS12",
				"-storepass", new String(PASSWORD));
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).as(output).isZero();
		KeyStore store = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(file)) {
			store.load(in, PASSWORD);
		}
		store.setCertificateEntry("trusted", store.getCertificate("both"));
		return store;
	}

	private static SSLContext context(KeyStore store) throws Exception {
		KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keys.init(store, PASSWORD);
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trust.init(store);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
		return context;
	}

}
