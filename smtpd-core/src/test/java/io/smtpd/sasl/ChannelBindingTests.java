package io.smtpd.sasl;

import java.lang.reflect.Method;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;

import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLSession;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** RFC 5929 §4 and RFC 9266. */
class ChannelBindingTests {

	@TempDir
	static Path folder;

	private static TlsFixture tls;

	@BeforeAll
	static void makeCertificates() throws Exception {
		tls = new TlsFixture(folder);
	}

	@AfterAll
	static void close() throws Exception {
		tls.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.2", "TLSv1.3" })
	void serverEndPointIsTheHashOfTheCertificateThatTheClientSees(String protocol) throws Exception {
		TlsFixture.Connection connection = tls.connect(protocol, false);
		assertThat(ChannelBinding.of("tls-server-end-point", connection.server())).hasSize(48)
			.isEqualTo(hash("SHA-384", connection.client()));
		assertThat(ChannelBinding.availableTo(connection.server())).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "TLSv1.2", "TLSv1.3" })
	void serverEndPointIsThereInAResumedSession(String protocol) throws Exception {
		TlsFixture.Connection first = tls.connect(protocol, false);
		TlsFixture.Connection second = tls.connect(protocol, false);
		assertThat(second.client().getCreationTime()).as("resumed").isEqualTo(first.client().getCreationTime());
		assertThat(ChannelBinding.of("tls-server-end-point", second.server()))
			.isEqualTo(hash("SHA-384", first.client()));
	}

	@ParameterizedTest
	@CsvSource({ "MD5withRSA, SHA-256", "SHA1withRSA, SHA-256", "SHA1withECDSA, SHA-256", "SHA224withECDSA, SHA-224",
			"SHA256withECDSA, SHA-256", "SHA512withECDSA, SHA-512", "SHA3-256withECDSA, SHA3-256",
			"RSASSA-PSS, SHA-384" })
	void theHashIsTheSignaturesOrSha256InPlaceOfMd5AndSha1(String signature, String hash) throws Exception {
		X509Certificate certificate = TlsFixture.certificate(signature);
		assertThat(ChannelBinding.of("tls-server-end-point", TlsFixture.sessionWith(certificate)))
			.isEqualTo(MessageDigest.getInstance(hash).digest(certificate.getEncoded()));
	}

	@Test
	void thereIsNoServerEndPointWithoutAHash() throws Exception {
		// RFC 5929 §4.1 leaves it undefined
		SSLSession session = TlsFixture.sessionWith(TlsFixture.certificate("Ed25519"));
		assertThat(ChannelBinding.of("tls-server-end-point", session)).isNull();
		assertThat(ChannelBinding.availableTo(session)).isFalse();
		assertThat(ChannelBinding.availableTo(TlsFixture.sessionWith())).isFalse();
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_25)
	void exporterIsTheKeyThatBothEndsDerive() throws Exception {
		TlsFixture.Connection one = tls.connect("TLSv1.3", false);
		TlsFixture.Connection other = tls.connect("TLSv1.3", false);
		assertThat(ChannelBinding.of("tls-exporter", one.server())).hasSize(32).isEqualTo(export(one.client()));
		assertThat(ChannelBinding.of("tls-exporter", other.server())).isEqualTo(export(other.client()))
			.isNotEqualTo(export(one.client()));
	}

	@Test
	@EnabledForJreRange(max = JRE.JAVA_24)
	void exporterIsNotTakenWhereJavaHasNone() throws Exception {
		assertThat(ChannelBinding.of("tls-exporter", tls.connect("TLSv1.3", false).server())).isNull();
	}

	@Test
	void exporterIsNotTakenBeforeTls13() throws Exception {
		assertThat(ChannelBinding.of("tls-exporter", tls.connect("TLSv1.2", false).server())).isNull();
	}

	@Test
	void nothingElseIsTaken() throws Exception {
		SSLSession session = tls.connect("TLSv1.2", false).server();
		assertThat(ChannelBinding.of("tls-unique", session)).isNull();
		assertThat(ChannelBinding.of("TLS-SERVER-END-POINT", session)).isNull();
		assertThat(ChannelBinding.of("tls-server-end-point", null)).isNull();
		assertThat(ChannelBinding.availableTo(null)).isFalse();
	}

	private static byte[] hash(String algorithm, SSLSession client) throws Exception {
		return MessageDigest.getInstance(algorithm).digest(client.getPeerCertificates()[0].getEncoded());
	}

	private static byte[] export(SSLSession client) throws Exception {
		Method method = ExtendedSSLSession.class.getMethod("exportKeyingMaterialData", String.class, byte[].class,
				int.class);
		return (byte[]) method.invoke(client, "EXPORTER-Channel-Binding", new byte[0], 32);
	}

}
