package io.smtpd.sasl;

import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.StringPreparation;
import com.ongres.scram.common.exception.ScramException;
import io.smtpd.Peer;
import io.smtpd.SaslMechanism;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** SCRAM with a client that others wrote. */
class ScramClientLibraryTests {

	private static final String PLUS = "SCRAM-SHA-256-PLUS";

	private static final String PLAIN = "SCRAM-SHA-256";

	@TempDir
	static Path folder;

	private static TlsFixture.Connection connection;

	private static byte[] endPoint;

	@BeforeAll
	static void connect() throws Exception {
		try (TlsFixture tls = new TlsFixture(folder)) {
			connection = tls.connect("TLSv1.2", false);
		}
		endPoint = MessageDigest.getInstance("SHA-384")
			.digest(connection.client().getPeerCertificates()[0].getEncoded());
	}

	@ParameterizedTest
	@CsvSource({ "tim, secret", "'a,b=c', 'p,=\u00e4\u00f6\u00fc'", "j\u00fcrgen, IX\u00a0\u2168" })
	void authenticates(String username, String password) throws Exception {
		ScramClient client = ScramClient.builder()
			.advertisedMechanisms(List.of(PLAIN))
			.username(username)
			.password(password.toCharArray())
			.stringPreparation(StringPreparation.SASL_PREPARATION)
			.build();
		assertThat(client.getScramMechanism().getName()).isEqualTo(PLAIN);
		Dialogue dialogue = prove(client, Dialogue.peer(null), username, ScramKeys.derive(password));
		assertThat(dialogue.success("").getName()).isEqualTo(username);
	}

	@Test
	void authenticatesWithTheChannelBinding() throws Exception {
		ScramClient client = binding(List.of(PLAIN, PLUS), endPoint);
		assertThat(client.getScramMechanism().getName()).isEqualTo(PLUS);
		Dialogue dialogue = prove(client, Dialogue.peer(connection.server()), "tim", ScramKeys.derive("secret"));
		assertThat(dialogue.success("").getName()).isEqualTo("tim");
	}

	@Test
	void refusesTheChannelBindingOfAnotherConnection() throws Exception {
		ScramClient client = binding(List.of(PLAIN, PLUS), new byte[48]);
		Dialogue dialogue = begin(client, Dialogue.peer(connection.server()), "tim", ScramKeys.derive("secret"));
		assertThat(dialogue.refusal(client.clientFinalMessage().toString()))
			.isEqualTo("535 5.7.8 Channel bindings do not match");
	}

	@Test
	void refusesAClientThatWasNotShownTheOfferOfPlus() {
		ScramClient client = binding(List.of(PLAIN), endPoint);
		String first = client.clientFirstMessage().toString();
		assertThat(first).startsWith("y,,");
		Peer peer = Dialogue.peer(connection.server());
		assertThat(new Dialogue(mechanism(PLAIN, "tim", ScramKeys.derive("secret")), peer).refusal(first))
			.isEqualTo("535 5.7.8 The offer of channel binding was lost on the way");
	}

	@Test
	void refusesAWrongPassword() throws Exception {
		ScramClient client = plain();
		Dialogue dialogue = begin(client, Dialogue.peer(null), "tim", ScramKeys.derive("other"));
		assertThat(dialogue.refusal(client.clientFinalMessage().toString())).isEqualTo(Dialogue.REFUSED);
	}

	@Test
	void refusesAnUnknownUser() throws Exception {
		ScramClient client = plain();
		Dialogue dialogue = begin(client, Dialogue.peer(null), "tom", ScramKeys.derive("secret"));
		assertThat(dialogue.refusal(client.clientFinalMessage().toString())).isEqualTo(Dialogue.REFUSED);
	}

	@Test
	void showsTheClientWhetherTheServerKnowsTheKeys() throws Exception {
		ScramKeys keys = ScramKeys.derive("secret");
		ScramKeys half = new ScramKeys(keys.salt(), keys.iterations(), keys.storedKey(), new byte[32]);
		assertThatExceptionOfType(ScramException.class)
			.isThrownBy(() -> prove(plain(), Dialogue.peer(null), "tim", half));
	}

	private static ScramClient plain() {
		return ScramClient.builder()
			.advertisedMechanisms(List.of(PLAIN))
			.username("tim")
			.password("secret".toCharArray())
			.build();
	}

	private static ScramClient binding(List<String> advertised, byte[] binding) {
		return ScramClient.builder()
			.advertisedMechanisms(advertised)
			.username("tim")
			.password("secret".toCharArray())
			.channelBinding("tls-server-end-point", binding)
			.build();
	}

	private static Dialogue prove(ScramClient client, Peer peer, String username, ScramKeys keys) throws Exception {
		Dialogue dialogue = begin(client, peer, username, keys);
		client.serverFinalMessage(dialogue.challenge(client.clientFinalMessage().toString()));
		return dialogue;
	}

	private static Dialogue begin(ScramClient client, Peer peer, String username, ScramKeys keys) throws Exception {
		Dialogue dialogue = new Dialogue(mechanism(client.getScramMechanism().getName(), username, keys), peer);
		client.serverFirstMessage(dialogue.challenge(client.clientFirstMessage().toString()));
		return dialogue;
	}

	private static SaslMechanism mechanism(String name, String username, ScramKeys keys) {
		return ScramMechanism.of((peer, asked) -> asked.equals(username) ? keys : null)
			.stream()
			.filter((mechanism) -> mechanism.name().equals(name))
			.findFirst()
			.orElseThrow();
	}

}
