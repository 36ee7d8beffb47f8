package io.smtpd.autoconfigure.dkim;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.TestClient;
import io.smtpd.autoconfigure.relay.SmtpRelayAutoConfiguration;
import io.smtpd.autoconfigure.relay.Upstream;
import io.smtpd.relay.HeaderSource;
import org.apache.james.jdkim.DKIMVerifier;
import org.apache.james.jdkim.api.SignatureRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles.Kind;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.javapoet.ClassName;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

@ExtendWith(OutputCaptureExtension.class)
class SmtpDkimAutoConfigurationTests {

	private static final String MESSAGE = "From: a@example.org\r\nSubject: signed\r\n\r\nHello\r\n";

	@TempDir
	static Path folder;

	private static Path rsa;

	private static Path ed25519;

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(SmtpServerAutoConfiguration.class, SmtpDkimAutoConfiguration.class,
				SmtpRelayAutoConfiguration.class))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0");

	@BeforeAll
	static void writeKeys() throws Exception {
		rsa = Files.write(folder.resolve("rsa.pem"), TestKeys.pkcs1(TestKeys.RSA));
		ed25519 = Files.write(folder.resolve("ed25519.pem"), TestKeys.pkcs8(TestKeys.ED25519));
	}

	@Test
	void withoutPropertiesNothingIsSigned() {
		this.runner.run((context) -> assertThat(context).hasNotFailed()
			.doesNotHaveBean(DkimSigner.class)
			.doesNotHaveBean(HeaderSource.class)
			.doesNotHaveBean(SmtpDkimProperties.class));
	}

	@Test
	void withoutServerThereIsNoSigner() {
		this.runner.withPropertyValues(signature(0, "example.org", "s1", rsa))
			.withPropertyValues("smtpd.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(DkimSigner.class));
	}

	@Test
	void signerIsThereForHandlersWithoutARelayToo() {
		this.runner.withPropertyValues(signature(0, "example.org", "s1", rsa))
			.run((context) -> assertThat(context.getBean(DkimSigner.class).sign(stream(MESSAGE)))
				.startsWith("DKIM-Signature: ")
				.contains("a=rsa-sha256")
				.contains("c=relaxed/relaxed")
				.contains("d=example.org")
				.contains("s=s1")
				.doesNotContain("x="));
	}

	@Test
	void signerOfTheApplicationTakesPrecedenceAndSignsForTheRelay() {
		DkimSigner own = DkimSigner.builder()
			.signature("example.net", "own", DkimKey.of(TestKeys.ED25519.getPrivate()))
			.build();
		this.runner.withBean(DkimSigner.class, () -> own)
			.withPropertyValues(signature(0, "example.org", "s1", rsa))
			.run((context) -> assertThat(context).hasSingleBean(HeaderSource.class)
				.getBean(DkimSigner.class)
				.isSameAs(own));
	}

	@Test
	void severalSignaturesOfADomainStandSideBySide() {
		both().run((context) -> assertThat(context.getBean(DkimSigner.class).sign(stream(MESSAGE)))
			.contains("a=rsa-sha256")
			.contains("a=ed25519-sha256"));
	}

	@Test
	void messageOfAnotherDomainIsSignedByTheDefaultDomainOnly() {
		String foreign = MESSAGE.replace("example.org", "example.com");
		both().run((context) -> assertThat(context.getBean(DkimSigner.class).sign(stream(foreign))).isEmpty());
		both().withPropertyValues("smtpd.dkim.default-domain=example.org")
			.run((context) -> assertThat(context.getBean(DkimSigner.class).sign(stream(foreign)))
				.contains("d=example.org"));
	}

	@Test
	void optionsReachTheSigner() {
		both()
			.withPropertyValues("smtpd.dkim.header-canonicalization=simple", "smtpd.dkim.body-canonicalization=simple",
					"smtpd.dkim.signed-fields=from,x-own", "smtpd.dkim.oversigned-fields=x-own",
					"smtpd.dkim.expiry=14d", "smtpd.dkim.default-domain=")
			.run((context) -> assertThat(context.getBean(DkimSigner.class).sign(stream(MESSAGE)))
				.contains("c=simple/simple")
				.containsPattern("x=\\d+")
				.containsIgnoringCase("x-own")
				.doesNotContainIgnoringCase("subject"));
	}

	/** A relative or absolute path is a file, as in Spring Boot's SSL bundles. */
	@Test
	void keyMayBeAPathAFileUrlOrOnTheClassPath() {
		for (String location : List.of(rsa.toString(), rsa.toUri().toString())) {
			this.runner
				.withPropertyValues("smtpd.dkim.signatures[0].domain=example.org",
						"smtpd.dkim.signatures[0].selector=s1", "smtpd.dkim.signatures[0].private-key=" + location)
				.run((context) -> assertThat(context).hasNotFailed());
		}
		this.runner
			.withPropertyValues("smtpd.dkim.signatures[0].domain=example.org", "smtpd.dkim.signatures[0].selector=s1",
					"smtpd.dkim.signatures[0].private-key=classpath:missing.pem")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("class path resource [missing.pem]"));
	}

	@Test
	void relayedMessageIsSignedWithItsTraceLineAndJdkimVerifiesIt() {
		String message = relayed();
		assertThat(message).startsWith("DKIM-Signature: ").contains("\r\nReceived: from ");
		DKIMVerifier verifier = new DKIMVerifier((methods, selector, domain) -> List
			.of(TestKeys.record((selector.toString().equals("r") ? TestKeys.RSA : TestKeys.ED25519).getPublic())));
		assertThat(verify(verifier, message)).extracting((record) -> record.getSelector().toString())
			.containsExactly("r"); // jDKIM has no Ed25519
	}

	@Test
	void dkimpyVerifiesBothSignaturesOfARelayedMessage() throws Exception {
		assumeTrue(Processes.succeeds(folder, "/usr/bin/python3", "-c", "import dkim, nacl.signing"),
				"python3-dkim and python3-nacl are not installed");
		Path messages = Files.createDirectory(folder.resolve("messages"));
		Files.writeString(messages.resolve("relayed"), relayed(), StandardCharsets.ISO_8859_1);
		Files.writeString(messages.resolve("tampered"), relayed().replace("Hello", "Hallo"),
				StandardCharsets.ISO_8859_1);
		String script = Path.of(getClass().getResource("verify.py").toURI()).toString();
		String output = Processes.run(folder, "/usr/bin/python3", script, messages.toString(), "2",
				"r._domainkey.example.org=" + TestKeys.record(TestKeys.RSA.getPublic()),
				"e._domainkey.example.org=" + TestKeys.record(TestKeys.ED25519.getPublic()));
		assertThat(output.lines()).containsExactlyInAnyOrder("relayed True True", "tampered False False");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			signatures[0].domain      |              | must be the domain that signs
			signatures[0].domain      | not a name   | must be the domain that signs
			signatures[0].selector    |              | must be the selector of the public key
			signatures[0].selector    | s1/s2        | must be the selector of the public key
			signatures[0].private-key |              | must be the location of a PEM file
			default-domain            | example.net  | must be a domain that has a signature; there are [example.org]
			header-canonicalization   | strict       | must be simple or relaxed
			signed-fields             | From,a:b     | must be a list of names such as From,Subject
			expiry                    | 0s           | must be a duration of at least 1s
			""")
	void badValueIsExplained(String property, String value, String reason, CapturedOutput output) {
		String given = (value != null) ? value : "";
		String report = failureReport(output, "smtpd.dkim." + property + "=" + given);
		assertThat(report).contains("Property: smtpd.dkim." + property)
			.contains("Value: \"" + given + "\"")
			.contains(reason);
	}

	@ParameterizedTest
	@CsvSource({ "domain", "selector", "private-key" })
	void missingPropertyIsExplained(String missing, CapturedOutput output) {
		String[] arguments = Arrays.stream(signature(0, "example.org", "s1", rsa))
			.filter((property) -> !property.contains(missing))
			.toArray(String[]::new);
		assertThat(report(output, arguments)).contains("Property: smtpd.dkim.signatures[0]." + missing)
			.contains("Reason: must be the ");
	}

	@Test
	void defaultDomainWithoutAnySignatureIsExplained(CapturedOutput output) {
		assertThat(report(output, "smtpd.dkim.default-domain=example.org")).contains("Property: smtpd.dkim.signatures")
			.contains("signing needs at least one");
	}

	@Test
	void selectorThatIsUsedTwiceIsExplained(CapturedOutput output) {
		String[] second = signature(1, "EXAMPLE.org", "S1", ed25519);
		assertThat(failureReport(output, second)).contains("Property: smtpd.dkim.signatures[1].selector")
			.contains("is used for this domain already");
	}

	@Test
	void keyThatIsNotThereIsExplained(CapturedOutput output) {
		assertThat(failureReport(output, "smtpd.dkim.signatures[0].private-key=/no/such/key.pem"))
			.contains("Property: smtpd.dkim.signatures[0].private-key")
			.contains("Value: \"/no/such/key.pem\"")
			.contains("cannot be read")
			.contains("openssl genrsa -out dkim.pem 2048");
	}

	@Test
	void fileThatIsNoKeyIsExplained(CapturedOutput output) throws Exception {
		Path file = Files.writeString(folder.resolve("notes.txt"), "no key");
		assertThat(failureReport(output, "smtpd.dkim.signatures[0].private-key=" + file))
			.contains("found no PEM block");
	}

	@Test // RFC 8301 §3.2
	void keyThatIsTooSmallIsExplained(CapturedOutput output) throws Exception {
		Path file = Files.write(folder.resolve("small.pem"), TestKeys.pkcs8(TestKeys.generate("RSA", 768)));
		assertThat(failureReport(output, "smtpd.dkim.signatures[0].private-key=" + file))
			.contains("found an RSA key of 768 bits but at least 1024 are allowed");
	}

	@Test
	void keyInPlaceOfItsLocationIsExplainedAndNotShown(CapturedOutput output) {
		String pem = new String(TestKeys.pkcs8(TestKeys.ED25519), StandardCharsets.US_ASCII);
		assertThat(failureReport(output, "smtpd.dkim.signatures[0].private-key=" + pem))
			.contains("is a key, and not where one is")
			.doesNotContain(pem.lines().toList().get(1));
	}

	@Test
	void everyBeanCanBeMadeAheadOfTime() {
		InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
		DefaultGenerationContext generation = new DefaultGenerationContext(
				new ClassNameGenerator(ClassName.get(SmtpDkimAutoConfigurationTests.class)), files);
		AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
		TestPropertyValues.of(signature(0, "example.org", "s1", rsa)).applyTo(context);
		context.register(SmtpServerAutoConfiguration.class, SmtpDkimAutoConfiguration.class);
		new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
		generation.writeGeneratedContent();
		assertThat(files.getGeneratedFiles(Kind.SOURCE).keySet())
			.anyMatch((file) -> file.contains("SmtpDkimAutoConfiguration"));
		assertThat(RuntimeHintsPredicates.reflection().onType(SmtpDkimProperties.Signature.class))
			.accepts(generation.getRuntimeHints());
	}

	/** A message through a client, the relay, and an upstream server. */
	private String relayed() {
		try (Upstream upstream = Upstream.start()) {
			both().withPropertyValues(upstream.properties()).run((context) -> {
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					client.begin("a@example.org", "b@example.net").send("DATA");
					assertThat(client.send(MESSAGE + "..dot\r\n.")).startsWith("250 ");
				}
			});
			return upstream.messages().get(0);
		}
	}

	private ApplicationContextRunner both() {
		return this.runner.withPropertyValues(signature(0, "example.org", "r", rsa))
			.withPropertyValues(signature(1, "example.org", "e", ed25519));
	}

	private static String[] signature(int index, String domain, String selector, Path key) {
		String prefix = "smtpd.dkim.signatures[" + index + "].";
		return new String[] { prefix + "domain=" + domain, prefix + "selector=" + selector,
				prefix + "private-key=" + key };
	}

	/** With a good first signature, but for what the properties say. */
	private static String failureReport(CapturedOutput output, String... properties) {
		String[] good = signature(0, "example.org", "s1", rsa);
		return report(output,
				Stream
					.concat(Arrays.stream(good)
						.filter((property) -> Arrays.stream(properties)
							.noneMatch((other) -> name(other).equals(name(property)))), Arrays.stream(properties))
					.toArray(String[]::new));
	}

	private static String name(String property) {
		return property.substring(0, property.indexOf('='));
	}

	private static String report(CapturedOutput output, String... properties) {
		String[] arguments = Arrays.stream(properties).map((property) -> "--" + property).toArray(String[]::new);
		assertThatException().isThrownBy(
				() -> new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE).run(arguments));
		assertThat(output.getOut()).contains("APPLICATION FAILED TO START").doesNotContain("\tat io.smtpd");
		return output.getOut();
	}

	private static List<SignatureRecord> verify(DKIMVerifier verifier, String message) {
		try {
			return verifier.verify(stream(message));
		}
		catch (Exception ex) {
			throw new AssertionError(message, ex);
		}
	}

	private static InputStream stream(String message) {
		return new ByteArrayInputStream(message.getBytes(StandardCharsets.ISO_8859_1));
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ SmtpServerAutoConfiguration.class, SmtpDkimAutoConfiguration.class })
	static class Application {

	}

}
