package io.smtpd.sasl;

import java.nio.file.Path;
import java.security.cert.X509Certificate;

import io.smtpd.Authenticator.Credentials;
import io.smtpd.Peer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** RFC 4422 appendix A. */
class ExternalMechanismTests {

	@TempDir
	static Path folder;

	private static Peer certified;

	private static Peer uncertified;

	private static X509Certificate certificate;

	private final ExternalMechanism mechanism = new ExternalMechanism();

	@BeforeAll
	static void connect() throws Exception {
		try (TlsFixture tls = new TlsFixture(folder)) {
			TlsFixture.Connection connection = tls.connect("TLSv1.3", true);
			certified = Dialogue.peer(connection.server());
			certificate = (X509Certificate) connection.client().getLocalCertificates()[0];
			uncertified = Dialogue.peer(tls.connect("TLSv1.2", false).server());
		}
	}

	@Test
	void isOfferedToAClientWithACertificateOnly() {
		assertThat(this.mechanism.name()).isEqualTo("EXTERNAL");
		assertThat(this.mechanism.requiresTls()).isTrue();
		assertThat(this.mechanism.availableTo(certified)).isTrue();
		assertThat(this.mechanism.availableTo(uncertified)).isFalse();
		assertThat(this.mechanism.availableTo(Dialogue.peer(null))).isFalse();
	}

	@Test
	void handsOverTheCertificate() throws Exception {
		Dialogue dialogue = new Dialogue(this.mechanism, certified);
		assertThat(dialogue.success("").getName()).isEqualTo("somebody");
		assertThat(dialogue.shown).singleElement()
			.isInstanceOfSatisfying(Credentials.ClientCertificate.class, (credentials) -> {
				assertThat(credentials.authorizationId()).isEmpty();
				assertThat(credentials.chain()).containsExactly(certificate);
			});
	}

	@Test
	void asksWithNothingAndHandsTheAuthorizationIdentityOver() throws Exception {
		Dialogue dialogue = new Dialogue(this.mechanism, certified);
		assertThat(dialogue.challenge((String) null)).isEmpty();
		dialogue.success("fred@example.com");
		assertThat(dialogue.shown).singleElement()
			.isInstanceOfSatisfying(Credentials.ClientCertificate.class,
					(credentials) -> assertThat(credentials.authorizationId()).isEqualTo("fred@example.com"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "fr\0ed", "fred\r\n" })
	void refusesMalformedIdentities(String authorizationId) {
		Dialogue dialogue = new Dialogue(this.mechanism, certified);
		assertThat(dialogue.refusal(authorizationId)).isEqualTo(Dialogue.MALFORMED);
		assertThat(dialogue.refusal("f".repeat(256))).isEqualTo(Dialogue.MALFORMED);
		assertThat(dialogue.refusal(new byte[] { (byte) 0xff })).isEqualTo(Dialogue.MALFORMED);
		assertThat(dialogue.shown).isEmpty();
	}

	@Test
	void refusesAClientWithoutACertificate() {
		for (Peer peer : new Peer[] { uncertified, Dialogue.peer(null) }) {
			Dialogue dialogue = new Dialogue(this.mechanism, peer);
			assertThat(dialogue.refusal("")).isEqualTo(Dialogue.REFUSED);
			assertThat(dialogue.shown).isEmpty();
		}
	}

}
