package io.smtpd.autoconfigure.relay;

import com.example.ApplicationCheckers;
import io.smtpd.Authenticator;
import io.smtpd.MessageHandler;
import io.smtpd.RecipientChecker;
import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.UnusableConfigurationException;
import io.smtpd.relay.RelayHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles.Kind;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
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

@ExtendWith(OutputCaptureExtension.class)
class SmtpRelayAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, SmtpServerAutoConfiguration.class,
				SmtpRelayAutoConfiguration.class))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0");

	private final ApplicationContextRunner relaying = this.runner.withPropertyValues("smtpd.relay.host=127.0.0.1",
			"smtpd.relay.port=" + Upstream.deadPort());

	private final ApplicationContextRunner decided = this.relaying
		.withPropertyValues("smtpd.relay.allowed-networks=127.0.0.1");

	@Test
	void withoutHostThereIsNoRelay() {
		this.runner.withPropertyValues("smtpd.relay.port=25", "smtpd.relay.allowed-networks=127.0.0.1")
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(SmtpServer.class)
				.doesNotHaveBean(RelayHandler.class)
				.doesNotHaveBean(RecipientChecker.class));
	}

	@Test
	void withoutServerThereIsNoRelay() {
		this.relaying.withPropertyValues("smtpd.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(RelayHandler.class));
	}

	@Test
	void relayComesAfterAllOtherHandlers() {
		this.decided.withBean("another", MessageHandler.class, () -> (peer, envelope) -> {
		})
			.run((context) -> assertThat(context.getBeanProvider(MessageHandler.class).orderedStream().toList())
				.hasSize(2)
				.endsWith(context.getBean(RelayHandler.class)));
	}

	@Test
	void relayOfTheApplicationTakesPrecedence() {
		this.decided.withBean("own", RelayHandler.class, () -> RelayHandler.to("192.0.2.1").build())
			.run((context) -> assertThat(context).hasNotFailed()
				.getBean(RelayHandler.class)
				.asString()
				.contains("192.0.2.1"));
	}

	@Test
	void recipientsAreVerifiedOnlyWhenAskedFor() {
		this.decided.run((context) -> assertThat(context).doesNotHaveBean("smtpRelayRecipientVerifier"));
		this.decided.withPropertyValues("smtpd.relay.verify-recipients=true")
			.run((context) -> assertThat(context).hasBean("smtpRelayRecipientVerifier"));
	}

	@Test
	void openRelayDoesNotStart() {
		this.relaying.run((context) -> assertThat(context).hasFailed()
			.getFailure()
			.rootCause()
			.isInstanceOf(UnusableConfigurationException.class)
			.hasMessageStartingWith("The SMTP server would be an open relay"));
	}

	@Test
	void userReadsWhyAnOpenRelayDoesNotStart(CapturedOutput output) {
		assertThatException()
			.isThrownBy(() -> new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
				.run("--smtpd.port=0", "--smtpd.relay.host=mail.example.org"));
		assertThat(output.getOut()).contains("APPLICATION FAILED TO START")
			.contains("hands mail on to mail.example.org:25, but nothing decides whose mail")
			.contains("    - set smtpd.relay.allowed-networks to")
			.contains("    - set smtpd.auth.required to true")
			.contains("    - declare a bean of type ConnectionChecker, SenderChecker or RecipientChecker")
			.doesNotContain("\tat io.smtpd");
	}

	@ParameterizedTest
	@ValueSource(classes = { ApplicationCheckers.OfConnections.class, ApplicationCheckers.OfSenders.class,
			ApplicationCheckers.OfRecipients.class })
	void checkerOfTheApplicationIsADecision(Class<?> configuration) {
		this.relaying.withUserConfiguration(configuration).run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void checkerOfThisProjectIsNoDecision() {
		this.relaying.withBean("grey", RecipientChecker.class, () -> (peer, reversePath, forwardPath) -> {
		}).withPropertyValues("smtpd.relay.verify-recipients=true").run((context) -> assertThat(context).hasFailed());
	}

	@Test
	void requiredAuthenticationIsADecision() {
		authenticated("smtpd.auth.required=true").run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void authenticationThatIsOfferedOnlyIsNoDecision() {
		authenticated().run((context) -> assertThat(context).hasFailed());
	}

	@Test
	void authenticationMustBeRequiredByEveryListener() {
		authenticated("smtpd.listeners.submission.port=0", "smtpd.listeners.submission.auth.required=true")
			.run((context) -> assertThat(context).hasFailed());
		authenticated("smtpd.auth.required=true", "smtpd.listeners.inside.port=0",
				"smtpd.listeners.inside.auth.required=false")
			.run((context) -> assertThat(context).hasFailed());
		authenticated("smtpd.auth.required=true", "smtpd.listeners.submission.port=0")
			.run((context) -> assertThat(context).hasNotFailed());
		authenticated("smtpd.port=-1", "smtpd.listeners.submission.port=0",
				"smtpd.listeners.submission.auth.required=true")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void emptyListOfNetworksIsNoDecision() {
		this.relaying.withPropertyValues("smtpd.relay.allowed-networks=")
			.run((context) -> assertThat(context).hasFailed());
	}

	@Test
	void networksMayBeWrittenWithIndexes() {
		this.relaying
			.withPropertyValues("smtpd.relay.allowed-networks[0]=10.0.0.0/8", "smtpd.relay.allowed-networks[1]=::1")
			.run((context) -> assertThat(context).hasNotFailed().hasBean("smtpRelayAccess"));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
			host               | ""             | must be a host name such as mx.example.org, or an address
			host               | two words      | must be a host name such as mx.example.org, or an address
			host               | localhost:25   | must be a host name or an address alone; the port is smtpd.relay.port
			port               | 0              | must be a port number from 1 to 65535
			port               | 65536          | must be a port number from 1 to 65535
			port               | smtp           | must be a whole number
			tls                | always         | must be none or starttls or required or implicit
			username           | joe            | is missing, but there is an smtpd.relay.username
			helo-name          | two words      | must be a domain such as relay.example.org
			connect-timeout    | 0s             | must be a duration of more than zero
			read-timeout       | -1s            | must be a duration of more than zero
			timeout            | 400d           | and of at most 365d
			pool-size          | 0              | must be a whole number of at least 1
			max-hops           | 0              | must be a whole number of at least 1, or -1 for no limit
			verify-recipients  | perhaps        | must be true or false
			allowed-networks   | 10.0.0.0/8,lan | 'lan' is neither an address such as 192.0.2.10
			""")
	void badValueIsExplained(String property, String value, String reason, CapturedOutput output) {
		String name = "smtpd.relay." + property;
		String[] arguments = property.equals("host") ? new String[] { "--" + name + "=" + value }
				: new String[] { "--smtpd.relay.host=127.0.0.1", "--" + name + "=" + value };
		assertThat(failureReport(output, arguments)).contains(reason)
			.contains("Property: " + ("username".equals(property) ? "smtpd.relay.password" : name));
	}

	@Test
	void passwordIsInNoExplanation(CapturedOutput output) {
		assertThat(failureReport(output, "--smtpd.relay.host=127.0.0.1", "--smtpd.relay.password=secret"))
			.contains("Property: smtpd.relay.username")
			.contains("is missing, but there is an smtpd.relay.password")
			.doesNotContain("secret");
	}

	@Test
	void bundleThatIsOfNoUseIsExplained(CapturedOutput output) {
		assertThat(failureReport(output, "--smtpd.relay.host=127.0.0.1", "--smtpd.relay.tls=none",
				"--smtpd.relay.ssl.bundle=upstream"))
			.contains("Property: smtpd.relay.ssl.bundle")
			.contains("is of no use while smtpd.relay.tls is none");
	}

	@Test
	void bundleThatIsNotThereIsExplained(CapturedOutput output) {
		assertThat(failureReport(output, "--smtpd.relay.host=127.0.0.1", "--smtpd.relay.allowed-networks=127.0.0.1",
				"--smtpd.relay.ssl.bundle=typo"))
			.contains("Property: smtpd.relay.ssl.bundle")
			.contains("Value: \"typo\"")
			.contains("there is no such SSL bundle; there are []");
	}

	@Test
	void minusOneLiftsTheLimitOfHops() {
		this.decided.withPropertyValues("smtpd.relay.max-hops=-1").run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void everyBeanCanBeMadeAheadOfTime() {
		InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
		DefaultGenerationContext generation = new DefaultGenerationContext(
				new ClassNameGenerator(ClassName.get(SmtpRelayAutoConfigurationTests.class)), files);
		AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
		TestPropertyValues
			.of("smtpd.relay.host=localhost", "smtpd.relay.allowed-networks=127.0.0.1",
					"smtpd.relay.verify-recipients=true")
			.applyTo(context);
		context.register(SmtpServerAutoConfiguration.class, SmtpRelayAutoConfiguration.class,
				SmtpRelayHealthAutoConfiguration.class);
		new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
		generation.writeGeneratedContent();
		assertThat(files.getGeneratedFiles(Kind.SOURCE).keySet())
			.anyMatch((file) -> file.contains("SmtpRelayAutoConfiguration"))
			.anyMatch((file) -> file.contains("SmtpRelayHealthAutoConfiguration"));
		assertThat(RuntimeHintsPredicates.reflection().onType(SmtpRelayProperties.class))
			.accepts(generation.getRuntimeHints());
	}

	private ApplicationContextRunner authenticated(String... properties) {
		return this.relaying
			.withBean(Authenticator.class, () -> Authenticator.passwords((peer, user, password) -> false))
			.withPropertyValues(properties);
	}

	private static String failureReport(CapturedOutput output, String... arguments) {
		assertThatException().isThrownBy(
				() -> new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE).run(arguments));
		assertThat(output.getOut()).contains("APPLICATION FAILED TO START").doesNotContain("\tat io.smtpd");
		return output.getOut();
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ SslAutoConfiguration.class, SmtpServerAutoConfiguration.class,
			SmtpRelayAutoConfiguration.class })
	static class Application {

	}

}
