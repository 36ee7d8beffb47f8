package io.smtpd.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The servers' certificate: P-256, signed by itself, made anew for each run. */
final class Certificate {

	private Certificate() {
	}

	/**
	 * Makes a key store.
	 * @param javaHome whose keytool is used
	 * @param directory where to put it
	 * @return a PKCS #12 file whose password is {@code changeit}
	 */
	static Path make(Path javaHome, Path directory) throws IOException, InterruptedException {
		Path keyStore = directory.resolve("keystore.p12");
		LoadGenerator.run(List.of(javaHome.resolve("bin/keytool").toString(), "-genkeypair", "-alias", "bench",
				"-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=bench.example.org", "-validity", "7",
				"-storetype", "PKCS12", "-keystore", keyStore.toString(), "-storepass", "changeit"));
		return keyStore;
	}

}
