package io.smtpd.autoconfigure.verify;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import io.smtpd.Authenticator;
import io.smtpd.Envelope;
import io.smtpd.MessageHandler;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServerCustomizer;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;
import io.smtpd.autoconfigure.TestClient;
import io.smtpd.autoconfigure.metrics.SmtpServerObservationAutoConfiguration;
import io.smtpd.autoconfigure.verify.DnsResolver.RecordType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.lookup.LookupSession;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

class SmtpVerifyAutoConfigurationTests {

	private static final String BEAN = "verifyingMessageHandlers";

	private final MapResolver dns = new MapResolver();

	private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(SmtpServerAutoConfiguration.class,
				SmtpServerObservationAutoConfiguration.class, SmtpVerifyAutoConfiguration.class))
		.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0", "smtpd.hostname=mx.example.org",
				"smtpd.received-header=false")
		.withBean(DnsResolver.class, () -> this.dns)
		.withBean(MessageHandler.class, () -> (peer, envelope) -> this.received.add(Received.of(envelope)));

	@ParameterizedTest
	@ValueSource(strings = { "smtpd.verify.timeout=20s", "smtpd.verify.spf=off", "smtpd.verify.dmarc=false" })
	void whenNothingIsVerifiedHandlersGetThePlainEnvelope(String property) throws Exception {
		this.runner.withPropertyValues(property).run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(BEAN);
			assertThat(mail(context.getBean(SmtpServer.class), "a@example.com", "Subject: x")).startsWith("250 ");
		});
		assertThat(next()).isEqualTo(new Received("Subject: x\r\n\r\nHello\r\n", null));
	}

	@Test
	void whenServerIsDisabledNothingIsVerified() {
		this.runner.withPropertyValues("smtpd.enabled=false", "smtpd.verify.spf=enforce")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(BEAN));
	}

	@Test
	void handlersSeeTheResultsTypedAndAsHeaderFieldAndNoForgedOnes() throws Exception {
		this.dns.with("example.com", RecordType.TXT, "v=spf1 ip4:127.0.0.0/8 -all")
			.with("_dmarc.example.com", RecordType.TXT, "v=DMARC1; p=reject");
		this.runner
			.withPropertyValues("smtpd.verify.spf=annotate", "smtpd.verify.dkim=annotate",
					"smtpd.verify.dmarc=annotate")
			.run((context) -> assertThat(mail(context.getBean(SmtpServer.class), "joe@Example.COM",
					"Authentication-Results: mx.example.org; dkim=pass header.d=bank.example\r\nFrom: joe@example.com"))
				.startsWith("250 "));
		Received message = next();
		assertThat(message.text()).isEqualTo("""
				Authentication-Results: mx.example.org;
					spf=pass
					 smtp.mailfrom=example.com;
					dkim=none;
					dmarc=pass (p=reject)
					 header.from=example.com
				From: joe@example.com

				Hello
				""".replace("\n", "\r\n"));
		assertThat(message.results().spf().result()).isEqualTo(SpfResult.PASS);
		assertThat(message.results().dkim().signatures()).isEmpty();
		assertThat(message.results().dmarc().result()).isEqualTo(DmarcResult.PASS);
	}

	@Test
	void onlyWhatIsAskedForIsLookedUp() throws Exception {
		this.runner.withPropertyValues("smtpd.verify.spf=annotate")
			.run((context) -> mail(context.getBean(SmtpServer.class), "joe@example.com", "From: joe@example.com"));
		assertThat(next().results())
			.isEqualTo(new AuthenticationResults("mx.example.org", new AuthenticationResults.Spf(SpfResult.NONE,
					AuthenticationResults.Spf.Identity.MAILFROM, "example.com", null), null, null));
		assertThat(this.dns.asked).containsExactly("example.com TXT");
	}

	@Test // RFC 7208 §2.4
	void heloNameStandsInForTheNullReversePath() throws Exception {
		this.dns.with("client.example.org", RecordType.TXT, "v=spf1 ip4:127.0.0.1 -all");
		this.runner.withPropertyValues("smtpd.verify.spf=enforce")
			.run((context) -> assertThat(mail(context.getBean(SmtpServer.class), "", "From: joe@example.com"))
				.startsWith("250 "));
		assertThat(next().text())
			.startsWith("Authentication-Results: mx.example.org;\r\n\tspf=pass\r\n\t smtp.helo=client.example.org\r\n");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			spf   | fail.example   | 550 5.7.23 SPF validation failed: this client may not send for fail.example
			spf   | broken.example | 451 4.7.24 SPF validation of broken.example is not possible now
			spf   | soft.example   | 250 2.0.0
			dkim  | fail.example   | 550 5.7.20 No passing DKIM signature found
			dmarc | fail.example   | 550 5.7.1 DMARC policy of fail.example refuses this message from fail.example
			dmarc | sub.fail.example | 550 5.7.1 DMARC policy of fail.example refuses this message from sub.fail.example
			dmarc | soft.example   | 250 2.0.0
			dmarc | none.example   | 250 2.0.0
			dmarc | broken.example | 451 4.4.3 DMARC evaluation is not possible now, DNS unavailable
			""")
	void enforcementIsTheReplyToTheMessage(String method, String domain, String reply) {
		this.dns.with("fail.example", RecordType.TXT, "v=spf1 -all")
			.with("soft.example", RecordType.TXT, "v=spf1 ~all")
			.with("_dmarc.fail.example", RecordType.TXT, "v=DMARC1; p=reject")
			.with("_dmarc.soft.example", RecordType.TXT, "v=DMARC1; p=quarantine")
			.broken("broken.example")
			.broken("_dmarc.broken.example");
		this.runner.withPropertyValues("smtpd.verify." + method + "=enforce").run((context) -> {
			String sender = "joe@" + domain;
			try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
				client.begin(sender, "b@example.org").send("DATA");
				assertThat(client.send("From: " + sender + "\r\n\r\nHello\r\n.")).startsWith(reply);
				assertThat(client.send("NOOP")).startsWith("250 ");
			}
		});
		assertThat(this.received).hasSize(reply.startsWith("250") ? 1 : 0);
	}

	@Test
	void authenticatedClientIsNotVerifiedButMayNotForgeEither() throws Exception {
		this.dns.with("example.com", RecordType.TXT, "v=spf1 -all");
		this.runner.withPropertyValues("smtpd.verify.spf=enforce", "smtpd.verify.dmarc=enforce")
			.withBean(SmtpServerCustomizer.class,
					() -> (builder) -> builder.authenticator((Authenticator) (peer, credentials) -> () -> "alice")
						.authAllowWithoutTls(true))
			.run((context) -> {
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					client.reply();
					assertThat(client.send("EHLO client.example.org", "AUTH PLAIN AGEAYg==")).startsWith("235 ");
					client.send("MAIL FROM:<a@example.com>", "RCPT TO:<b@example.org>", "DATA");
					assertThat(client.send("Authentication-Results: mx.example.org; spf=pass\r\n\r\nHello\r\n."))
						.startsWith("250 ");
				}
			});
		assertThat(next().text()).isEqualTo("Authentication-Results: mx.example.org; none\r\n\r\nHello\r\n");
		assertThat(this.dns.asked).isEmpty();
	}

	@Test
	void verificationIsInsideTheObservation() {
		TestObservationRegistry registry = TestObservationRegistry.create();
		this.dns.with("example.com", RecordType.TXT, "v=spf1 -all");
		this.runner.withPropertyValues("smtpd.verify.spf=enforce")
			.withBean(ObservationRegistry.class, () -> registry)
			.run((context) -> assertThat(mail(context.getBean(SmtpServer.class), "a@example.com", "Subject: x"))
				.startsWith("550 5.7.23 "));
		TestObservationRegistryAssert.assertThat(registry)
			.hasSingleObservationThat()
			.hasNameEqualTo("smtpd.handle")
			.hasLowCardinalityKeyValue("outcome", "rejected");
	}

	@Test
	void resolverIsMadeOfDnsjavaUnlessThereIsOne() {
		ApplicationContextRunner plain = new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(SmtpServerAutoConfiguration.class, SmtpVerifyAutoConfiguration.class))
			.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0", "smtpd.verify.dkim=annotate");
		plain.run((context) -> assertThat(context).hasSingleBean(DnsResolver.class)
			.hasSingleBean(DnsJavaResolver.class)
			.hasBean(BEAN));
		this.runner.withPropertyValues("smtpd.verify.dkim=annotate")
			.run((context) -> assertThat(context).hasSingleBean(DnsResolver.class)
				.doesNotHaveBean(DnsJavaResolver.class)
				.hasBean(BEAN));
		plain.withClassLoader(new FilteredClassLoader(LookupSession.class)).run((context) -> {
			assertThat(context).hasFailed();
			assertThat(context.getStartupFailure()).rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, (ex) -> {
					assertThat(ex.getName()).isEqualTo("smtpd.verify.dkim");
					assertThat(ex.getReason()).contains("add the dependency dnsjava:dnsjava")
						.contains("io.smtpd.autoconfigure.verify.DnsResolver");
				});
		});
		this.runner.withClassLoader(new FilteredClassLoader("org.xbill.DNS"))
			.withPropertyValues("smtpd.verify.dkim=annotate")
			.run((context) -> assertThat(context).hasNotFailed().hasBean(BEAN));
	}

	@ParameterizedTest
	@CsvSource({ "spf, maybe", "timeout, 0s", "timeout, 6m", "timeout, soon" })
	void badValueStopsTheStart(String name, String value) {
		this.runner.withPropertyValues("smtpd.verify.dmarc=annotate", "smtpd.verify." + name + "=" + value)
			.run((context) -> {
				assertThat(context).hasFailed();
				assertThat(context.getStartupFailure()).hasStackTraceContaining("smtpd.verify");
			});
	}

	@Test
	void greylistAndBlocklistAreBeansAsAnyOther() {
		this.dns.with("1.0.0.127.bl.example", RecordType.A, "127.0.0.2");
		this.runner.withBean(Greylist.class, () -> new Greylist())
			.withBean(DnsblChecker.class, () -> new DnsblChecker(this.dns, List.of("bl.example")))
			.run((context) -> {
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					assertThat(client.reply()).startsWith("220 "); // loopback is on no
																	// list
					client.send("EHLO client.example.org", "MAIL FROM:<a@example.com>");
					assertThat(client.send("RCPT TO:<b@example.org>")).isIn(
							"451 4.7.1 Greylisted, try again in 60 seconds",
							"451 4.7.1 Greylisted, try again in 59 seconds");
				}
			});
	}

	private String mail(SmtpServer server, String sender, String header) {
		try (TestClient client = TestClient.connect(server)) {
			client.begin(sender, "b@example.org").send("DATA");
			return client.send(header + "\r\n\r\nHello\r\n.");
		}
	}

	private Received next() throws InterruptedException {
		return this.received.poll(10, TimeUnit.SECONDS);
	}

	/** What a handler got. */
	private record Received(String text, AuthenticationResults results) {

		static Received of(Envelope envelope) throws IOException {
			String text = new String(envelope.mailData().readAllBytes(), StandardCharsets.ISO_8859_1);
			assertThat(envelope.size()).isEqualTo(text.length());
			return new Received(text,
					(envelope instanceof VerifiedEnvelope verified) ? verified.authenticationResults() : null);
		}

	}

}
