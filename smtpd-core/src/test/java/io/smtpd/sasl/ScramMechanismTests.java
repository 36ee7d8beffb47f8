package io.smtpd.sasl;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Principal;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Security;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

import io.smtpd.Peer;
import io.smtpd.SaslMechanism;
import io.smtpd.SmtpException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/** RFC 5802 and RFC 7677; the user and the nonces are those of RFC 7677 §3. */
class ScramMechanismTests {

	private static final String CLIENT_NONCE = "rOprNGfwEbeRWgbNEkqO";

	private static final String SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

	private static final String NONCE = CLIENT_NONCE + SERVER_NONCE;

	private static final String FIRST = "n,,n=user,r=" + CLIENT_NONCE;

	private static final ScramKeys KEYS = ScramKeys.derive("pencil",
			Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);

	private static final String SERVER_FIRST = "r=" + NONCE + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

	private static final String PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

	private static final String FINAL = "c=biws,r=" + NONCE + ",p=" + PROOF;

	@TempDir
	static Path folder;

	private static TlsFixture.Connection connection;

	private final List<String> asked = new ArrayList<>();

	private final ScramKeyStore store = (peer, username) -> {
		this.asked.add(username);
		return List.of("user", "a,b=c", "jürgen").contains(username) ? KEYS : null;
	};

	@BeforeAll
	static void connect() throws Exception {
		try (TlsFixture tls = new TlsFixture(folder)) {
			connection = tls.connect("TLSv1.3", false);
		}
	}

	@Test
	void areTwoMechanismsOfWhichTheStrongerNeedsTls() {
		List<SaslMechanism> mechanisms = ScramMechanism.of(this.store);
		assertThat(mechanisms).extracting(SaslMechanism::name).containsExactly("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256");
		assertThat(mechanisms).allMatch(SaslMechanism::requiresTls);
		assertThat(mechanisms).extracting((mechanism) -> mechanism.availableTo(Dialogue.peer(null)))
			.containsExactly(false, true);
		assertThat(mechanisms).allMatch((mechanism) -> mechanism.availableTo(tlsPeer()));
	}

	@Test
	void speaksTheExampleOfRfc7677() throws Exception {
		Dialogue dialogue = plain();
		assertThat(dialogue.challenge(FIRST)).isEqualTo(SERVER_FIRST);
		assertThat(dialogue.challenge(FINAL)).isEqualTo("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
		assertThat(dialogue.success("").getName()).isEqualTo("user");
		assertThat(dialogue.shown).isEmpty();
	}

	@Test
	void asksWithNothingWhenThereIsNoInitialResponse() throws Exception {
		Dialogue dialogue = plain();
		assertThat(dialogue.challenge((String) null)).isEmpty();
		assertThat(dialogue.challenge(FIRST)).isEqualTo(SERVER_FIRST);
	}

	@Test
	void succeedsOnlyAfterAnEmptyAnswerToTheServersSignature() throws Exception {
		// RFC 4954 §4: no data goes with 235
		Dialogue dialogue = plain();
		dialogue.challenge(FIRST);
		dialogue.challenge(FINAL);
		assertThat(dialogue.refusal("x")).isEqualTo(Dialogue.MALFORMED);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			n=a=2Cb=3Dc | a,b=c
			n=j\u00fcrgen | j\u00fcrgen
			n=user | user
			n== 2C | -
			n=a=b | -
			n=a=2 | -
			n=a=2cb | -
			n=a= | -
			n= | -
			n | -
			u=user | -
			""")
	void unescapesNames(String attribute, String username) throws Exception {
		// RFC 5802 §5.1
		String message = "n,," + attribute + ",r=" + CLIENT_NONCE;
		if (username.equals("-")) {
			assertThat(plain().refusal(message)).isEqualTo(Dialogue.MALFORMED);
			assertThat(this.asked).isEmpty();
		}
		else {
			assertThat(plain().challenge(message)).isEqualTo(SERVER_FIRST);
			assertThat(this.asked).containsExactly(username);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "n", "n,", "n,,", ",,n=user,r=abc", "x,,n=user,r=abc", "n,user,n=user,r=abc",
			"n,a=,n=user,r=abc", "n,a=x=2,n=user,r=abc", "n,,m=ext,n=user,r=abc", "n,,n=user", "n,,n=user,",
			"n,,n=user,r=", "n,,n=user,r=a b", "n,,n=user,r=\u00fc", "n,,r=abc,n=user", "n,,n=user,r=abc,",
			"n,,n=user,r=abc,x", "n,,n=user,r=abc,x=", "n,,n=user,r=abc,m=x", "n,,n=user,r=abc,1=x",
			"n,,n=us\0er,r=abc", "n,,n=user\n,r=abc", "p=tls-server-end-point,,n=user,r=abc", "p=,,n=user,r=abc",
			"p=tls_unique,,n=user,r=abc", "p,,n=user,r=abc" })
	void refusesMalformedFirstMessages(String message) {
		assertThat(plain().refusal(message)).isEqualTo(Dialogue.MALFORMED);
		assertThat(this.asked).isEmpty();
	}

	@Test
	void refusesFirstMessagesThatAreTooLongOrNotUtf8() {
		assertThat(plain().refusal(FIRST + ",x=" + "x".repeat(2048))).isEqualTo(Dialogue.MALFORMED);
		assertThat(plain().refusal("n,,n=user,r=" + "x".repeat(257))).isEqualTo(Dialogue.MALFORMED);
		assertThat(plain().refusal("n,,n=" + "u".repeat(256) + ",r=abc")).isEqualTo(Dialogue.MALFORMED);
		assertThat(plain().refusal("n,,n=j\u00fcrgen,r=abc".getBytes(StandardCharsets.ISO_8859_1)))
			.isEqualTo(Dialogue.MALFORMED);
		assertThat(this.asked).isEmpty();
	}

	@Test
	void passesExtensionsOverThatAreNotMandatory() throws Exception {
		Client client = new Client(KEYS, "pencil");
		Dialogue dialogue = plain();
		String bare = "n=user,r=" + CLIENT_NONCE + ",x=some,y=more";
		String serverFirst = dialogue.challenge("n,," + bare);
		assertThat(serverFirst).isEqualTo(SERVER_FIRST);
		dialogue.challenge(client.last(bare, serverFirst, "c=biws,r=" + NONCE + ",z=last"));
		assertThat(dialogue.success("").getName()).isEqualTo("user");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "c=biws", "c=biws,r=N", "c=biws,r=N,p=", "c=biws,r=N,p=AAAA", "c=biws,r=N,p=!!!!",
			"c=biws,r=N,p=P,x=y", "c=biws,r=N,m=x,p=P", "c=biws,r=N,,p=P", "c=,r=N,p=P", "c=biw,r=N,p=P",
			"c=biws=,r=N,p=P", "r=N,c=biws,p=P", "x=y,c=biws,r=N,p=P", "c=biws,p=P,r=N" })
	void refusesMalformedFinalMessages(String message) throws Exception {
		Dialogue dialogue = plain();
		dialogue.challenge(FIRST);
		assertThat(dialogue.refusal(message.replace("N", NONCE).replace("P", PROOF))).isEqualTo(Dialogue.MALFORMED);
	}

	@Test
	void refusesAProofWithBitsThatBase64DoesNotNeed() throws Exception {
		Dialogue dialogue = plain();
		dialogue.challenge(FIRST);
		assertThat(dialogue.refusal(FINAL.replace("dVQ=", "dVR="))).isEqualTo(Dialogue.MALFORMED);
	}

	@Test
	void refusesAWrongProof() throws Exception {
		Dialogue dialogue = plain();
		dialogue.challenge(FIRST);
		assertThat(dialogue.refusal(FINAL.replace("p=d", "p=e"))).isEqualTo(Dialogue.REFUSED);
	}

	@ParameterizedTest
	@ValueSource(strings = { CLIENT_NONCE, SERVER_NONCE, NONCE + "x", "x" + SERVER_NONCE })
	void refusesAnotherNonce(String nonce) throws Exception {
		Client client = new Client(KEYS, "pencil");
		Dialogue dialogue = plain();
		String serverFirst = dialogue.challenge(FIRST);
		assertThat(dialogue.refusal(client.last(FIRST.substring(3), serverFirst, "c=biws,r=" + nonce)))
			.isEqualTo(Dialogue.REFUSED);
	}

	@Test
	void refusesAnotherGs2HeaderThanTheOneItSaw() throws Exception {
		// someone turned "y" into "n" on the way
		Client client = new Client(KEYS, "pencil");
		Dialogue dialogue = plain();
		String serverFirst = dialogue.challenge(FIRST);
		assertThat(dialogue.refusal(client.last(FIRST.substring(3), serverFirst, "c=eSws,r=" + NONCE)))
			.isEqualTo("535 5.7.8 Channel bindings do not match");
	}

	@Test
	void givesOneGuessOnly() throws Exception {
		Dialogue dialogue = plain();
		dialogue.challenge(FIRST);
		dialogue.refusal(FINAL.replace("p=d", "p=e"));
		assertThat(dialogue.refusal(FINAL)).isEqualTo(Dialogue.MALFORMED);
	}

	@Test
	void forgetsEverythingWhenClosed() throws Exception {
		Dialogue dialogue = plain();
		dialogue.challenge(FIRST);
		dialogue.challenge(FINAL);
		dialogue.close();
		assertThat(dialogue.refusal("")).isEqualTo(Dialogue.MALFORMED);
	}

	@Test
	void makesANewNonceForEachExchange() throws Exception {
		SaslMechanism mechanism = ScramMechanism.of(this.store).get(1);
		String one = new Dialogue(mechanism).challenge(FIRST);
		String other = new Dialogue(mechanism).challenge(FIRST);
		assertThat(one).matches("r=" + CLIENT_NONCE + "[A-Za-z0-9+/]{24},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
			.isNotEqualTo(other);
	}

	// -- users that do not exist

	@Test
	void asksAnUnknownUserLikeAnyOtherAndAlwaysWithTheSameSalt() throws Exception {
		List<SaslMechanism> mechanisms = ScramMechanism.of(this.store);
		String first = new Dialogue(mechanisms.get(1)).challenge("n,,n=nobody,r=abc");
		assertThat(first).matches("r=abc[A-Za-z0-9+/]{24},s=[A-Za-z0-9+/]{22}==,i=4096");
		String salt = salt(first);
		assertThat(salt(new Dialogue(mechanisms.get(1)).challenge("n,,n=nobody,r=def"))).isEqualTo(salt);
		assertThat(salt(new Dialogue(mechanisms.get(0), tlsPeer()).challenge("p=tls-server-end-point,,n=nobody,r=def")))
			.isEqualTo(salt);
		assertThat(salt(new Dialogue(mechanisms.get(1)).challenge("n,,n=nobody2,r=abc"))).isNotEqualTo(salt);
		assertThat(salt(new Dialogue(ScramMechanism.of(this.store).get(1)).challenge("n,,n=nobody,r=abc")))
			.isNotEqualTo(salt);
	}

	@Test
	void refusesAnUnknownUserAtTheProofLikeAWrongPassword() throws Exception {
		Dialogue dialogue = plain();
		dialogue.challenge("n,,n=nobody,r=" + CLIENT_NONCE);
		assertThat(dialogue.refusal(FINAL)).isEqualTo(Dialogue.REFUSED);
	}

	@Test
	void showsUnknownUsersTheStoresIterationCountAndSaltLength() throws Exception {
		String challenge = new Dialogue(ScramMechanism.of(storeWith(10000, 24)).get(1)).challenge("n,,n=nobody,r=abc");
		assertThat(challenge).endsWith(",i=10000");
		assertThat(Base64.getDecoder().decode(salt(challenge))).hasSize(24);
	}

	@ParameterizedTest
	@CsvSource({ "4095, 16", "4096, 0", "4096, 33" })
	void refusesAStoreWithUnfitDefaults(int iterations, int saltOctets) {
		assertThatIllegalArgumentException().isThrownBy(() -> ScramMechanism.of(storeWith(iterations, saltOctets)));
	}

	@Test
	void doesTheSameWorkForUnknownUsersAndWrongPasswords() throws Exception {
		int known = macsUsedFor("user");
		assertThat(known).isGreaterThan(2);
		assertThat(macsUsedFor("nobody")).isEqualTo(known);
	}

	private int macsUsedFor(String username) throws Exception {
		CountingProvider provider = new CountingProvider();
		Security.insertProviderAt(provider, 1);
		try {
			Dialogue dialogue = plain();
			dialogue.challenge("n,,n=" + username + ",r=" + CLIENT_NONCE);
			assertThat(dialogue.refusal(FINAL.replace("p=d", "p=e"))).isEqualTo(Dialogue.REFUSED);
			return provider.macs.get();
		}
		finally {
			Security.removeProvider(provider.getName());
		}
	}

	// -- who the client is afterwards

	@Test
	void letsTheStoreNameThePrincipal() throws Exception {
		ScramUser admin = new ScramUser("admin");
		Dialogue dialogue = proved("n,a=boss=3D,", new ScramKeyStore() {
			@Override
			public ScramKeys find(Peer peer, String username) {
				return KEYS;
			}

			@Override
			public Principal principal(Peer peer, String username, String authorizationId) {
				assertThat(username + "/" + authorizationId).isEqualTo("user/boss=");
				return admin;
			}
		});
		assertThat(dialogue.success("")).isSameAs(admin);
	}

	@Test
	void actsAsNobodyElseByDefault() throws Exception {
		assertThat(proved("n,a=user,", this.store).success("").getName()).isEqualTo("user");
		assertThatExceptionOfType(SmtpException.class).isThrownBy(() -> proved("n,a=boss,", this.store))
			.withMessage(Dialogue.REFUSED);
	}

	@Test
	void passesTheStoresFailuresOn() {
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> new Dialogue(mechanism(false, (peer, username) -> {
				throw new IllegalStateException("directory down");
			})).challenge(FIRST));
	}

	private static Dialogue proved(String header, ScramKeyStore store) throws Exception {
		Dialogue dialogue = new Dialogue(mechanism(false, store));
		String bare = FIRST.substring(3);
		String serverFirst = dialogue.challenge(header + bare);
		dialogue.challenge(new Client(KEYS, "pencil").last(bare, serverFirst,
				"c=" + base64(header.getBytes(StandardCharsets.UTF_8)) + ",r=" + NONCE));
		return dialogue;
	}

	// -- channel binding

	@Test
	void bindsToTheServersCertificate() throws Exception {
		byte[] certificate = connection.client().getPeerCertificates()[0].getEncoded();
		Dialogue dialogue = bound("tls-server-end-point", MessageDigest.getInstance("SHA-384").digest(certificate));
		assertThat(dialogue.success("").getName()).isEqualTo("user");
	}

	@Test
	void refusesTheBindingOfAnotherConnection() {
		// what a man in the middle would pass on
		assertThatExceptionOfType(SmtpException.class).isThrownBy(() -> bound("tls-server-end-point", new byte[48]))
			.withMessage("535 5.7.8 Channel bindings do not match");
		assertThatExceptionOfType(SmtpException.class).isThrownBy(() -> bound("tls-server-end-point", new byte[0]))
			.withMessage("535 5.7.8 Channel bindings do not match");
	}

	@Test
	void refusesABindingThatIsNotToBeHad() {
		assertThat(new Dialogue(mechanism(true, this.store), tlsPeer()).refusal("p=tls-unique,,n=user,r=abc"))
			.isEqualTo("535 5.7.8 Channel binding type not supported");
		assertThat(new Dialogue(mechanism(true, this.store)).refusal("p=tls-server-end-point,,n=user,r=abc"))
			.isEqualTo("535 5.7.8 Channel binding type not supported");
		assertThat(this.asked).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "n,,n=user,r=abc", "y,,n=user,r=abc" })
	void refusesPlusWithoutABinding(String message) {
		assertThat(new Dialogue(mechanism(true, this.store), tlsPeer()).refusal(message)).isEqualTo(Dialogue.MALFORMED);
	}

	@Test
	void noticesThatTheOfferOfPlusWasRemoved() throws Exception {
		// RFC 5802 §6
		assertThat(new Dialogue(mechanism(false, this.store), tlsPeer()).refusal("y,,n=user,r=abc"))
			.isEqualTo("535 5.7.8 The offer of channel binding was lost on the way");
		assertThat(this.asked).isEmpty();
		assertThat(new Dialogue(mechanism(false, this.store)).challenge("y,,n=user,r=abc")).startsWith("r=abc");
		assertThat(new Dialogue(mechanism(false, this.store), tlsPeer()).challenge("n,,n=user,r=abc"))
			.startsWith("r=abc");
	}

	private Dialogue bound(String type, byte[] binding) throws Exception {
		String header = "p=" + type + ",,";
		String bare = FIRST.substring(3);
		Dialogue dialogue = new Dialogue(mechanism(true, this.store), tlsPeer());
		String serverFirst = dialogue.challenge(header + bare);
		byte[] input = ChannelBinding.input(Gs2Header.parse(header), binding);
		dialogue.challenge(new Client(KEYS, "pencil").last(bare, serverFirst, "c=" + base64(input) + ",r=" + NONCE));
		return dialogue;
	}

	private static Peer tlsPeer() {
		return Dialogue.peer(connection.server());
	}

	private Dialogue plain() {
		return new Dialogue(mechanism(false, this.store));
	}

	private static ScramMechanism mechanism(boolean plus, ScramKeyStore store) {
		return new ScramMechanism(plus, store, ScramDecoy.of(store, new SecureRandom()), () -> SERVER_NONCE);
	}

	private static ScramKeyStore storeWith(int iterations, int saltOctets) {
		return new ScramKeyStore() {
			@Override
			public ScramKeys find(Peer peer, String username) {
				return null;
			}

			@Override
			public int iterations() {
				return iterations;
			}

			@Override
			public int saltOctets() {
				return saltOctets;
			}
		};
	}

	private static String salt(String serverFirst) {
		return serverFirst.replaceAll(".*,s=(.*),i=.*", "$1");
	}

	private static String base64(byte[] octets) {
		return Base64.getEncoder().encodeToString(octets);
	}

	/** The client's side of the proof, with its own arithmetic. */
	private record Client(ScramKeys keys, String password) {

		String last(String bare, String serverFirst, String withoutProof) throws Exception {
			PBEKeySpec spec = new PBEKeySpec(this.password.toCharArray(), this.keys.salt(), this.keys.iterations(),
					256);
			byte[] salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
			byte[] proof = hmac(salted, "Client Key");
			byte[] signature = hmac(MessageDigest.getInstance("SHA-256").digest(proof),
					bare + "," + serverFirst + "," + withoutProof);
			for (int i = 0; i < proof.length; i++) {
				proof[i] ^= signature[i];
			}
			return withoutProof + ",p=" + base64(proof);
		}

		private static byte[] hmac(byte[] key, String data) throws Exception {
			Mac mac = Mac.getInstance("HmacSHA256");
			mac.init(new SecretKeySpec(key, "HmacSHA256"));
			return mac.doFinal(data.getBytes(StandardCharsets.UTF_8));
		}

	}

	/** Has nothing itself, but sees what is looked for. */
	@SuppressWarnings("serial")
	private static final class CountingProvider extends Provider {

		private final AtomicInteger macs = new AtomicInteger();

		CountingProvider() {
			super("Counting", "1", "Counts message authentication codes");
			putService(new Service(this, "Mac", "HmacSHA256", "none", null, null) {
				@Override
				public Object newInstance(Object parameter) throws NoSuchAlgorithmException {
					CountingProvider.this.macs.incrementAndGet();
					throw new NoSuchAlgorithmException("only counting"); // on to the next
				}
			});
		}

	}

}
