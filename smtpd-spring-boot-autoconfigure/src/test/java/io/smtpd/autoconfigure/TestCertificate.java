package io.smtpd.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleKey;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.boot.ssl.SslOptions;
import org.springframework.boot.ssl.SslStoreBundle;

import static org.assertj.core.api.Assertions.assertThat;

/** A key and its self-signed certificate, made by keytool. */
public final class TestCertificate {

	private static final char[] PASSWORD = "changeit".toCharArray();

	private static final String ALIAS = "key";

	private final KeyStore store;

	private TestCertificate(KeyStore store) {
		this.store = store;
	}

	/** Makes one for 127.0.0.1. */
	public static TestCertificate of(String commonName, Path folder) {
		Path file = folder.resolve(commonName + ".p12");
		try {
			Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
					"-genkeypair", "-alias", ALIAS, "-dname", "CN=" + commonName, "-ext",
					"SAN=ip:127.0.0.1,dns:" + commonName + ".example.org", "-validity", "2", "-keyalg", "EC",
					"-groupname", "secp256r1", "-keystore", file.toString(), "-storetype", "PKCS12", "-storepass",
					new String(PASSWORD))
				.redirectErrorStream(true)
				.start();
			String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			assertThat(process.waitFor()).as(output).isZero();
			KeyStore store = KeyStore.getInstance("PKCS12");
			try (InputStream in = Files.newInputStream(file)) {
				store.load(in, PASSWORD);
			}
			return new TestCertificate(store);
		}
		catch (IOException | GeneralSecurityException | InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** Writes it in two PEM files, each in one move, as certbot and others do. */
	public TestCertificate writeTo(Path folder, String name) {
		write(folder.resolve(name + ".key"), "PRIVATE KEY", key().getEncoded());
		write(folder.resolve(name + ".crt"), "CERTIFICATE", encoded());
		return this;
	}

	/** A bundle with several certificates, of which the client's SNI chooses. */
	static SslBundle bundleOf(TestCertificate... certificates) {
		try {
			KeyStore joint = KeyStore.getInstance("PKCS12");
			joint.load(null, null);
			for (TestCertificate each : certificates) {
				joint.setKeyEntry("key" + joint.size(), each.key(), PASSWORD, each.store.getCertificateChain(ALIAS));
			}
			KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
			keys.init(joint, PASSWORD);
			TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
			trust.init(joint);
			return SslBundle.of(SslStoreBundle.of(joint, new String(PASSWORD), null), SslBundleKey.NONE,
					SslOptions.NONE, SslBundle.DEFAULT_PROTOCOL, SslManagerBundle.of(keys, trust));
		}
		catch (IOException | GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** What defines a bundle of these files. */
	static String[] bundle(Path folder, String name) {
		String prefix = "spring.ssl.bundle.pem." + name;
		return new String[] { prefix + ".keystore.certificate=" + folder.resolve(name + ".crt"),
				prefix + ".keystore.private-key=" + folder.resolve(name + ".key") };
	}

	public X509Certificate certificate() {
		try {
			return (X509Certificate) this.store.getCertificate(ALIAS);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** For a client that shows this certificate, and trusts it and the others. */
	public SSLContext context(TestCertificate... trusted) {
		try {
			KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
			keys.init(this.store, PASSWORD);
			List<TestCertificate> all = new ArrayList<>(List.of(trusted));
			all.add(this);
			return context(keys.getKeyManagers(), all);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** For a client that shows none. */
	public static SSLContext trusting(TestCertificate... trusted) {
		return context(new KeyManager[0], List.of(trusted));
	}

	private static SSLContext context(KeyManager[] keys, List<TestCertificate> trusted) {
		try {
			KeyStore store = KeyStore.getInstance("PKCS12");
			store.load(null, null);
			for (TestCertificate each : trusted) {
				store.setCertificateEntry("trusted" + store.size(), each.certificate());
			}
			TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
			trust.init(store);
			SSLContext context = SSLContext.getInstance("TLS");
			context.init(keys, trust.getTrustManagers(), new SecureRandom());
			return context;
		}
		catch (GeneralSecurityException | IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private PrivateKey key() {
		try {
			return (PrivateKey) this.store.getKey(ALIAS, PASSWORD);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private byte[] encoded() {
		try {
			return certificate().getEncoded();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void write(Path file, String type, byte[] der) {
		String pem = "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(type,
				Base64.getMimeEncoder().encodeToString(der), type);
		try {
			Path temporary = Files.writeString(file.resolveSibling(file.getFileName() + ".new"), pem);
			Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
