package io.smtpd;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;

import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Certificates of a server, of the server that follows it, and of a client, made by
 * keytool once for all tests. Everybody trusts all of them.
 */
final class Certificates {

	static final String SERVER = "server";

	static final String NEXT_SERVER = "next";

	static final String CLIENT = "client";

	private static final char[] PASSWORD = "changeit".toCharArray();

	private static final Certificates INSTANCE = new Certificates();

	private final KeyStore store;

	private final SSLContext server;

	private final SSLContext client;

	private Certificates() {
		try {
			this.store = generate();
			this.server = context(SERVER);
			this.client = context(null);
		}
		catch (IOException | GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** For a server. */
	static SSLContext server() {
		return INSTANCE.server;
	}

	/** For a server whose certificate is another. */
	static SSLContext nextServer() throws GeneralSecurityException {
		return INSTANCE.context(NEXT_SERVER);
	}

	/** For a client without a certificate. */
	static SSLContext client() {
		return INSTANCE.client;
	}

	/** For a client with a certificate. */
	static SSLContext clientWithCertificate() throws GeneralSecurityException {
		return INSTANCE.context(CLIENT);
	}

	static Certificate of(String name) throws GeneralSecurityException {
		return INSTANCE.store.getCertificate(name);
	}

	/** The certificate that other programs have to trust, in a file. */
	static Path serverPem(Path folder) throws IOException, GeneralSecurityException {
		return Files.writeString(folder.resolve("server.pem"),
				"-----BEGIN CERTIFICATE-----\n"
						+ Base64.getMimeEncoder(64, new byte[] { '\n' }).encodeToString(of(SERVER).getEncoded())
						+ "\n-----END CERTIFICATE-----\n",
				StandardCharsets.US_ASCII);
	}

	/** Begins TLS on a connection, as a client that has not said who it is. */
	static SSLSocket secure(Socket socket) throws IOException {
		return secure(socket, client());
	}

	static SSLSocket secure(Socket socket, SSLContext context, String... protocols) throws IOException {
		SSLSocket secured = prepare(socket, context);
		if (protocols.length > 0) {
			secured.setEnabledProtocols(protocols);
		}
		secured.startHandshake();
		return secured;
	}

	/** TLS on a connection, before the handshake. */
	static SSLSocket prepare(Socket socket, SSLContext context) throws IOException {
		InetSocketAddress address = (InetSocketAddress) socket.getRemoteSocketAddress();
		return (SSLSocket) context.getSocketFactory()
			.createSocket(socket, address.getHostString(), address.getPort(), true);
	}

	private static KeyStore generate() throws IOException, GeneralSecurityException {
		Path folder = Files.createTempDirectory("smtpd-certificates-");
		Path file = folder.resolve("keys.p12");
		try {
			for (String name : List.of(SERVER, NEXT_SERVER, CLIENT)) {
				keytool("-genkeypair", "-alias", name, "-dname", "CN=" + name, "-ext", "san=dns:localhost,ip:127.0.0.1",
						"-validity", "2", "-keyalg", "EC", "-groupname", "secp256r1", "-keystore", file.toString(),
						"-storetype", "PKCS12", "-storepass", new String(PASSWORD));
			}
			KeyStore store = KeyStore.getInstance("PKCS12");
			try (InputStream in = Files.newInputStream(file)) {
				store.load(in, PASSWORD);
			}
			return store;
		}
		finally {
			Files.deleteIfExists(file);
			Files.delete(folder);
		}
	}

	private static void keytool(String... arguments) throws IOException {
		ProcessBuilder builder = new ProcessBuilder(arguments);
		builder.command().add(0, Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
		builder.command().add(1, "-J-XX:TieredStopAtLevel=1");
		Process process = builder.redirectErrorStream(true).start();
		process.getOutputStream().close();
		process.getInputStream().transferTo(OutputStream.nullOutputStream());
		try {
			if (process.waitFor() != 0) {
				throw new IOException("keytool failed: " + builder.command());
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException(ex);
		}
	}

	private SSLContext context(String name) throws GeneralSecurityException {
		KeyManager[] keys = {};
		if (name != null) {
			KeyStore own = emptyStore();
			own.setKeyEntry(name, this.store.getKey(name, PASSWORD), PASSWORD, this.store.getCertificateChain(name));
			KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
			factory.init(own, PASSWORD);
			keys = factory.getKeyManagers();
		}
		KeyStore trusted = emptyStore();
		for (String other : List.of(SERVER, NEXT_SERVER, CLIENT)) {
			trusted.setCertificateEntry(other, this.store.getCertificate(other));
		}
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trust.init(trusted);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keys, trust.getTrustManagers(), null);
		return context;
	}

	private static KeyStore emptyStore() throws GeneralSecurityException {
		KeyStore store = KeyStore.getInstance("PKCS12");
		try {
			store.load(null, PASSWORD);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex); // there is nothing to read
		}
		return store;
	}

}
