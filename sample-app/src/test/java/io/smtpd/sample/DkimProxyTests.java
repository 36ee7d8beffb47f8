package io.smtpd.sample;

import java.io.ByteArrayInputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.smtpd.MessageHandler;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServer.Listener;
import org.apache.james.jdkim.DKIMVerifier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.mail.SimpleMailMessage;
import org.springframework.mail.javamail.JavaMailSenderImpl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** The profile {@code dkim-proxy}: client, proxy and upstream server through sockets. */
@ExtendWith(OutputCaptureExtension.class)
class DkimProxyTests {

	private static final String PYTHON = "/usr/bin/python3";

	private static final String VERIFY = """
			import dkim, sys
			records = dict(argument.split('=', 1) for argument in sys.argv[2:])
			message = open(sys.argv[1], 'rb').read()
			for index in range(2):
			    print(dkim.DKIM(message).verify(idx=index, dnsfunc=lambda name, timeout=5: records[name.decode()].encode()))
			""";

	@TempDir
	static Path folder;

	private static KeyPair rsa;

	private static KeyPair ed25519;

	@BeforeAll
	static void makeKeys() throws Exception {
		rsa = KeyPairGenerator.getInstance("RSA").generateKeyPair();
		ed25519 = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
		write(folder.resolve("r.pem"), rsa);
		write(folder.resolve("e.pem"), ed25519);
	}

	@Test
	void signedMessageReachesTheUpstreamServerAndOthersVerifyIt() throws Exception {
		String message = throughProxy("Signed");

		assertThat(message).startsWith("DKIM-Signature: ").contains("\r\nReceived: from ").contains("Subject: Signed");
		DKIMVerifier verifier = new DKIMVerifier((methods, selector, domain) -> List
			.of(selector.toString().equals("r") ? record("rsa", rsa) : record("ed25519", ed25519)));
		assertThat(verifier.verify(new ByteArrayInputStream(message.getBytes(StandardCharsets.ISO_8859_1))))
			.singleElement() // jDKIM has no Ed25519
			.satisfies((signature) -> assertThat(signature.getSelector().toString()).isEqualTo("r"));
	}

	@Test
	void dkimpyVerifiesBothKeyTypes() throws Exception {
		assumeTrue(run(PYTHON, "-c", "import dkim, nacl.signing").equals(""),
				"python3-dkim and python3-nacl are not installed");
		Path file = Files.writeString(folder.resolve("message.eml"), throughProxy("Verified"),
				StandardCharsets.ISO_8859_1);

		assertThat(run(PYTHON, "-c", VERIFY, file.toString(), "r._domainkey.example.org.=" + record("rsa", rsa),
				"e._domainkey.example.org.=" + record("ed25519", ed25519)))
			.isEqualToIgnoringNewLines("TrueTrue");
	}

	@Test
	void nothingIsStoredUnlessAFolderIsGiven() {
		try (ConfigurableApplicationContext proxy = start(arguments(keys(), "--smtpd.port=0"))) {
			assertThat(proxy.getBean("messageStore", MessageHandler.class)).isNotInstanceOf(MessageStore.class);
		}
		try (ConfigurableApplicationContext proxy = start(
				arguments(keys(), "--smtpd.port=0", "--sample.store.directory=" + folder.resolve("stored")))) {
			assertThat(proxy.getBean("messageStore", MessageHandler.class)).isInstanceOf(MessageStore.class);
		}
	}

	@ParameterizedTest
	@CsvSource({ "domain", "selector", "private-key" })
	void withoutKeySelectorOrDomainItDoesNotStart(String missing, CapturedOutput output) {
		String[] arguments = Arrays.stream(arguments(keys(), "--smtpd.port=0"))
			.filter((argument) -> !argument.startsWith("--smtpd.dkim.signatures[0]." + missing))
			.toArray(String[]::new);
		assertThatException().isThrownBy(() -> start(arguments));
		assertThat(output.getOut()).contains("APPLICATION FAILED TO START")
			.contains("Property: smtpd.dkim.signatures[0]." + missing);
	}

	@Test
	void portThatIsTakenIsExplained(CapturedOutput output) throws Exception {
		try (ServerSocket socket = new ServerSocket()) {
			take(socket);
			assertThatException().isThrownBy(() -> start(keys()));
		}
		assertThat(output.getOut()).contains("APPLICATION FAILED TO START")
			.contains("cannot be bound to 127.0.0.1:10025: port 10025 is already in use");
	}

	@Test
	void withoutAnythingItExplainsWhatIsMissingAndExitsWithAFailure() throws Exception {
		Path output = folder.resolve("output.txt");
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
				SampleApplication.class.getName(), "--spring.profiles.active=dkim-proxy",
				"--spring.main.web-application-type=none", "--smtpd.port=0")
			.redirectErrorStream(true)
			.redirectOutput(output.toFile())
			.start();
		try {
			assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
		}
		finally {
			process.destroyForcibly();
		}
		assertThat(process.exitValue()).isNotZero();
		assertThat(output).content()
			.contains("Property: smtpd.dkim.signatures[0].domain")
			.contains("Property: smtpd.dkim.signatures[0].selector")
			.contains("Property: smtpd.dkim.signatures[0].private-key")
			.contains("Origin: class path resource [application-dkim-proxy.yml]");
	}

	/** Of a domain without a key: the proxy signs it with the first domain's. */
	private static String throughProxy(String subject) throws Exception {
		BlockingQueue<String> arrived = new LinkedBlockingQueue<>();
		try (SmtpServer upstream = SmtpServer.builder()
			.listener(Listener.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
			.receivedHeader(false)
			.messageHandler((peer, envelope) -> arrived
				.add(new String(envelope.mailData().readAllBytes(), StandardCharsets.ISO_8859_1)))
			.build()
			.start();
				ConfigurableApplicationContext proxy = start(arguments(keys(), "--smtpd.port=0",
						"--smtpd.relay.host=127.0.0.1", "--smtpd.relay.port=" + upstream.localAddress().getPort()))) {
			JavaMailSenderImpl sender = new JavaMailSenderImpl();
			sender.setHost("127.0.0.1");
			sender.setPort(proxy.getEnvironment().getRequiredProperty("local.smtpd.port", Integer.class));
			SimpleMailMessage message = new SimpleMailMessage();
			message.setFrom("sender@example.com");
			message.setTo("recipient@example.net");
			message.setSubject(subject);
			message.setText("Hello\n.\n");
			sender.send(message);
			return arrived.remove(); // the sender has its 250, so it is there
		}
	}

	private static ConfigurableApplicationContext start(String... arguments) {
		return SpringApplication.run(SampleApplication.class,
				arguments(arguments, "--spring.profiles.active=dkim-proxy", "--spring.main.web-application-type=none"));
	}

	private static String[] keys() {
		List<String> arguments = new ArrayList<>();
		for (String selector : List.of("r", "e")) {
			String prefix = "--smtpd.dkim.signatures[" + (selector.equals("r") ? 0 : 1) + "].";
			arguments.add(prefix + "domain=example.org");
			arguments.add(prefix + "selector=" + selector);
			arguments.add(prefix + "private-key=" + folder.resolve(selector + ".pem"));
		}
		return arguments.toArray(String[]::new);
	}

	private static String[] arguments(String[] some, String... more) {
		List<String> arguments = new ArrayList<>(List.of(some));
		arguments.addAll(List.of(more));
		return arguments.toArray(String[]::new);
	}

	/** Where another process has the port, all is as it should be. */
	private static void take(ServerSocket socket) throws Exception {
		try {
			socket.bind(new InetSocketAddress("127.0.0.1", 10025));
		}
		catch (BindException ex) {
			assertThat(ex).hasMessageContaining("in use");
		}
	}

	private static void write(Path file, KeyPair pair) throws Exception {
		String base64 = Base64.getMimeEncoder().encodeToString(pair.getPrivate().getEncoded());
		Files.writeString(file, "-----BEGIN PRIVATE KEY-----\n" + base64 + "\n-----END PRIVATE KEY-----\n");
	}

	/** The key record that stands in the DNS (RFC 6376 §3.6.1, RFC 8463 §4). */
	private static String record(String type, KeyPair pair) {
		byte[] key = pair.getPublic().getEncoded();
		byte[] published = type.equals("rsa") ? key : Arrays.copyOfRange(key, key.length - 32, key.length);
		return "v=DKIM1; k=" + type + "; p=" + Base64.getEncoder().encodeToString(published);
	}

	private static String run(String... command) throws Exception {
		if (!Files.isExecutable(Path.of(command[0]))) {
			return "there is no " + command[0];
		}
		Path output = Files.createTempFile(folder, "output", ".txt");
		Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
		try {
			assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
		}
		finally {
			process.destroyForcibly();
		}
		return Files.readString(output);
	}

}
