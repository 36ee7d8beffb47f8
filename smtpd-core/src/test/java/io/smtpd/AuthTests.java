package io.smtpd;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.smtpd.Authenticator.Credentials;
import io.smtpd.SaslMechanism.Exchange;
import io.smtpd.SaslMechanism.Step;
import io.smtpd.SessionListener.AuthOutcome;
import io.smtpd.SmtpServer.Listener;
import io.smtpd.sasl.ScramKeys;
import io.smtpd.sasl.ScramMechanism;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * AUTH (RFC 4954) with real authenticators and TLS; what needs neither is in the
 * transcripts.
 */
class AuthTests {

	private static final String HELLO = "EHLO client.example.org";

	static final String USER = "tim";

	static final String PASSWORD = "tanstaaftanstaaf";

	static final String PLAIN = "AUTH PLAIN " + base64("\0" + USER + "\0" + PASSWORD);

	static final Authenticator USERS = Authenticator
		.passwords((peer, name, password) -> name.equals(USER) && password.equals(PASSWORD));

	private final List<String> attempts = new CopyOnWriteArrayList<>();

	static String base64(String text) {
		return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
	}

	@Test
	void passwordsAreOfferedAndTakenInTlsOnly() throws IOException {
		try (TestServer server = start((builder) -> builder.authenticator(USERS));
				RawClient clear = server.connect();
				RawClient secure = secure(server)) {
			assertThat(clear.command(HELLO)).doesNotContain("AUTH");
			clear.expect(PLAIN, "538 5.7.11").expect("MAIL FROM:<a@example.org>", "250");
			assertThat(secure.command(HELLO)).contains("AUTH PLAIN LOGIN");
			secure.expect(PLAIN, "235 2.7.0");
			await().untilAsserted(
					() -> assertThat(this.attempts).containsExactly("PLAIN FAILURE null", "PLAIN SUCCESS tim"));
		}
	}

	/** RFC 3848: the A of ESMTPSA. */
	@ParameterizedTest
	@MethodSource("protocols")
	void traceLineTellsOfAuthentication(boolean tls, boolean authenticated, String protocol) throws IOException {
		try (TestServer server = start(
				(builder) -> builder.authenticator(USERS).authAllowWithoutTls(true).receivedHeader(true));
				RawClient client = tls ? secure(server) : server.connect()) {
			client.expect(HELLO, "250");
			if (authenticated) {
				client.expect(PLAIN, "235");
			}
			client.openTransaction().expect("DATA", "354").send(".\r\n").expect("250");
			assertThat(server.messages().get(0).text()).contains(" with " + protocol + " id ")
				.doesNotContain(USER, PASSWORD);
		}
	}

	static Stream<Arguments> protocols() {
		return Stream.of(Arguments.of(false, false, "ESMTP"), Arguments.of(false, true, "ESMTPA"),
				Arguments.of(true, false, "ESMTPS"), Arguments.of(true, true, "ESMTPSA"));
	}

	@Test
	void principalReachesCheckersAndHandlers() throws IOException {
		List<Peer> peers = new CopyOnWriteArrayList<>();
		try (TestServer server = start((builder) -> builder.authenticator(USERS)
			.senderChecker((peer, path) -> peers.add(peer))
			.messageHandler((peer, envelope) -> peers.add(peer))); RawClient client = secure(server)) {
			client.expect(HELLO, "250").expect(PLAIN, "235");
			client.openTransaction().expect("DATA", "354").send(".\r\n").expect("250");
			assertThat(peers).hasSize(2).allSatisfy((peer) -> {
				assertThat(peer.principal().getName()).isEqualTo(USER);
				assertThat(peer.secure()).isTrue();
				assertThat(peer.toString()).doesNotContain(PASSWORD);
			});
		}
	}

	static Stream<Arguments> failures() {
		return Stream.of(Arguments.of("432 4.7.12", new SmtpException(SmtpReply.PASSWORD_TRANSITION_NEEDED)),
				Arguments.of("454 4.7.0 Temporary", new IllegalStateException("secret of the inside")),
				Arguments.of("454 4.7.0 Temporary", new IOException("secret of the inside")),
				Arguments.of("454 4.7.0 Temporary", new StackOverflowError("secret of the inside")),
				Arguments.of("535 5.7.8 My own", new SmtpException(535, "5.7.8", "My own")),
				Arguments.of("550 5.7.1 Blocked", new SmtpException(550, "5.7.1", "Blocked")));
	}

	@ParameterizedTest
	@MethodSource("failures")
	void whatTheAuthenticatorThrowsBecomesTheReply(String reply, Throwable failure) throws IOException {
		try (TestServer server = start((builder) -> builder.authenticator((peer, credentials) -> {
			if (failure instanceof Error error) {
				throw error;
			}
			throw (Exception) failure;
		})); RawClient client = secure(server)) {
			client.expect(HELLO, "250");
			assertThat(client.command(PLAIN)).startsWith(reply).doesNotContain("secret");
			assertThat(client.command("NOOP")).startsWith("250");
			assertThat(server.server().sessions().get(0).peer().principal()).isNull();
		}
	}

	/** That it could not be decided is not the client's fault. */
	@Test
	void temporaryFailuresDoNotCountAsFailedAttempts() throws IOException {
		try (TestServer server = start((builder) -> builder.authenticator((peer, credentials) -> {
			throw new IllegalStateException("the directory is down");
		})); RawClient client = secure(server)) {
			client.expect(HELLO, "250");
			for (int i = 0; i < 5; i++) {
				client.expect(PLAIN, "454 4.7.0");
			}
			assertThat(this.attempts).hasSize(5).containsOnly("PLAIN ERROR null");
		}
	}

	/** An authenticator that forgets to answer has not said yes. */
	@Test
	void nullIsNoPrincipal() throws IOException {
		try (TestServer server = start((builder) -> builder.authenticator((peer, credentials) -> null));
				RawClient client = secure(server)) {
			client.expect(HELLO, "250").expect(PLAIN, "454 4.7.0").expect(PLAIN, "454 4.7.0");
		}
	}

	static Stream<Arguments> brokenMechanisms() {
		Exchange success = (response) -> new Step.Success(() -> "somebody");
		return Stream.of(Arguments.of("start", broken(true, () -> {
			throw new IllegalStateException("broken");
		})), Arguments.of("no exchange", broken(true, () -> null)),
				Arguments.of("no step", broken(true, () -> (response) -> null)),
				Arguments.of("not available", broken(false, () -> success)),
				Arguments.of("close", broken(true, () -> new Exchange() {

					@Override
					public Step next(byte[] response) throws Exception {
						return success.next(response);
					}

					@Override
					public void close() {
						throw new IllegalStateException("broken");
					}
				})));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("brokenMechanisms")
	void brokenMechanismIsATemporaryFailure(String where, SaslMechanism mechanism) throws IOException {
		try (TestServer server = start((builder) -> builder.mechanism(mechanism)); RawClient client = secure(server)) {
			client.command(HELLO);
			client.expect("HELO client.example.org", "250").expect("AUTH BROKEN", "454 4.7.0").expect("NOOP", "250");
			assertThat(server.server().sessions().get(0).peer().principal()).isNull();
		}
	}

	private static SaslMechanism broken(boolean available, Supplier<Exchange> exchange) {
		return new SaslMechanism() {

			@Override
			public String name() {
				return "BROKEN";
			}

			@Override
			public boolean availableTo(Peer peer) {
				if (!available) {
					throw new IllegalStateException("broken");
				}
				return true;
			}

			@Override
			public Exchange start(Peer peer, Authenticator authenticator) {
				return exchange.get();
			}
		};
	}

	@Test
	void mechanismsFollowWhatTheAuthenticatorAccepts() throws IOException {
		Authenticator tokens = Authenticator.tokens((peer, token) -> () -> token.token());
		Authenticator certificates = Authenticator.certificates((peer, certificate) -> () -> "c");
		assertThat(offered(tokens)).contains("AUTH OAUTHBEARER XOAUTH2").doesNotContain("PLAIN");
		assertThat(offered(certificates)).as("a client without a certificate").doesNotContain("AUTH");
		assertThat(offered(Authenticator.firstOf(USERS, tokens, certificates)))
			.contains("AUTH PLAIN LOGIN OAUTHBEARER XOAUTH2");
	}

	private String offered(Authenticator authenticator) throws IOException {
		try (TestServer server = start((builder) -> builder.authenticator(authenticator));
				RawClient client = secure(server)) {
			String offered = client.command(HELLO);
			client.expect("AUTH EXTERNAL =", "504 5.5.4");
			return offered;
		}
	}

	@Test
	void externalTakesTheClientCertificate() throws Exception {
		TlsPolicy policy = TlsPolicy.implicit(Certificates::server)
			.parameters((parameters) -> parameters.setWantClientAuth(true));
		Authenticator authenticator = Authenticator
			.certificates((peer, certificate) -> () -> certificate.chain().get(0).getSubjectX500Principal().getName());
		try (TestServer server = TestServer.start((builder) -> builder.authenticator(authenticator)
			.listener(Listener.of(TestServer.loopback()).named("tls").tls(policy)));
				RawClient client = new RawClient(
						Certificates.secure(RawClient.connect(server.server().localAddress("tls")),
								Certificates.clientWithCertificate()))) {
			assertThat(client.expect("220").command(HELLO)).contains("AUTH EXTERNAL");
			client.expect("AUTH EXTERNAL", "334 ").expect("", "235 2.7.0");
			X509Certificate own = (X509Certificate) Certificates.of(Certificates.CLIENT);
			assertThat(server.server().sessions().get(0).peer().principal().getName())
				.isEqualTo(own.getSubjectX500Principal().getName());
		}
	}

	/** RFC 7628 §3.2.3. */
	@Test
	void refusedTokenGetsTheChallengeFirst() throws IOException {
		Authenticator tokens = Authenticator.tokens((peer, token) -> {
			if (token.token().equals("good")) {
				return () -> USER;
			}
			throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
		});
		String message = "n,,\u0001auth=Bearer %s\u0001\u0001";
		try (TestServer server = start((builder) -> builder.authenticator(tokens)); RawClient client = secure(server)) {
			client.expect(HELLO, "250")
				.expect("AUTH OAUTHBEARER " + base64(message.formatted("bad")), "334 eyJ")
				.expect("AQ==", "535 5.7.8")
				.expect("AUTH OAUTHBEARER " + base64(message.formatted("bad")), "334 eyJ")
				.expect("*", "501 5.5.2")
				.expect("AUTH OAUTHBEARER", "334 ")
				.expect(base64(message.formatted("good")), "235 2.7.0");
		}
	}

	@Test
	void ownMechanismTakesThePlaceOfABuiltInOne() throws IOException {
		SaslMechanism own = new SaslMechanism() {

			@Override
			public String name() {
				return "PLAIN";
			}

			@Override
			public boolean requiresTls() {
				return false;
			}

			@Override
			public Exchange start(Peer peer, Authenticator authenticator) {
				return (response) -> (response == null) ? new Step.Challenge("who?".getBytes(StandardCharsets.UTF_8))
						: new Step.Success(() -> "own");
			}
		};
		try (TestServer server = start((builder) -> builder.authenticator(USERS).mechanism(own));
				RawClient client = server.connect()) {
			assertThat(client.command(HELLO)).endsWith("250 AUTH PLAIN");
			client.expect("AUTH PLAIN", "334 " + base64("who?")).expect("=", "501 5.5.2");
			client.expect("AUTH PLAIN", "334 ").expect("", "235 2.7.0");
			assertThat(server.server().sessions().get(0).peer().principal().getName()).isEqualTo("own");
		}
	}

	/** Its keys are its own; the binding to TLS is offered where there is TLS. */
	@Test
	void scramNeedsNoAuthenticator() throws IOException {
		ScramKeys keys = ScramKeys.derive(PASSWORD);
		try (TestServer server = start(
				(builder) -> ScramMechanism.of((peer, name) -> keys).forEach(builder::mechanism));
				RawClient client = secure(server)) {
			assertThat(client.command(HELLO)).contains("AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256");
		}
	}

	@Test
	void authenticationIsRequiredWhereTheListenerSaysSo() throws IOException {
		try (TestServer server = TestServer.start((builder) -> builder.authenticator(USERS)
			.authAllowWithoutTls(true)
			.listener(Listener.of(TestServer.loopback()).named("submission").authRequired(true)));
				RawClient anybody = server.connect();
				RawClient client = new RawClient(server.server().localAddress("submission"))) {
			anybody.openTransaction();
			client.expect("220")
				.expect(HELLO, "250")
				.expect("MAIL FROM:<a@example.org>", "530 5.7.0 Authentication required")
				.expect(PLAIN, "235");
			client.openTransaction();
		}
	}

	@Test
	void authenticationThatNobodyCanDoIsNotRequired() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> SmtpServer.builder().authRequired(true).listener(Listener.of(0)).build())
			.withMessageContaining("authRequired");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> SmtpServer.builder().listener(Listener.of(0).authRequired(true)).build())
			.withMessageContaining("authRequired");
	}

	/** A client that goes away in the middle is no failed attempt. */
	@Test
	void clientThatHangsUpInTheExchangeLeavesNothing() throws IOException {
		try (TestServer server = start((builder) -> builder.authenticator(USERS))) {
			try (RawClient client = secure(server)) {
				client.expect(HELLO, "250").expect("AUTH LOGIN", "334").expect("dGlt", "334").send("dGFu");
			}
			await().until(() -> server.server().sessions().isEmpty());
			assertThat(this.attempts).isEmpty();
		}
	}

	@Test
	void credentialsAreOfTheKindThatTheMechanismGathers() throws IOException {
		List<Credentials> shown = new CopyOnWriteArrayList<>();
		Authenticator all = new Authenticator() {

			@Override
			public Principal authenticate(Peer peer, Credentials credentials) {
				shown.add(credentials);
				return () -> "x";
			}

			@Override
			public Set<Class<? extends Credentials>> accepts() {
				return Set.of(Credentials.Password.class, Credentials.BearerToken.class);
			}
		};
		for (String line : List.of(PLAIN, "AUTH LOGIN " + base64(USER),
				"AUTH XOAUTH2 " + base64("user=tim\u0001auth=Bearer tok\u0001\u0001"))) {
			try (TestServer server = start((builder) -> builder.authenticator(all));
					RawClient client = secure(server)) {
				String reply = client.expect(HELLO, "250").command(line);
				assertThat(reply.startsWith("334") ? client.command(base64(PASSWORD)) : reply).startsWith("235");
			}
		}
		assertThat(shown).containsExactly(new Credentials.Password("", USER, PASSWORD),
				new Credentials.Password("", USER, PASSWORD), new Credentials.BearerToken(USER, "tok"));
		assertThat(shown.toString()).doesNotContain(PASSWORD, "tok]");
	}

	private TestServer start(Consumer<SmtpServer.Builder> settings) throws IOException {
		return TestServer.start(settings.andThen((builder) -> builder
			.listener(Listener.of(TestServer.loopback()).named("tls").tls(TlsPolicy.implicit(Certificates::server)))
			.limits(SmtpLimits.defaults().trustedNetworks(InetAddress::isLoopbackAddress))
			.sessionListener(new SessionListener() {

				@Override
				public void authenticated(Peer peer, String mechanism, AuthOutcome outcome) {
					AuthTests.this.attempts.add(mechanism + " " + outcome + " "
							+ ((peer.principal() != null) ? peer.principal().getName() : null));
				}
			})));
	}

	private static RawClient secure(TestServer server) throws IOException {
		return new RawClient(Certificates.secure(RawClient.connect(server.server().localAddress("tls"))))
			.expect("220 ");
	}

}
