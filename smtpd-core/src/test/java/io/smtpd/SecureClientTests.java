package io.smtpd;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Principal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.smtpd.Authenticator.Credentials;
import io.smtpd.SmtpServer.Listener;
import io.smtpd.sasl.ScramKeys;
import io.smtpd.sasl.ScramMechanism;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Clients that others wrote, with TLS, AUTH, XCLIENT and the PROXY protocol. Those that
 * are programs run where the machine has them; none is installed for the test.
 */
class SecureClientTests {

	private static final String USER = "tim";

	private static final String PASSWORD = "tanstaaftanstaaf";

	private static final String TOKEN = "mF9.B5f-4.1JqM";

	private static final String HOST = "127.0.0.1";

	private final List<Peer> peers = new CopyOnWriteArrayList<>();

	private final List<String> mechanisms = new CopyOnWriteArrayList<>();

	@TempDir
	private Path directory;

	private TestServer server;

	@BeforeEach
	void startServer() throws IOException {
		ScramKeys keys = ScramKeys.derive(PASSWORD);
		Authenticator tokens = Authenticator.tokens(SecureClientTests::checkToken);
		this.server = TestServer.start((builder) -> {
			ScramMechanism.of((peer, username) -> username.equals(USER) ? keys : null).forEach(builder::mechanism);
			builder.authenticator(Authenticator.firstOf(AuthTests.USERS, tokens))
				.listener(listener("starttls").tls(TlsPolicy.requireStartTls(Certificates::server)).authRequired(true))
				.listener(listener("smtps").tls(TlsPolicy.implicit(Certificates::server)).authRequired(true))
				.listener(listener("offered").tls(TlsPolicy.startTls(Certificates::server)))
				.listener(listener("proxied").proxyProtocol(InetAddress::isLoopbackAddress))
				.xclient(InetAddress::isLoopbackAddress)
				.messageHandler((peer, envelope) -> this.peers.add(peer))
				.sessionListener(new SessionListener() {

					@Override
					public void authenticated(Peer peer, String mechanism, AuthOutcome outcome) {
						SecureClientTests.this.mechanisms.add(mechanism + " " + outcome);
					}
				});
		});
	}

	private static Listener listener(String name) {
		return Listener.of(TestServer.loopback()).named(name);
	}

	private static Principal checkToken(Peer peer, Credentials.BearerToken token) {
		if (token.token().equals(TOKEN)) {
			return () -> USER;
		}
		throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
	}

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	@ParameterizedTest
	@CsvSource({ "starttls, PLAIN, tanstaaftanstaaf", "starttls, LOGIN, tanstaaftanstaaf",
			"starttls, XOAUTH2, mF9.B5f-4.1JqM", "smtps, PLAIN, tanstaaftanstaaf", "smtps, LOGIN, tanstaaftanstaaf",
			"smtps, XOAUTH2, mF9.B5f-4.1JqM" })
	void angusMailSends(String listener, String mechanism, String secret) throws Exception {
		sendWithAngus(listener, mechanism, secret);
		assertArrived(mechanism);
	}

	@ParameterizedTest
	@ValueSource(strings = { "PLAIN", "LOGIN" })
	void angusMailIsToldThatItIsRefused(String mechanism) {
		assertThatExceptionOfType(AuthenticationFailedException.class)
			.isThrownBy(() -> sendWithAngus("smtps", mechanism, "wrong"))
			.withMessageContaining("535 5.7.8");
		assertThat(this.mechanisms).contains(mechanism + " FAILURE");
		assertThat(this.server.messages()).isEmpty();
	}

	/** It gives up at the challenge that tells why, without answering it. */
	@Test
	void angusMailIsToldThatItsTokenIsRefused() {
		assertThatExceptionOfType(AuthenticationFailedException.class)
			.isThrownBy(() -> sendWithAngus("smtps", "XOAUTH2", "wrong"));
		assertThat(this.server.messages()).isEmpty();
	}

	private void sendWithAngus(String listener, String mechanism, String secret)
			throws MessagingException, IOException {
		boolean smtps = listener.equals("smtps");
		Properties properties = new Properties();
		String prefix = smtps ? "mail.smtps." : "mail.smtp.";
		properties.setProperty(prefix + "starttls.required", Boolean.toString(!smtps));
		properties.setProperty(prefix + "starttls.enable", Boolean.toString(!smtps));
		properties.setProperty(prefix + "ssl.checkserveridentity", "true");
		properties.put(prefix + "ssl.socketFactory", Certificates.client().getSocketFactory());
		properties.setProperty(prefix + "auth", "true");
		properties.setProperty(prefix + "auth.mechanisms", mechanism);
		properties.setProperty(prefix + "timeout", "15000");
		properties.setProperty("mail.from", "sender@example.org");
		Session session = Session.getInstance(properties);
		MimeMessage message = new MimeMessage(session);
		message.setRecipients(jakarta.mail.Message.RecipientType.TO, "recipient@example.org");
		message.setSubject("secure");
		message.setText("text\r\n");
		message.saveChanges();
		try (jakarta.mail.Transport transport = session.getTransport(smtps ? "smtps" : "smtp")) {
			transport.connect(HOST, this.server.server().localAddress(listener).getPort(), USER, secret);
			transport.sendMessage(message, message.getAllRecipients());
		}
	}

	/** Skipped where there is no Python 3: the machine need not have it. */
	@Test
	void pythonSmtplibSendsInStartTlsWithALogin() throws Exception {
		assumeTrue(has("python3"), "no python3 on this machine");
		Path script = Files.writeString(this.directory.resolve("send.py"),
				"""
						import smtplib, ssl, sys
						context = ssl.create_default_context(cafile=sys.argv[3])
						with smtplib.SMTP(sys.argv[1], int(sys.argv[2]), timeout=30) as client:
						    client.starttls(context=context)
						    client.login(sys.argv[4], sys.argv[5])
						    client.sendmail('sender@example.org', ['recipient@example.org'], 'Subject: secure\\r\\n\\r\\ntext\\r\\n')
						""");
		run("python3", script.toString(), HOST, port("starttls"), pem(), USER, PASSWORD);
		assertArrived("PLAIN");
	}

	/**
	 * Skipped where there is no curl, or one that was built without what the mechanism
	 * needs.
	 */
	@ParameterizedTest
	@CsvSource({ "smtps, PLAIN", "starttls, PLAIN", "smtps, LOGIN", "starttls, OAUTHBEARER",
			"starttls, SCRAM-SHA-256" })
	void curlSends(String listener, String mechanism) throws Exception {
		assumeTrue(has("curl"), "no curl on this machine");
		String features = run("curl", "-V");
		assumeTrue(features.contains("smtps") && features.contains("SSL"), "this curl has no TLS for SMTP");
		assumeTrue(!mechanism.startsWith("SCRAM") || features.contains("gsasl"), "this curl has no SCRAM: no gsasl");
		List<String> command = new ArrayList<>(
				List.of("curl", "-sS", "--noproxy", "*", "--max-time", "30", "--ssl-reqd", "--cacert", pem(),
						(listener.equals("smtps") ? "smtps://" : "smtp://") + HOST + ":" + port(listener)
								+ "/client.example.org",
						"--login-options", "AUTH=" + mechanism, "--mail-from", "sender@example.org", "--mail-rcpt",
						"recipient@example.org", "-T", messageFile()));
		command.addAll(mechanism.contains("AUTH") ? List.of("--oauth2-bearer", TOKEN, "--user", USER)
				: List.of("--user", USER + ":" + PASSWORD));
		run(command.toArray(String[]::new));
		assertArrived(mechanism);
	}

	/**
	 * Skipped where there is no swaks, or no TLS for it: the machine need not have it.
	 */
	@ParameterizedTest
	@CsvSource({ "starttls, --tls, PLAIN", "smtps, --tls-on-connect, LOGIN" })
	void swaksSendsInTlsWithALogin(String listener, String tls, String mechanism) throws Exception {
		assumeSwaks(true);
		swaks(listener, tls, "--auth", mechanism, "--auth-user", USER, "--auth-password", PASSWORD);
		assertArrived(mechanism);
	}

	/** Skipped where there is no swaks: the machine need not have it. */
	@Test
	void swaksSpeaksForAnotherClientWithXclient() throws Exception {
		assumeSwaks(false);
		swaks("offered", "--xclient-addr", "192.0.2.7", "--xclient-port", "40007", "--xclient-name",
				"client.example.org", "--xclient-destaddr", "198.51.100.1", "--xclient-destport", "25",
				"--xclient-login", USER, "--xclient-proto", "ESMTP");
		assertForwarded();
		assertThat(this.peers.get(0).principal().getName()).isEqualTo(USER);
	}

	/** Skipped where there is no swaks: the machine need not have it. */
	@ParameterizedTest
	@ValueSource(strings = { "1", "2" })
	void swaksSpeaksForAnotherClientWithAProxyHeader(String version) throws Exception {
		assumeSwaks(false);
		swaks("proxied", "--proxy-version", version, "--proxy-family", version.equals("1") ? "TCP4" : "AF_INET",
				"--proxy-source", "192.0.2.7", "--proxy-source-port", "40007", "--proxy-dest", "198.51.100.1",
				"--proxy-dest-port", "25");
		assertForwarded();
	}

	private void assertForwarded() {
		assertThat(this.peers).singleElement().satisfies((peer) -> {
			assertThat(peer.remoteAddress()).isEqualTo(Transport.FORWARDED);
			assertThat(peer.localAddress()).isEqualTo(Transport.DESTINATION);
		});
	}

	private void assumeSwaks(boolean tls) throws Exception {
		assumeTrue(has("swaks"), "no swaks on this machine");
		assumeTrue(!tls || run(new ProcessBuilder("perl", "-MNet::SSLeay", "-e", "1")).exitValue() == 0,
				"no Net::SSLeay, without which swaks has no TLS");
	}

	private void swaks(String listener, String... more) throws Exception {
		List<String> command = new ArrayList<>(
				List.of("swaks", "--server", HOST, "--port", port(listener), "--helo", "client.example.org", "--from",
						"sender@example.org", "--to", "recipient@example.org", "--data", "@" + messageFile()));
		command.addAll(List.of(more));
		run(command.toArray(String[]::new));
	}

	/** Skipped where there is no openssl: the machine need not have it. */
	@ParameterizedTest
	@CsvSource({ "starttls, -tls1_3", "starttls, -tls1_2", "smtps, -tls1_3" })
	void opensslClientSends(String listener, String protocol) throws Exception {
		assumeTrue(has("openssl"), "no openssl on this machine");
		List<String> command = new ArrayList<>(List.of("openssl", "s_client", "-connect", HOST + ":" + port(listener),
				"-quiet", "-verify_return_error", "-CAfile", pem(), protocol));
		if (listener.equals("starttls")) {
			command.addAll(List.of("-starttls", "smtp"));
		}
		Path input = Files.writeString(this.directory.resolve("input"),
				"EHLO client.example.org\r\n" + AuthTests.PLAIN + "\r\nMAIL FROM:<sender@example.org>\r\n"
						+ "RCPT TO:<recipient@example.org>\r\nDATA\r\nSubject: secure\r\n\r\ntext\r\n.\r\nQUIT\r\n",
				StandardCharsets.US_ASCII);
		Process process = run(new ProcessBuilder(command).redirectInput(input.toFile()));
		assertThat(process.exitValue()).as(output()).isZero();
		assertArrived("PLAIN");
		assertThat(this.peers.get(0).tls().getProtocol()).isEqualTo(protocol.replace("-tls1_", "TLSv1."));
	}

	private void assertArrived(String mechanism) {
		assertThat(this.server.messages()).singleElement().satisfies((message) -> {
			assertThat(message.reversePath()).isEqualTo("sender@example.org");
			assertThat(message.text()).contains("Subject: secure\r\n").contains("\r\n\r\ntext\r\n");
		});
		assertThat(this.mechanisms).containsExactly(mechanism + " SUCCESS");
		assertThat(this.peers).singleElement().satisfies((peer) -> {
			assertThat(peer.secure()).isTrue();
			assertThat(peer.principal().getName()).isEqualTo(USER);
		});
	}

	private String port(String listener) {
		return Integer.toString(this.server.server().localAddress(listener).getPort());
	}

	private String pem() throws Exception {
		return Certificates.serverPem(this.directory).toString();
	}

	private String messageFile() throws IOException {
		return Files.writeString(this.directory.resolve("message"), "Subject: secure\r\n\r\ntext\r\n").toString();
	}

	private static boolean has(String program) {
		return Stream.of(System.getenv("PATH").split(File.pathSeparator))
			.anyMatch((folder) -> Files.isExecutable(Path.of(folder, program)));
	}

	private String run(String... command) throws IOException, InterruptedException {
		Process process = run(new ProcessBuilder(command));
		assertThat(process.exitValue()).as(output()).isZero();
		return output();
	}

	private String output() throws IOException {
		return Files.readString(this.directory.resolve("output"), StandardCharsets.ISO_8859_1);
	}

	private Process run(ProcessBuilder builder) throws IOException, InterruptedException {
		Process process = builder.redirectErrorStream(true)
			.redirectOutput(this.directory.resolve("output").toFile())
			.start();
		try {
			assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(Arrays.toString(builder.command().toArray())).isTrue();
			return process;
		}
		finally {
			process.destroyForcibly();
		}
	}

}
