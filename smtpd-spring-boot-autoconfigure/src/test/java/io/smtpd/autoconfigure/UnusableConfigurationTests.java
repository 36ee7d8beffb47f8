package io.smtpd.autoconfigure;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import io.smtpd.Authenticator;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServer.Listener;
import io.smtpd.SmtpServerCustomizer;
import io.smtpd.autoconfigure.ratelimit.SmtpServerRateLimiterAutoConfiguration;
import io.smtpd.autoconfigure.security.SmtpServerSecurityAutoConfiguration;
import io.smtpd.sasl.ScramKeyStore;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.authentication.AuthenticationManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/** Properties that are well-formed, but cannot work with the beans that there are. */
@ExtendWith(OutputCaptureExtension.class)
class UnusableConfigurationTests {

	@TempDir
	static Path folder;

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, SmtpServerAutoConfiguration.class,
				SmtpServerSecurityAutoConfiguration.class, SmtpServerRateLimiterAutoConfiguration.class))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0");

	@BeforeAll
	static void writeCertificate() {
		TestCertificate.of("mx", folder).writeTo(folder, "mx");
	}

	@Test
	void unknownBundleIsExplained() {
		assertProblem(mx("smtpd.ssl.bundle=typo"), "smtpd.ssl.bundle", "typo",
				"there is no such SSL bundle; there are [mx]", "spring.ssl.bundle.pem.typo");
	}

	@Test
	void unknownBundleOfAListenerIsExplained() {
		assertProblem(mx("smtpd.listeners.other.port=0", "smtpd.listeners.other.ssl.bundle=typo"),
				"smtpd.listeners.other.ssl.bundle", "typo", "there is no such SSL bundle; there are [mx]",
				"spring.ssl.bundle.pem.typo");
	}

	@Test
	void bundleWithoutSslBundlesIsExplained() {
		assertProblem(
				new ApplicationContextRunner()
					.withConfiguration(AutoConfigurations.of(SmtpServerAutoConfiguration.class))
					.withPropertyValues("smtpd.ssl.bundle=mx"),
				"smtpd.ssl.bundle", "mx", "there are no SSL bundles at all", "SslAutoConfiguration");
	}

	@Test
	void bundleOfOldProtocolsOnlyIsExplained() {
		assertProblem(mx("smtpd.ssl.bundle=mx", "spring.ssl.bundle.pem.mx.options.enabled-protocols=TLSv1,TLSv1.1"),
				"smtpd.ssl.bundle", "mx",
				"the SSL bundle cannot be used: its options allow [TLSv1, TLSv1.1] only, but the server speaks TLSv1.2 "
						+ "and TLSv1.3",
				"Correct the properties below spring.ssl.bundle that define the bundle 'mx'.");
	}

	@Test
	void bundleWithAnUnknownCipherSuiteIsExplained() {
		assertProblem(mx("smtpd.ssl.bundle=mx", "spring.ssl.bundle.pem.mx.options.ciphers=TLS_ROT13"),
				"smtpd.ssl.bundle", "mx", "its options name the cipher suite 'TLS_ROT13', which this JVM does not have",
				"Correct the properties");
	}

	@Test
	void bundleWithoutKeyIsExplained() {
		assertProblem(
				this.runner.withPropertyValues("smtpd.ssl.bundle=clients",
						"spring.ssl.bundle.pem.clients.truststore.certificate=" + folder.resolve("mx.crt")),
				"smtpd.ssl.bundle", "clients", "it has no key and certificate, which a server needs",
				"Correct the properties");
	}

	@Test
	void bundleWithUnreadableCertificateIsExplained() throws Exception {
		Path bad = Files.writeString(folder.resolve("bad.crt"), "no certificate");
		this.runner
			.withPropertyValues("smtpd.ssl.bundle=mx", "spring.ssl.bundle.pem.mx.keystore.certificate=" + bad,
					"spring.ssl.bundle.pem.mx.keystore.private-key=" + folder.resolve("mx.key"))
			.run((context) -> assertThat(context).hasFailed());
	}

	@Test
	void twoAuthenticatorsAreExplained() {
		this.runner.withBean("first", Authenticator.class, () -> (peer, credentials) -> null)
			.withBean("second", Authenticator.class, () -> (peer, credentials) -> null)
			.run((context) -> {
				FailureAnalysis analysis = analysis(context.getStartupFailure());
				assertThat(analysis.getDescription()).isEqualTo(
						"The SMTP server can ask one Authenticator, but there are 2 beans of that type: first, second");
				assertThat(analysis.getAction())
					.isEqualTo("Join them with Authenticator.firstOf(…) in one that is marked @Primary, or remove all "
							+ "but one.");
			});
	}

	@Test
	void primaryAuthenticatorIsTaken() {
		this.runner.withBean("first", Authenticator.class, () -> (peer, credentials) -> null)
			.withBean("second", Authenticator.class, () -> (peer, credentials) -> null,
					(definition) -> definition.setPrimary(true))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void twoScramKeyStoresAreExplained() {
		this.runner.withBean("first", ScramKeyStore.class, () -> (peer, username) -> null)
			.withBean("second", ScramKeyStore.class, () -> (peer, username) -> null)
			.run((context) -> assertThat(analysis(context.getStartupFailure()).getDescription())
				.isEqualTo("The SMTP server can ask one ScramKeyStore, but there are 2 beans of that type: first, "
						+ "second"));
	}

	@Test
	void requiredAuthenticationWithoutAuthenticatorIsExplained() {
		assertProblem(this.runner.withPropertyValues("smtpd.auth.required=true"), "smtpd.auth.required", "true",
				"there is nobody to authenticate with: neither an Authenticator nor a SaslMechanism",
				"Declare a bean of type Authenticator, ScramKeyStore or SaslMechanism");
	}

	@Test
	void requiredAuthenticationOfAListenerWithoutAuthenticatorIsExplained() {
		assertProblem(
				this.runner.withPropertyValues("smtpd.listeners.submission.port=0",
						"smtpd.listeners.submission.auth.required=true"),
				"smtpd.listeners.submission.auth.required", "true", "there is nobody to authenticate with",
				"Declare a bean");
	}

	@Test
	void authenticatorOfACustomizerIsEnoughForRequiredAuthentication() {
		this.runner.withPropertyValues("smtpd.auth.required=true")
			.withBean(SmtpServerCustomizer.class, () -> (builder) -> builder.authenticator((peer, credentials) -> null))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void springSecurityThatIsNotThereIsExplained() {
		assertProblem(
				this.runner.withClassLoader(new FilteredClassLoader(AuthenticationManager.class))
					.withPropertyValues("smtpd.auth.spring-security=true"),
				"smtpd.auth.spring-security", "true", "Spring Security is not on the class path",
				"org.springframework.boot:spring-boot-starter-security");
	}

	@Test
	void springSecurityWithoutUsersIsExplained() {
		this.runner.withPropertyValues("smtpd.auth.spring-security=true").run((context) -> {
			FailureAnalysis analysis = analysis(context.getStartupFailure());
			assertThat(analysis.getDescription())
				.startsWith("smtpd.auth.spring-security is true, but Spring Security knows no users");
			assertThat(analysis.getAction()).startsWith("Declare a bean of type AuthenticationManager");
		});
	}

	@Test
	void twoAuthenticationManagersAreExplained() {
		this.runner.withPropertyValues("smtpd.auth.spring-security=true")
			.withBean("first", AuthenticationManager.class, () -> (authentication) -> authentication)
			.withBean("second", AuthenticationManager.class, () -> (authentication) -> authentication)
			.run((context) -> {
				FailureAnalysis analysis = analysis(context.getStartupFailure());
				assertThat(analysis.getDescription()).contains("it is not clear whom to ask").contains("first,second");
				assertThat(analysis.getAction()).isEqualTo("Mark the bean that knows the mail users with @Primary.");
			});
	}

	@Test
	void rateWithoutRateLimiterIsExplained() {
		for (String rate : List.of("connection-rate", "message-rate", "auth-failure-rate")) {
			for (String missing : List.of("io.github.bucket4j", "com.github.benmanes.caffeine")) {
				assertProblem(
						this.runner.withClassLoader(new FilteredClassLoader(missing))
							.withPropertyValues("smtpd.limits." + rate + "=7"),
						"smtpd.limits." + rate, "7", "there is nobody to keep the rate: no bean of type RateLimiter",
						"Add the dependencies com.bucket4j:bucket4j_jdk17-core and "
								+ "com.github.ben-manes.caffeine:caffeine");
			}
		}
	}

	@Test
	void noListenerAtAllIsExplained() {
		assertProblem(this.runner.withPropertyValues("smtpd.port=-1"), "smtpd.port", "-1",
				"switches the default listener off, and there is no other", "Set smtpd.listeners.<name>.port");
	}

	@Test
	void whenDefaultListenerIsOffACustomizerMayAddTheOnlyOne() {
		this.runner.withPropertyValues("smtpd.port=-1")
			.withBean(SmtpServerCustomizer.class,
					() -> (builder) -> builder
						.listener(Listener.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).named("own")))
			.run((context) -> assertThat(context.getBean(SmtpServer.class).listeners()).containsExactly("own"));
	}

	@Test
	void mistakeOfACustomizerIsExplained() {
		this.runner.withBean(SmtpServerCustomizer.class, () -> (builder) -> builder.listener(Listener.of(0)))
			.run((context) -> {
				FailureAnalysis analysis = analysis(context.getStartupFailure());
				assertThat(analysis.getDescription())
					.startsWith("The SMTP server cannot be built: There are two listeners called 'default'");
				assertThat(analysis.getAction()).contains("SmtpServerCustomizer");
			});
	}

	/** The analyzer is registered, and nothing of a stack trace is seen. */
	@Test
	void userReadsTheExplanation(CapturedOutput output) {
		assertThatException()
			.isThrownBy(() -> new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
				.run("--smtpd.port=0", "--smtpd.ssl.bundle=typo"));
		assertThat(output.getOut()).contains("APPLICATION FAILED TO START")
			.contains("Property: smtpd.ssl.bundle")
			.contains("there is no such SSL bundle; there are []")
			.doesNotContain("\tat io.smtpd");
	}

	private ApplicationContextRunner mx(String... properties) {
		return this.runner.withPropertyValues(TestCertificate.bundle(folder, "mx")).withPropertyValues(properties);
	}

	private static void assertProblem(ApplicationContextRunner runner, String property, String value, String reason,
			String action) {
		runner.run((context) -> {
			FailureAnalysis analysis = analysis(context.getStartupFailure());
			assertThat(analysis.getDescription()).contains("Property: " + property + System.lineSeparator())
				.contains("Value: \"" + value + "\"")
				.contains(reason);
			assertThat(analysis.getAction()).contains(action);
		});
	}

	private static FailureAnalysis analysis(Throwable failure) {
		FailureAnalysis analysis = new UnusableConfigurationFailureAnalyzer().analyze(failure);
		assertThat(analysis).as(String.valueOf(failure)).isNotNull();
		return analysis;
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ SslAutoConfiguration.class, SmtpServerAutoConfiguration.class })
	static class Application {

	}

}
