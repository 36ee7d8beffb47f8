package io.smtpd.autoconfigure.dkim;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.Signature;
import java.util.Arrays;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.io.FileSystemResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

@ExtendWith(OutputCaptureExtension.class)
class DkimKeyTests {

	private static final byte[] DATA = "from:a@example.org\r\n".getBytes(StandardCharsets.US_ASCII);

	@Test
	void readsPkcs8AndPkcs1Rsa(CapturedOutput output) throws Exception {
		for (byte[] pem : new byte[][] { TestKeys.pkcs8(TestKeys.RSA), TestKeys.pkcs1(TestKeys.RSA) }) {
			DkimKey key = DkimKey.parse(pem);
			assertThat(key.algorithm()).isEqualTo("rsa-sha256");
			Signature signature = Signature.getInstance("SHA256withRSA");
			signature.initVerify(TestKeys.RSA.getPublic());
			signature.update(DATA);
			assertThat(signature.verify(key.sign(DATA))).isTrue();
		}
		assertThat(output).doesNotContain("WARN");
	}

	@Test // RFC 8463 §3: what Ed25519 signs is the hash
	void readsPkcs8Ed25519() throws Exception {
		DkimKey key = DkimKey.parse(TestKeys.pkcs8(TestKeys.ED25519));
		assertThat(key.algorithm()).isEqualTo("ed25519-sha256");
		Signature signature = Signature.getInstance("Ed25519");
		signature.initVerify(TestKeys.ED25519.getPublic());
		signature.update(Sha256.newDigest().digest(DATA));
		assertThat(signature.verify(key.sign(DATA))).isTrue();
	}

	@Test
	void readsCrlfAndWhatStandsAroundTheKey() {
		String pem = "Bag Attributes\r\n" + text(TestKeys.pkcs8(TestKeys.RSA)).replace("\n", "\r\n")
				+ text(TestKeys.pem("CERTIFICATE", new byte[100]));
		assertThat(DkimKey.parse(octets(pem)).algorithm()).isEqualTo("rsa-sha256");
	}

	@ParameterizedTest
	@CsvSource({ "CERTIFICATE, found BEGIN CERTIFICATE but allowed", "PUBLIC KEY, found BEGIN PUBLIC KEY but allowed",
			"EC PRIVATE KEY, found BEGIN EC PRIVATE KEY but allowed",
			"OPENSSH PRIVATE KEY, found BEGIN OPENSSH PRIVATE KEY but allowed",
			"ENCRYPTED PRIVATE KEY, found an encrypted private key",
			"PRIVATE KEY, found BEGIN PRIVATE KEY whose content is damaged",
			"RSA PRIVATE KEY, found BEGIN RSA PRIVATE KEY whose content is damaged" })
	void saysWhatWasFoundAndWhatIsAllowed(String label, String message) {
		assertThatIllegalArgumentException().isThrownBy(() -> DkimKey.parse(TestKeys.pem(label, new byte[100])))
			.withMessageStartingWith(message)
			.withMessageContaining("BEGIN PRIVATE KEY (PKCS#8)")
			.withMessageContaining("BEGIN RSA PRIVATE KEY (PKCS#1)");
	}

	@Test
	void refusesATraditionalEncryptedKey() {
		String pem = text(TestKeys.pkcs1(TestKeys.RSA)).replaceFirst("\n",
				"\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n");
		assertThatIllegalArgumentException().isThrownBy(() -> DkimKey.parse(octets(pem)))
			.withMessageStartingWith("found an encrypted private key, for which there is no password here")
			.withMessageContaining("openssl pkey");
	}

	@Test
	void refusesWhatIsNoPem() {
		assertThatIllegalArgumentException().isThrownBy(() -> DkimKey.parse(new byte[0]))
			.withMessageStartingWith("found nothing but");
		assertThatIllegalArgumentException().isThrownBy(() -> DkimKey.parse(octets("secret")))
			.withMessageStartingWith("found no PEM block but")
			.withMessageNotContaining("secret");
		assertThatIllegalArgumentException().isThrownBy(() -> DkimKey.parse(TestKeys.RSA.getPrivate().getEncoded()))
			.withMessageStartingWith("found binary DER but");
	}

	@Test
	void refusesTwoKeysInOneFile() {
		String pem = text(TestKeys.pkcs8(TestKeys.RSA)) + text(TestKeys.pkcs8(TestKeys.ED25519));
		assertThatIllegalArgumentException().isThrownBy(() -> DkimKey.parse(octets(pem)))
			.withMessageStartingWith("found BEGIN PRIVATE KEY, BEGIN PRIVATE KEY but");
	}

	@Test
	void refusesATruncatedKey() {
		byte[] pem = TestKeys.pkcs8(TestKeys.RSA);
		assertThatIllegalArgumentException().isThrownBy(() -> DkimKey.parse(Arrays.copyOf(pem, pem.length / 2)))
			.withMessageStartingWith("found BEGIN PRIVATE KEY whose content is damaged");
	}

	@ParameterizedTest
	@CsvSource({ "EC, 256, EC", "DSA, 1024, DSA", "RSASSA-PSS, 2048, RSASSA-PSS", "Ed448, 448, Ed448",
			"X25519, 255, XDH" })
	void refusesKeysOfOtherAlgorithms(String algorithm, int size, String named) {
		byte[] pem = TestKeys.pkcs8(TestKeys.generate(algorithm, size));
		assertThatIllegalArgumentException().isThrownBy(() -> DkimKey.parse(pem))
			.withMessage("found a key of the algorithm " + named + " but DKIM has RSA and Ed25519 only");
	}

	@Test // RFC 8301 §3.2
	void refusesAnRsaKeyBelow1024Bits() {
		KeyPair small = TestKeys.generate("RSA", 1008);
		assertThatIllegalArgumentException().isThrownBy(() -> DkimKey.parse(TestKeys.pkcs8(small)))
			.withMessageStartingWith("found an RSA key of 1008 bits but at least 1024 are allowed");
	}

	@Test
	void warnsOfAnRsaKeyBelow2048Bits(CapturedOutput output) {
		DkimKey.parse(octets(Rfc8463Example.RSA_KEY));
		assertThat(output).contains("WARN").contains("DKIM key of 1024 bits RSA: at least 2048 are recommended");
	}

	@Test
	void namesTheFile(@TempDir Path folder) {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> DkimKey.load(new FileSystemResource(folder.resolve("absent.pem"))))
			.withMessageContaining("absent.pem")
			.withMessageContaining("cannot be read");
	}

	@Test
	void showsNothingOfTheKey() {
		assertThat(DkimKey.parse(TestKeys.pkcs8(TestKeys.RSA))).hasToString("DkimKey[rsa-sha256]");
	}

	private static String text(byte[] octets) {
		return new String(octets, StandardCharsets.ISO_8859_1);
	}

	private static byte[] octets(String text) {
		return text.getBytes(StandardCharsets.ISO_8859_1);
	}

}
