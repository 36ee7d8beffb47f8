package io.smtpd.relay;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import io.smtpd.Authenticator;
import io.smtpd.SmtpServer;
import io.smtpd.TlsPolicy;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** TLS and authentication upstream (RFC 3207, RFC 8314, RFC 4954). */
@Timeout(60)
class RelayTlsTests {

	private static final String ACCEPTED = "250 2.0.0 Ok: queued as ";

	private static final String NOT_SECURE = "451 4.7.5 No secure connection to the relay host";

	private static final String NOT_AUTHENTICATED = "451 4.7.0 Relay host does not take our credentials";

	private static final char[] PASSWORD = "changeit".toCharArray();

	private static SSLContext context;

	/** A certificate for localhost, and a context that shows and trusts it. */
	@BeforeAll
	static void makeCertificate(@TempDir Path directory) throws Exception {
		Path file = directory.resolve("keys.p12");
		Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-alias", "test", "-keyalg", "EC", "-dname", "CN=test", "-ext", "san=dns:localhost",
				"-keystore", file.toString(), "-storepass", new String(PASSWORD))
			.redirectErrorStream(true)
			.redirectOutput(directory.resolve("keytool.log").toFile())
			.start();
		assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
		KeyStore store = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(file)) {
			store.load(in, PASSWORD);
		}
		KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keys.init(store, PASSWORD);
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		KeyStore trusted = KeyStore.getInstance("PKCS12");
		trusted.load(null, null);
		trusted.setCertificateEntry("test", store.getCertificate("test"));
		trust.init(trusted);
		context = SSLContext.getInstance("TLS");
		context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
	}

	private static ReceivingServer upstream(TlsPolicy policy) {
		return upstream(policy, (builder) -> {
		});
	}

	private static ReceivingServer upstream(TlsPolicy policy, Consumer<SmtpServer.Builder> customizer) {
		return new ReceivingServer(customizer, RelayingServer.loopback().tls(policy));
	}

	private static String replyTo(RelayHandler.Builder relay) throws IOException {
		try (RelayingServer server = new RelayingServer(relay.build())) {
			return server.deliver("a@example.org");
		}
	}

	private static boolean secure(ReceivingServer upstream) {
		return upstream.mails().get(0).peer().secure();
	}

	@ParameterizedTest
	@EnumSource(names = { "STARTTLS", "REQUIRED" })
	void offeredStartTlsIsUsed(RelayTls tls) throws IOException {
		try (ReceivingServer upstream = upstream(TlsPolicy.requireStartTls(() -> context))) {
			assertThat(replyTo(upstream.relay("localhost").tls(tls).sslContext(() -> context))).startsWith(ACCEPTED);
			assertThat(secure(upstream)).isTrue();
		}
	}

	@Test
	void implicitTlsIsUsed() throws IOException {
		try (ReceivingServer upstream = upstream(TlsPolicy.implicit(() -> context))) {
			RelayHandler.Builder relay = upstream.relay("localhost").tls(RelayTls.IMPLICIT).sslContext(() -> context);
			try (RelayHandler probed = relay.build()) {
				assertThat(probed.probe().secure()).isTrue();
			}
			assertThat(replyTo(relay)).startsWith(ACCEPTED);
			assertThat(secure(upstream)).isTrue();
		}
	}

	@Test
	void startTlsThatIsNotOfferedIsDoneWithoutUnlessRequired() throws IOException {
		try (ReceivingServer upstream = upstream(TlsPolicy.none())) {
			assertThat(replyTo(upstream.relay("localhost").tls(RelayTls.REQUIRED).sslContext(() -> context)))
				.isEqualTo(NOT_SECURE);
			assertThat(upstream.mails()).isEmpty();
			assertThat(replyTo(upstream.relay("localhost").tls(RelayTls.STARTTLS).sslContext(() -> context)))
				.startsWith(ACCEPTED);
			assertThat(secure(upstream)).isFalse();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "STARTTLS", "REQUIRED" })
	void certificateThatIsNotTrustedIsRefused(RelayTls tls) throws IOException {
		try (ReceivingServer upstream = upstream(TlsPolicy.startTls(() -> context))) {
			assertThat(replyTo(upstream.relay("localhost").tls(tls))).isEqualTo(NOT_SECURE);
			assertThat(upstream.mails()).isEmpty();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "STARTTLS", "IMPLICIT" })
	void certificateOfAnotherHostIsRefused(RelayTls tls) throws IOException {
		TlsPolicy policy = (tls == RelayTls.IMPLICIT) ? TlsPolicy.implicit(() -> context)
				: TlsPolicy.startTls(() -> context);
		try (ReceivingServer upstream = upstream(policy)) {
			assertThat(replyTo(upstream.relay("127.0.0.1").tls(tls).sslContext(() -> context))).isEqualTo(NOT_SECURE);
			assertThat(upstream.mails()).isEmpty();
		}
	}

	@Test
	void contextThatCannotBeHadIsTemporary() throws IOException {
		try (ReceivingServer upstream = upstream(TlsPolicy.startTls(() -> context))) {
			assertThat(replyTo(upstream.relay("localhost").sslContext(() -> {
				throw new IllegalStateException("no bundle");
			}))).isEqualTo(NOT_SECURE);
		}
	}

	@Test
	@DisplayName("RFC 3207 §4.2: what comes with the reply to STARTTLS was not said inside TLS")
	void replyInjectedBeforeTlsIsRefused() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet("STARTTLS");
			talk.answer("STARTTLS", "220 go", "250-fake", "250 AUTH PLAIN");
			talk.readToEnd();
		})) {
			assertThat(replyTo(upstream.relay().tls(RelayTls.STARTTLS).sslContext(() -> context)))
				.isEqualTo(NOT_SECURE);
		}
	}

	@Test
	void refusedStartTlsIsTemporary() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet("STARTTLS");
			talk.answer("STARTTLS", "454 4.7.0 TLS not available");
			talk.hang();
		})) {
			assertThat(replyTo(upstream.relay().tls(RelayTls.STARTTLS))).isEqualTo("451 4.7.0 TLS not available");
		}
	}

	@Test
	void upstreamThatDoesNotAnswerInsideTlsIsATimeout() throws Exception {
		CountDownLatch end = new CountDownLatch(1);
		try (ReceivingServer upstream = upstream(TlsPolicy.implicit(() -> context),
				(builder) -> builder.senderChecker((peer, from) -> end.await()));
				RelayHandler relay = upstream.relay("localhost")
					.tls(RelayTls.IMPLICIT)
					.sslContext(() -> context)
					.readTimeout(Duration.ofMillis(500))
					.build()) {
			assertThat(Envelopes.refusal(relay, Envelopes.of(RelayingServer.MESSAGE)))
				.hasToString("451 4.4.2 Timeout while talking to the relay host");
			end.countDown();
		}
	}

	@Test
	void credentialsAreShownInsideTls() throws IOException {
		Authenticator authenticator = Authenticator
			.passwords((peer, username, password) -> username.equals("relay") && password.equals("s\u00e4cret"));
		try (ReceivingServer upstream = upstream(TlsPolicy.requireStartTls(() -> context),
				(builder) -> builder.authenticator(authenticator).authRequired(true))) {
			RelayHandler.Builder relay = upstream.relay("localhost").sslContext(() -> context);
			assertThat(replyTo(relay)).isEqualTo("530 5.7.0 Authentication required");
			assertThat(replyTo(relay.credentials("relay", "s\u00e4cret"))).startsWith(ACCEPTED);
			assertThat(upstream.mails().get(0).peer().principal()).hasToString("relay");
			assertThat(replyTo(relay.credentials("relay", "wrong"))).isEqualTo(NOT_AUTHENTICATED);
			assertThat(upstream.mails()).hasSize(1);
		}
	}

	@Test
	void loginIsUsedWhereThereIsNoPlain() throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet("AUTH CRAM-MD5 LOGIN");
			talk.answer("AUTH LOGIN", "334 VXNlcm5hbWU6");
			talk.answer("cmVsYXk=", "334 UGFzc3dvcmQ6");
			talk.answer("c2VjcmV0", "235 welcome");
			talk.acceptMessages();
		})) {
			assertThat(replyTo(upstream.relay().credentials("relay", "secret"))).startsWith(ACCEPTED);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "AUTH CRAM-MD5", "SIZE" })
	void nothingIsSentWhereCredentialsAreNotTaken(String extension) throws IOException {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet(extension);
			assertThat(talk.readToEnd()).isEmpty();
		})) {
			assertThat(replyTo(upstream.relay().credentials("relay", "secret"))).isEqualTo(NOT_AUTHENTICATED);
		}
	}

}
