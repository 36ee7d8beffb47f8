package io.smtpd.sasl;

import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.Principal;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLSession;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.smtpd.Authenticator;
import io.smtpd.Authenticator.Credentials;
import io.smtpd.FuzzSeeds;
import io.smtpd.Mutations;
import io.smtpd.Peer;
import io.smtpd.SaslMechanism;
import io.smtpd.SaslMechanism.Exchange;
import io.smtpd.SaslMechanism.Step;
import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Exchanges with whatever a client sends: they end with success or a refusal, nothing is
 * thrown but that refusal, no reply quotes the client, and the authenticator is asked
 * about what the message says in another reading of its grammar, and about no other.
 * <p>
 * An input is messages with a 0xFF octet between them; an input that begins with one has
 * no initial response.
 */
class MechanismFuzzTests {

	private static final Peer PEER = Dialogue.peer(null);

	private static final Pattern PLAIN = Pattern.compile("(?s)([^\0]*)\0([^\0]+)\0([^\0]+)");

	private static final String SASL_NAME = "(?:[^\0,=]|=2C|=3D)*";

	private static final Pattern XOAUTH2 = Pattern.compile("(?s)user=([^\u0001]+)\u0001auth=([^\u0001]*)\u0001\u0001");

	private static final Pattern OAUTHBEARER = Pattern
		.compile("(?s)[ny],(?:a=([^,]+))?,\u0001((?:[A-Za-z]+=[^\u0001]*\u0001)*)\u0001");

	private static final Pattern BEARER = Pattern.compile("[A-Za-z0-9\\-._~+/=]+");

	private static final Pattern SCRAM_FIRST = Pattern
		.compile("(?s)([ny],(?:a=" + SASL_NAME + ")?,)(n=(" + SASL_NAME + "),r=([!-+\\--~]+)(?:,[A-Za-z]=[^,\0]+)*)");

	private static final Pattern SCRAM_FINAL = Pattern
		.compile("(?s)(c=([^,]+),r=([^,]+)(?:,[A-Za-z&&[^m]]=[^,\0]+)*),p=([^,]+)");

	@TestFactory
	Stream<DynamicTest> mutatedInputs() {
		return Mutations.of(this);
	}

	static Stream<Named<byte[]>> plainMessages() {
		return FuzzSeeds.of("\0user\0secret", "user\0user\0secret", "\u00ff\0u\0p", "\0\u00c3\u00a4\0\u00c3\u00b6");
	}

	/** RFC 4616 §2. */
	@MethodSource("plainMessages")
	@FuzzTest
	void plain(byte[] input) throws Exception {
		Result result = exchange(new PlainMechanism(), PEER, input);
		String message = result.message(0);
		Matcher matcher = PLAIN.matcher((message != null) ? message : "");
		boolean good = matcher.matches() && isName(matcher.group(1)) && isName(matcher.group(2))
				&& isPassword(matcher.group(3));
		result
			.assertShown(good ? new Credentials.Password(matcher.group(1), matcher.group(2), matcher.group(3)) : null);
	}

	static Stream<Named<byte[]>> loginMessages() {
		return FuzzSeeds.of("\u00ffuser\u00ffsecret", "user\u00ffsecret", "\u00c3\u00a4\u00ff\u00c3\u00b6");
	}

	@MethodSource("loginMessages")
	@FuzzTest
	void login(byte[] input) throws Exception {
		Result result = exchange(new LoginMechanism(), PEER, input);
		String username = result.message(0);
		String password = result.message(1);
		boolean good = username != null && password != null && !username.isEmpty() && isName(username)
				&& isPassword(password) && password.indexOf('\0') < 0;
		result.assertShown(good ? new Credentials.Password("", username, password) : null);
	}

	static Stream<Named<byte[]>> xoauth2Messages() {
		return FuzzSeeds.of("user=u\u0001auth=Bearer abc\u0001\u0001",
				"\u00ffuser=u\u0001auth=Bearer bad\u0001\u0001\u00ff", "user=u\u0001auth=\u0001\u0001\u00ffx");
	}

	@MethodSource("xoauth2Messages")
	@FuzzTest
	void xoauth2(byte[] input) throws Exception {
		Result result = exchange(new XOAuth2Mechanism(), PEER, input);
		String message = result.message(0);
		Matcher matcher = XOAUTH2.matcher((message != null) ? message : "");
		Credentials.BearerToken expected = null;
		if (matcher.matches() && isName(matcher.group(1))) {
			expected = token(matcher.group(1), matcher.group(2));
		}
		result.assertShown(expected);
	}

	static Stream<Named<byte[]>> oauthBearerMessages() {
		return FuzzSeeds.of("n,a=u,\u0001host=h\u0001port=25\u0001auth=Bearer abc\u0001\u0001",
				"\u00ffn,,\u0001auth=Bearer bad\u0001\u0001\u00ff\u0001", "y,a==2C=3D,\u0001auth=\u0001\u0001",
				"n,,\u0001\u0001");
	}

	/** RFC 7628 §3.1. */
	@MethodSource("oauthBearerMessages")
	@FuzzTest
	void oauthBearer(byte[] input) throws Exception {
		Result result = exchange(new OAuthBearerMechanism(), PEER, input);
		String message = result.message(0);
		Matcher matcher = OAUTHBEARER.matcher((message != null) ? message : "");
		Credentials.BearerToken expected = null;
		if (matcher.matches() && (matcher.group(1) == null || isSaslName(matcher.group(1)))) {
			List<String> tokens = Stream.of(matcher.group(2).split("\u0001"))
				.filter((pair) -> pair.startsWith("auth="))
				.toList();
			expected = (tokens.size() == 1) ? token(saslName(matcher.group(1)), tokens.get(0).substring(5)) : null;
		}
		result.assertShown(expected);
	}

	/** RFC 6750 §2.1; a client that sends none is not looked at. */
	private static Credentials.@Nullable BearerToken token(String authorizationId, String authorization) {
		if (!authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
			return null;
		}
		String token = authorization.substring(7).strip();
		return BEARER.matcher(token).matches() ? new Credentials.BearerToken(authorizationId, token) : null;
	}

	static Stream<Named<byte[]>> externalMessages() {
		return FuzzSeeds.of("", "\u00ff", "user", "\u00ffuser", "\u00c3\u00a4");
	}

	@MethodSource("externalMessages")
	@FuzzTest
	void external(byte[] input) throws Exception {
		X509Certificate certificate = TlsFixture.certificate("Ed25519");
		Result result = exchange(new ExternalMechanism(), Dialogue.peer(showing(certificate)), input);
		String message = result.message(0);
		result.assertShown((message != null && isName(message))
				? new Credentials.ClientCertificate(message, List.of(certificate)) : null);
		assertThat(exchange(new ExternalMechanism(), PEER, input).shown()).isEmpty();
	}

	private static SSLSession showing(Certificate certificate) {
		return (SSLSession) Proxy.newProxyInstance(MechanismFuzzTests.class.getClassLoader(),
				new Class<?>[] { SSLSession.class }, (proxy, method, arguments) -> {
					assertThat(method.getName()).isEqualTo("getPeerCertificates");
					return new Certificate[] { certificate };
				});
	}

	static Stream<Named<byte[]>> scramMessages() {
		return FuzzSeeds.of("n,,n=user,r=abc\u00ffc=biws,r=%n,p=%p\u00ff",
				"\u00ffn,,n=user,r=abc\u00ffc=biws,r=%n,p=%p\u00ff",
				"y,a=user,n=user,r=abc,x=1\u00ffc=eSxhPXVzZXIs,r=%n,x=2,p=%p\u00ff",
				"n,,n=nobody,r=abc\u00ffc=biws,r=%n,p=%p\u00ff",
				"n,,n=user,r=abc\u00ffc=biws,r=%n,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\u00ff",
				"n,,n=user,r=abc\u00ffc=biws,r=%n,p=%p\u00ffx", "p=tls-unique,,n=user,r=abc", "n,,m=1,n=user,r=abc",
				"n,,n=us=2Cer,r=a");
	}

	/**
	 * RFC 5802 §5, §7. In the second message, {@code %n} stands for the server's nonce
	 * and {@code %p} for a proof that is right, which no fuzzer would find.
	 */
	@MethodSource("scramMessages")
	@FuzzTest
	void scram(byte[] input) throws Exception {
		Scram scram = new Scram();
		Result result = exchange(Scram.MECHANISM, PEER, input, scram);
		assertThat(result.principal() != null).isEqualTo(scram.succeeds(result));
		if (result.principal() != null) {
			assertThat(result.principal().getName()).isEqualTo("user");
		}
	}

	private static boolean isName(String name) {
		return name.getBytes(StandardCharsets.UTF_8).length <= 255
				&& name.codePoints().noneMatch(Character::isISOControl);
	}

	private static boolean isPassword(String password) {
		return !password.isEmpty() && password.getBytes(StandardCharsets.UTF_8).length <= 4096;
	}

	private static boolean isSaslName(String name) {
		return name.matches("(?s)" + SASL_NAME) && isName(saslName(name));
	}

	private static String saslName(@Nullable String name) {
		return (name != null) ? name.replace("=2C", ",").replace("=3D", "=") : "";
	}

	private static Result exchange(SaslMechanism mechanism, Peer peer, byte[] input) throws Exception {
		return exchange(mechanism, peer, input, (message, challenges) -> message);
	}

	private static Result exchange(SaslMechanism mechanism, Peer peer, byte[] input, Client client) throws Exception {
		List<byte[]> messages = messages(input);
		List<Credentials> shown = new ArrayList<>();
		List<String> challenges = new ArrayList<>();
		List<byte[]> sent = new ArrayList<>();
		Authenticator authenticator = (asked, credentials) -> {
			shown.add(credentials);
			if (credentials.toString().hashCode() % 3 == 0
					|| (credentials instanceof Credentials.BearerToken token && token.token().startsWith("b"))) {
				throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
			}
			return new ScramUser("somebody");
		};
		try (Exchange exchange = mechanism.start(peer, authenticator)) {
			for (byte[] message : messages) {
				byte[] octets = (message != null) ? client.adapt(message, challenges) : null;
				if (octets != null) {
					sent.add(octets);
				}
				Step step = exchange.next((octets != null) ? octets.clone() : null);
				if (step instanceof Step.Success success) {
					return new Result(sent, shown, challenges, success.principal());
				}
				challenges.add(new String(((Step.Challenge) step).data(), StandardCharsets.UTF_8));
			}
		}
		catch (SmtpException ex) {
			assertThat(ex.reply().isRefusal()).isTrue();
			assertThat(ex.reply().lines()).isSubsetOf("Malformed authentication message",
					"Authentication credentials invalid", "Channel bindings do not match",
					"Channel binding type not supported", "The offer of channel binding was lost on the way");
		}
		return new Result(sent, shown, challenges, null);
	}

	private static List<byte[]> messages(byte[] input) {
		List<byte[]> messages = new ArrayList<>();
		int from = 0;
		if (input.length > 0 && input[0] == (byte) 0xFF) {
			messages.add(null);
			from = 1;
		}
		for (int i = from; i <= input.length && messages.size() < 6; i++) {
			if (i == input.length || input[i] == (byte) 0xFF) {
				messages.add(Arrays.copyOfRange(input, from, i));
				from = i + 1;
			}
		}
		return messages;
	}

	/** Puts into a message what depends on the challenges. */
	@FunctionalInterface
	private interface Client {

		byte[] adapt(byte[] message, List<String> challenges) throws Exception;

	}

	/** How an exchange went. */
	private record Result(List<byte[]> sent, List<Credentials> shown, List<String> challenges,
			@Nullable Principal principal) {

		/** A message of the client, null when there is none or it is not UTF-8. */
		@Nullable String message(int index) {
			if (index >= this.sent.size()) {
				return null;
			}
			String text = new String(this.sent.get(index), StandardCharsets.UTF_8);
			return Arrays.equals(text.getBytes(StandardCharsets.UTF_8), this.sent.get(index)) ? text : null;
		}

		void assertShown(@Nullable Credentials expected) {
			assertThat(this.shown).isEqualTo((expected != null) ? List.of(expected) : List.of());
			assertThat(this.principal == null || expected != null).isTrue();
		}

	}

	/** A client that knows the password of RFC 5802's user, by that RFC's formulas. */
	private static final class Scram implements Client {

		private static final byte[] SALT = { 1, 2, 3, 4 };

		private static final byte[] SALTED = salted();

		private static final ScramKeys KEYS = ScramKeys.derive("pencil", SALT, ScramKeys.ITERATIONS);

		private static final SaslMechanism MECHANISM = ScramMechanism
			.of((peer, username) -> username.equals("user") ? KEYS : null)
			.get(1);

		private String first = "";

		@Override
		public byte[] adapt(byte[] message, List<String> challenges) throws Exception {
			String text = new String(message, StandardCharsets.ISO_8859_1);
			String serverFirst = serverFirst(challenges);
			if (serverFirst == null) {
				this.first = new String(message, StandardCharsets.UTF_8);
				return message;
			}
			if (!text.contains("%")) {
				return message;
			}
			text = text.replace("%n", serverFirst.substring(2, serverFirst.indexOf(',')));
			int proof = text.indexOf(",p=%p");
			if (proof >= 0) {
				byte[] withoutProof = text.substring(0, proof).getBytes(StandardCharsets.ISO_8859_1);
				text = text.replace("%p", proof(withoutProof, serverFirst));
			}
			return text.getBytes(StandardCharsets.ISO_8859_1);
		}

		private @Nullable String serverFirst(List<String> challenges) {
			return challenges.stream().filter((challenge) -> challenge.startsWith("r=")).findFirst().orElse(null);
		}

		private String proof(byte[] withoutProof, String serverFirst) throws Exception {
			String bare = this.first.substring(this.first.indexOf(',', this.first.indexOf(',') + 1) + 1);
			String authMessage = bare + "," + serverFirst + "," + new String(withoutProof, StandardCharsets.UTF_8);
			byte[] clientKey = hmac(SALTED, "Client Key".getBytes(StandardCharsets.US_ASCII));
			byte[] storedKey = MessageDigest.getInstance("SHA-256").digest(clientKey);
			byte[] signature = hmac(storedKey, authMessage.getBytes(StandardCharsets.UTF_8));
			for (int i = 0; i < clientKey.length; i++) {
				clientKey[i] ^= signature[i];
			}
			return Base64.getEncoder().encodeToString(clientKey);
		}

		/** Whether the client has proved that it knows the password. */
		boolean succeeds(Result result) throws Exception {
			String serverFirst = serverFirst(result.challenges());
			Matcher begin = SCRAM_FIRST.matcher(this.first);
			Matcher end = SCRAM_FINAL.matcher((result.message(1) != null) ? result.message(1) : "");
			if (serverFirst == null || result.sent().size() != 3 || !begin.matches() || !end.matches()) {
				return false;
			}
			String nonce = serverFirst.substring(2, serverFirst.indexOf(','));
			String header = Base64.getEncoder().encodeToString(begin.group(1).getBytes(StandardCharsets.UTF_8));
			byte[] withoutProof = end.group(1).getBytes(StandardCharsets.UTF_8);
			return begin.group(1).matches("[ny],(a=user)?,") && begin.group(3).equals("user")
					&& end.group(2).equals(header) && end.group(3).equals(nonce)
					&& end.group(4).equals(proof(withoutProof, serverFirst)) && result.sent().get(2).length == 0;
		}

		private static byte[] hmac(byte[] key, byte[] data) throws Exception {
			Mac mac = Mac.getInstance("HmacSHA256");
			mac.init(new SecretKeySpec(key, "HmacSHA256"));
			return mac.doFinal(data);
		}

		private static byte[] salted() {
			try {
				return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
					.generateSecret(new PBEKeySpec("pencil".toCharArray(), SALT, ScramKeys.ITERATIONS, 256))
					.getEncoded();
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}
