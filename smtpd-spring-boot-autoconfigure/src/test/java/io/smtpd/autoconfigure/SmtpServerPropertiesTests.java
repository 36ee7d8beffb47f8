package io.smtpd.autoconfigure;

import java.io.File;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import io.smtpd.BareLineEndings;
import io.smtpd.RateLimiter;
import io.smtpd.SmtpLimits;
import io.smtpd.SmtpServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

class SmtpServerPropertiesTests {

	private static final String METADATA = "META-INF/spring-configuration-metadata.json";

	/** Those whose default is not a value; the description tells it. */
	private static final Set<String> WITHOUT_DEFAULT = Set.of("smtpd.address", "smtpd.dkim.default-domain",
			"smtpd.dkim.expiry", "smtpd.dkim.oversigned-fields", "smtpd.dkim.signatures", "smtpd.dkim.signed-fields",
			"smtpd.limits.trusted-networks", "smtpd.listeners", "smtpd.proxy-protocol.trusted-proxies",
			"smtpd.relay.allowed-networks", "smtpd.relay.helo-name", "smtpd.relay.host", "smtpd.relay.password",
			"smtpd.relay.ssl.bundle", "smtpd.relay.username", "smtpd.spool.directory", "smtpd.ssl.bundle",
			"smtpd.virtual-threads", "smtpd.welcome-message", "smtpd.xclient.trusted-proxies");

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(SmtpServerAutoConfiguration.class));

	@Test
	void whenNothingIsBoundDefaultsHold() {
		SmtpServerProperties properties = bind(Map.of());
		assertThat(properties.isEnabled()).isTrue();
		assertThat(properties.getHostname()).isEqualTo("localhost.localdomain");
		assertThat(properties.getWelcomeMessage()).isNull();
		assertThat(properties.getAddress()).isNull();
		assertThat(properties.getPort()).isEqualTo(2525);
		assertThat(properties.getReadTimeout()).isEqualTo(Duration.ofSeconds(60));
		assertThat(properties.getWriteTimeout()).isEqualTo(Duration.ofSeconds(60));
		assertThat(properties.getDataTimeout()).isEqualTo(Duration.ofMinutes(5));
		assertThat(properties.getMaxConnections()).isEqualTo(100);
		assertThat(properties.getMaxMessageSize()).isEqualTo(DataSize.ofBytes(10_240_000));
		assertThat(properties.getMaxRecipients()).isEqualTo(100);
		assertThat(properties.isReceivedHeader()).isTrue();
		assertThat(properties.getBareLineEndings()).isEqualTo(BareLineEndings.REJECT);
		assertThat(properties.getVirtualThreads()).isNull();
		assertThat(properties.getSpool().getMemoryThreshold()).isEqualTo(DataSize.ofKilobytes(256));
		assertThat(properties.getSpool().getDirectory()).isNull();
		assertThat(properties.getLimits().getMaxErrors()).isEqualTo(20);
		assertThat(properties.getLimits().getMaxJunkCommands()).isEqualTo(100);
		assertThat(properties.getLimits().getMaxAuthFailures()).isEqualTo(3);
		assertThat(properties.getLimits().getMaxConnectionsPerAddress()).isEqualTo(50);
		assertThat(properties.getLimits().getConnectionRate()).isEqualTo(-1);
		assertThat(properties.getLimits().getMessageRate()).isEqualTo(-1);
		assertThat(properties.getLimits().getAuthFailureRate()).isEqualTo(-1);
		assertThat(properties.getLimits().getMaxMessagesPerSession()).isEqualTo(-1);
		assertThat(properties.getLimits().getMaxSessionDuration()).isZero();
		assertThat(properties.getLimits().getMinDataRate()).isEqualTo(500);
		assertThat(properties.getLimits().getTrustedNetworks()).isEmpty();
		assertThat(properties.getGreetDelay()).isZero();
		assertThat(properties.getSpool().getMaxSize()).isEqualTo(DataSize.ofBytes(-1));
		assertThat(properties.getSsl().getBundle()).isNull();
		assertThat(properties.getSsl().getMode()).isEqualTo(TlsMode.STARTTLS);
		assertThat(properties.getSsl().getClientAuth()).isEqualTo(TlsClientAuth.NONE);
		assertThat(properties.isForceTls()).isFalse();
		assertThat(properties.getAuth().isRequired()).isFalse();
		assertThat(properties.getAuth().isAllowWithoutTls()).isFalse();
		assertThat(properties.getAuth().isSpringSecurity()).isFalse();
		assertThat(properties.getXclient().isEnabled()).isFalse();
		assertThat(properties.getXclient().getTrustedProxies()).isEmpty();
		assertThat(properties.getProxyProtocol().isEnabled()).isFalse();
		assertThat(properties.getProxyProtocol().getTrustedProxies()).isEmpty();
		assertThat(properties.getListeners()).isEmpty();
	}

	/** The core is used without Spring Boot too: the same limits hold there. */
	@Test
	void whenNothingIsBoundLimitsAreThoseOfTheCore() {
		SmtpServerLimitsProperties limits = bind(Map.of()).getLimits();
		SmtpLimits core = SmtpLimits.defaults();
		assertThat(limits.getMaxErrors()).isEqualTo(core.maxErrors());
		assertThat(limits.getMaxJunkCommands()).isEqualTo(core.maxJunkCommands());
		assertThat(limits.getMaxAuthFailures()).isEqualTo(core.maxAuthFailures());
		assertThat(limits.getMaxConnectionsPerAddress()).isEqualTo(core.maxConnectionsPerAddress());
		assertThat(limits.getConnectionRate()).isEqualTo(core.connectionRate());
		assertThat(limits.getMessageRate()).isEqualTo(core.messageRate());
		assertThat(limits.getAuthFailureRate()).isEqualTo(core.authFailureRate());
		assertThat(limits.getMaxMessagesPerSession()).isEqualTo(core.maxMessagesPerSession());
		assertThat(limits.getMaxSessionDuration()).isEqualTo(core.maxSessionDuration());
		assertThat(limits.getMinDataRate()).isEqualTo(core.minDataRate());
	}

	@Test
	void limitsReachTheServer() throws Exception {
		InetAddress trusted = InetAddress.getByName("10.1.2.3");
		this.runner
			.withPropertyValues("smtpd.port=0", "smtpd.address=127.0.0.1", "smtpd.limits.max-errors=1",
					"smtpd.limits.max-junk-commands=2", "smtpd.limits.max-auth-failures=3",
					"smtpd.limits.max-connections-per-address=4", "smtpd.limits.connection-rate=5",
					"smtpd.limits.message-rate=6", "smtpd.limits.auth-failure-rate=7",
					"smtpd.limits.max-messages-per-session=8", "smtpd.limits.max-session-duration=9m",
					"smtpd.limits.min-data-rate=10", "smtpd.limits.trusted-networks=192.0.2.1, 10.0.0.0/8")
			.withBean(RateLimiter.class, () -> (limit, client, perMinute) -> true)
			.run((context) -> {
				SmtpLimits limits = context.getBean(SmtpServer.class).limits();
				assertThat(limits.maxErrors()).isEqualTo(1);
				assertThat(limits.maxJunkCommands()).isEqualTo(2);
				assertThat(limits.maxAuthFailures()).isEqualTo(3);
				assertThat(limits.maxConnectionsPerAddress()).isEqualTo(4);
				assertThat(limits.connectionRate()).isEqualTo(5);
				assertThat(limits.messageRate()).isEqualTo(6);
				assertThat(limits.authFailureRate()).isEqualTo(7);
				assertThat(limits.maxMessagesPerSession()).isEqualTo(8);
				assertThat(limits.maxSessionDuration()).isEqualTo(Duration.ofMinutes(9));
				assertThat(limits.minDataRate()).isEqualTo(10);
				assertThat(limits.trustedNetworks().test(trusted)).isTrue();
				assertThat(limits.trustedNetworks().test(InetAddress.getByName("192.0.2.2"))).isFalse();
			});
	}

	@Test
	void whenUnitsAreGivenTheyHold() throws Exception {
		Map<String, String> values = new HashMap<>();
		values.put("smtpd.hostname", "mx.example.org");
		values.put("smtpd.welcome-message", "Hello");
		values.put("smtpd.address", "127.0.0.1");
		values.put("smtpd.port", "25");
		values.put("smtpd.read-timeout", "5m");
		values.put("smtpd.write-timeout", "90s");
		values.put("smtpd.data-timeout", "PT1H");
		values.put("smtpd.max-message-size", "25MB");
		values.put("smtpd.spool.memory-threshold", "1MB");
		values.put("smtpd.spool.directory", "/var/spool/example");
		values.put("smtpd.bare-line-endings", "keep");
		values.put("smtpd.virtual-threads", "false");
		values.put("smtpd.received-header", "false");
		SmtpServerProperties properties = bind(values);
		assertThat(properties.getHostname()).isEqualTo("mx.example.org");
		assertThat(properties.getWelcomeMessage()).isEqualTo("Hello");
		assertThat(properties.getAddress()).isEqualTo(InetAddress.getByName("127.0.0.1"));
		assertThat(properties.getPort()).isEqualTo(25);
		assertThat(properties.getReadTimeout()).isEqualTo(Duration.ofMinutes(5));
		assertThat(properties.getWriteTimeout()).isEqualTo(Duration.ofSeconds(90));
		assertThat(properties.getDataTimeout()).isEqualTo(Duration.ofHours(1));
		assertThat(properties.getMaxMessageSize()).isEqualTo(DataSize.ofMegabytes(25));
		assertThat(properties.getSpool().getMemoryThreshold()).isEqualTo(DataSize.ofMegabytes(1));
		assertThat(properties.getSpool().getDirectory()).isEqualTo(new File("/var/spool/example"));
		assertThat(properties.getBareLineEndings()).isEqualTo(BareLineEndings.KEEP);
		assertThat(properties.getVirtualThreads()).isFalse();
		assertThat(properties.isReceivedHeader()).isFalse();
	}

	@Test
	void whenNoUnitsAreGivenTimesAreInSecondsAndSizesInBytes() {
		SmtpServerProperties properties = bind(Map.of("smtpd.read-timeout", "30", "smtpd.write-timeout", "31",
				"smtpd.data-timeout", "32", "smtpd.max-message-size", "1000", "smtpd.spool.memory-threshold", "0"));
		assertThat(properties.getReadTimeout()).isEqualTo(Duration.ofSeconds(30));
		assertThat(properties.getWriteTimeout()).isEqualTo(Duration.ofSeconds(31));
		assertThat(properties.getDataTimeout()).isEqualTo(Duration.ofSeconds(32));
		assertThat(properties.getMaxMessageSize()).isEqualTo(DataSize.ofBytes(1000));
		assertThat(properties.getSpool().getMemoryThreshold()).isEqualTo(DataSize.ofBytes(0));
	}

	@Test
	void defaultsAreThoseOfTheCore() {
		this.runner.withPropertyValues("smtpd.port=0").run((context) -> {
			SmtpServer server = context.getBean(SmtpServer.class);
			assertThat(server.maxConnections()).isEqualTo(SmtpServer.builder().build().maxConnections());
			assertThat(server.listeners()).containsExactly("default");
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "-1", "-1B" })
	void minusOneLiftsLimits(String size) {
		this.runner
			.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0", "smtpd.max-message-size=" + size,
					"smtpd.max-connections=-1", "smtpd.max-recipients=-1", "smtpd.limits.max-errors=-1",
					"smtpd.limits.max-junk-commands=-1", "smtpd.limits.max-auth-failures=-1")
			.run((context) -> {
				SmtpServer server = context.getBean(SmtpServer.class);
				assertThat(server.maxConnections()).isEqualTo(-1);
				try (TestClient client = TestClient.connect(server)) {
					client.reply();
					for (int i = 0; i < 150; i++) {
						assertThat(client.send("NOOP")).startsWith("250 ");
						assertThat(client.send("NOSUCH")).startsWith("500 ");
					}
				}
			});
	}

	@Test
	void valuesReachTheServer() {
		this.runner
			.withPropertyValues("smtpd.address=127.0.0.1", "smtpd.port=0", "smtpd.hostname=mx.example.org",
					"smtpd.max-message-size=1000B", "smtpd.max-recipients=1", "smtpd.limits.max-errors=2")
			.run((context) -> {
				try (TestClient client = TestClient.connect(context.getBean(SmtpServer.class))) {
					assertThat(client.reply()).isEqualTo("220 mx.example.org ESMTP ready.");
					client.send("EHLO client.example.org");
					assertThat(client.send("MAIL FROM:<a@example.org> SIZE=1001")).startsWith("552 ");
					client.send("MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>");
					assertThat(client.send("RCPT TO:<c@example.org>")).startsWith("452 4.5.3 ");
					assertThat(client.send("NOSUCH")).startsWith("500 ");
					assertThat(client.send("NOSUCH")).startsWith("421 4.7.0 ");
				}
			});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"',
			textBlock = """
					smtpd.hostname                    | not a name | must be a domain such as mx.example.org
					smtpd.hostname                    | ''         | must be a domain such as mx.example.org
					smtpd.port                        | 65536      | must be a port number from 1 to 65535, 0 for any free one, or -1 for no default listener
					smtpd.port                        | -2         | must be a port number from 1 to 65535, 0 for any free one, or -1 for no default listener
					smtpd.port                        | smtp       | must be a whole number
					smtpd.address                     | [::1       | must be an IP address of this machine
					smtpd.read-timeout                | 0s         | must be a duration of more than zero such as 60s or 5m
					smtpd.read-timeout                | -5         | must be a duration of more than zero such as 60s or 5m
					smtpd.read-timeout                | 366d       | must be a duration of more than zero such as 60s or 5m, and of at most 365d
					smtpd.write-timeout               | soon       | must be a duration such as 60s or 5m
					smtpd.write-timeout               | 0          | must be a duration of more than zero
					smtpd.data-timeout                | 0          | must be a duration of more than zero
					smtpd.max-connections             | 0          | must be a whole number of at least 1, or -1 for no limit
					smtpd.max-connections             | -2         | must be a whole number of at least 1, or -1 for no limit
					smtpd.max-connections             | many       | must be a whole number
					smtpd.max-message-size            | 0          | must be a size of at least 1B such as 10MB, or -1 for no limit
					smtpd.max-message-size            | -1MB       | must be a size of at least 1B such as 10MB, or -1 for no limit
					smtpd.max-message-size            | big        | must be a size such as 10MB
					smtpd.max-recipients              | 0          | must be a whole number of at least 1, or -1 for no limit
					smtpd.received-header             | perhaps    | must be true or false
					smtpd.virtual-threads             | perhaps    | must be true or false
					smtpd.bare-line-endings           | mend       | must be reject or keep
					smtpd.spool.memory-threshold      | -1B        | must be a size of at least 0B such as 256KB
					smtpd.limits.max-errors           | 0          | must be a whole number of at least 1, or -1 for no limit
					smtpd.limits.max-junk-commands    | 0          | must be a whole number of at least 1, or -1 for no limit
					smtpd.limits.max-auth-failures    | -7         | must be a whole number of at least 1, or -1 for no limit
					smtpd.limits.max-connections-per-address | 0   | must be a whole number of at least 1, or -1 for no limit
					smtpd.limits.connection-rate      | 0          | must be a whole number of at least 1, or -1 for no limit
					smtpd.limits.message-rate         | 0          | must be a whole number of at least 1, or -1 for no limit
					smtpd.limits.auth-failure-rate    | 0          | must be a whole number of at least 1, or -1 for no limit
					smtpd.limits.max-messages-per-session | 0      | must be a whole number of at least 1, or -1 for no limit
					smtpd.limits.max-session-duration | -1s        | must be a duration such as 5s, at most 365d, or 0 for none
					smtpd.limits.min-data-rate        | 0          | must be a whole number of at least 1, or -1 for no limit
					smtpd.limits.min-data-rate        | 1KB        | must be a whole number
					smtpd.limits.trusted-networks     | 10.0.0.0/33 | '10.0.0.0/33' is neither an address such as 192.0.2.10 or 2001:db8::10, nor a range such as 10.0.0.0/8
					smtpd.greet-delay                 | -5         | must be a duration such as 5s, at most 365d, or 0 for none
					smtpd.greet-delay                 | later      | must be a duration such as 60s or 5m
					smtpd.spool.max-size              | 0          | must be a size of at least 1B such as 1GB, or -1 for no limit
					smtpd.ssl.mode                    | tls        | must be starttls or implicit
					smtpd.ssl.mode                    | implicit   | needs TLS, but there is no SSL bundle: name one with smtpd.ssl.bundle
					smtpd.ssl.client-auth             | need       | needs TLS, but there is no SSL bundle: name one with smtpd.ssl.bundle
					smtpd.ssl.client-auth             | maybe      | must be none or want or need
					smtpd.force-tls                   | true       | needs TLS, but there is no SSL bundle: name one with smtpd.ssl.bundle
					smtpd.auth.required               | perhaps    | must be true or false
					smtpd.xclient.enabled             | true       | needs the addresses of the proxies that are believed: list them in smtpd.xclient.trusted-proxies
					smtpd.xclient.trusted-proxies     | proxy.example.org | 'proxy.example.org' is neither an address
					smtpd.xclient.trusted-proxies     | 10.0.0.1,10.0.0.300 | '10.0.0.300' is neither an address
					smtpd.proxy-protocol.enabled      | true       | needs the addresses of the proxies that are believed: list them in smtpd.proxy-protocol.trusted-proxies
					smtpd.proxy-protocol.trusted-proxies | localhost | 'localhost' is neither an address such as 192.0.2.10 or 2001:db8::10, nor a range such as 10.0.0.0/8; host names are not looked up
					smtpd.listeners.mx.port           | 65536      | must be a port number from 1 to 65535, or 0 for any free one
					smtpd.listeners.mx.port           | -1         | must be a port number from 1 to 65535, or 0 for any free one
					smtpd.listeners.mx.port           | 2525       | is the port of listener 'default' already
					smtpd.listeners.mx.protocol       | uucp       | must be smtp or lmtp
					smtpd.listeners.default.port      | 25         | belongs to a listener called 'default', which is the one of smtpd.port: take another name
					""")
	void badValueStopsTheStartAndIsExplained(String property, String value, String reason) {
		this.runner.withPropertyValues(property + "=" + value).run((context) -> {
			FailureAnalysis analysis = new BadPropertyFailureAnalyzer().analyze(context.getStartupFailure());
			assertThat(analysis.getDescription()).contains("Property: " + property + System.lineSeparator())
				.contains("Value: \"" + value + "\"")
				.contains("Reason: " + reason);
			assertThat(analysis.getAction()).isEqualTo("Change the value to one that is allowed.");
		});
	}

	/** As everywhere in Spring Boot. */
	@Test
	void emptyValueIsAsGoodAsNone() {
		SmtpServerProperties properties = bind(Map.of("smtpd.address", "", "smtpd.read-timeout", "",
				"smtpd.max-message-size", "", "smtpd.bare-line-endings", "", "smtpd.spool.memory-threshold", ""));
		assertThat(properties.getAddress()).isNull();
		assertThat(properties.getReadTimeout()).isEqualTo(Duration.ofSeconds(60));
		assertThat(properties.getMaxMessageSize()).isEqualTo(DataSize.ofBytes(10_240_000));
		assertThat(properties.getBareLineEndings()).isEqualTo(BareLineEndings.REJECT);
		assertThat(properties.getSpool().getMemoryThreshold()).isEqualTo(DataSize.ofKilobytes(256));
	}

	@Test
	void allBadValuesAreExplainedAtOnce() {
		this.runner.withPropertyValues("smtpd.max-connections=0", "smtpd.limits.max-errors=0").run((context) -> {
			FailureAnalysis analysis = new BadPropertyFailureAnalyzer().analyze(context.getStartupFailure());
			assertThat(analysis.getDescription()).contains("Property: smtpd.max-connections")
				.contains("Property: smtpd.limits.max-errors");
		});
	}

	@Test
	void badValueOfAnEnvironmentVariableIsExplainedWithItsOrigin() {
		withEnvironment("SMTPD_MAXCONNECTIONS", "0").run((context) -> {
			FailureAnalysis analysis = new BadPropertyFailureAnalyzer().analyze(context.getStartupFailure());
			assertThat(analysis.getDescription()).contains("Property: smtpd.max-connections")
				.contains("Value: \"0\"")
				.contains("Origin: \"SMTPD_MAXCONNECTIONS\"")
				.contains("Reason: must be a whole number of at least 1, or -1 for no limit");
		});
	}

	@Test
	void portThatKubernetesInjectsIsExplainedWithItsRemedies() {
		withEnvironment("SMTPD_PORT", "tcp://10.0.0.1:2525").run((context) -> {
			FailureAnalysis analysis = new BadPropertyFailureAnalyzer().analyze(context.getStartupFailure());
			assertThat(analysis.getDescription()).contains("Property: smtpd.port")
				.contains("Value: \"tcp://10.0.0.1:2525\"")
				.contains("Origin: \"SMTPD_PORT\"")
				.contains("Kubernetes service");
			assertThat(analysis.getAction()).contains("a name other than 'smtpd'")
				.contains("enableServiceLinks: false")
				.contains("--smtpd.port=2525");
		});
	}

	@Test
	void portThatKubernetesInjectsDoesNoHarmBesideOneThatComesBefore() {
		withEnvironment("SMTPD_PORT", "tcp://10.0.0.1:2525").withPropertyValues("smtpd.port=0")
			.withInitializer((context) -> { // arguments come before the environment
				var sources = context.getEnvironment().getPropertySources();
				var arguments = sources.remove("test");
				sources.addFirst(arguments);
			})
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void badValuesOfOthersAreLeftToOthers() {
		Throwable failure = catchThrowable(
				() -> new Binder(new MapConfigurationPropertySource(Map.of("other.port", "x"))).bind("other.port",
						Integer.class));
		assertThat(new BadPropertyFailureAnalyzer().analyze(failure)).isNull();
	}

	@Test
	@SuppressWarnings("unchecked")
	void everyPropertyHasDescriptionAndDefaultInTheMetadata() throws Exception {
		Set<String> names = new TreeSet<>();
		for (Map<String, Object> property : (List<Map<String, Object>>) metadata().get("properties")) {
			String name = (String) property.get("name");
			names.add(name);
			assertThat((String) property.get("description")).as(name).isNotBlank().endsWith(".");
			assertThat(property).as(name).containsKey("type");
			assertThat(property.containsKey("defaultValue")).as(name + " has a default")
				.isNotEqualTo(WITHOUT_DEFAULT.contains(name));
			if (WITHOUT_DEFAULT.contains(name)) {
				assertThat((String) property.get("description")).as(name).contains("By default,");
			}
		}
		assertThat(names).contains("smtpd.enabled", "smtpd.hostname", "smtpd.welcome-message", "smtpd.address",
				"smtpd.port", "smtpd.read-timeout", "smtpd.write-timeout", "smtpd.data-timeout",
				"smtpd.max-connections", "smtpd.max-message-size", "smtpd.max-recipients", "smtpd.received-header",
				"smtpd.bare-line-endings", "smtpd.virtual-threads", "smtpd.spool.memory-threshold",
				"smtpd.spool.directory", "smtpd.limits.max-errors", "smtpd.limits.max-junk-commands",
				"smtpd.limits.max-auth-failures", "smtpd.limits.max-connections-per-address",
				"smtpd.limits.connection-rate", "smtpd.limits.message-rate", "smtpd.limits.auth-failure-rate",
				"smtpd.limits.max-messages-per-session", "smtpd.limits.max-session-duration",
				"smtpd.limits.min-data-rate", "smtpd.limits.trusted-networks", "smtpd.greet-delay",
				"smtpd.spool.max-size", "smtpd.ssl.bundle", "smtpd.ssl.mode", "smtpd.ssl.client-auth",
				"smtpd.force-tls", "smtpd.auth.required", "smtpd.auth.allow-without-tls", "smtpd.auth.spring-security",
				"smtpd.xclient.enabled", "smtpd.xclient.trusted-proxies", "smtpd.proxy-protocol.enabled",
				"smtpd.proxy-protocol.trusted-proxies", "smtpd.listeners");
	}

	private static Map<String, Object> metadata() throws Exception {
		ClassLoader classLoader = SmtpServerProperties.class.getClassLoader();
		for (URL url : Collections.list(classLoader.getResources(METADATA))) { // each
																				// starter
																				// has one
			try (InputStream in = url.openStream()) {
				String json = new String(in.readAllBytes(), StandardCharsets.UTF_8);
				if (json.contains("\"smtpd.port\"")) {
					return JsonParserFactory.getJsonParser().parseMap(json);
				}
			}
		}
		throw new AssertionError("There is no " + METADATA + " for smtpd.*");
	}

	private ApplicationContextRunner withEnvironment(String name, String value) {
		return this.runner.withInitializer((context) -> context.getEnvironment()
			.getPropertySources()
			.addFirst(new SystemEnvironmentPropertySource("test-systemEnvironment", Map.of(name, value))));
	}

	private static SmtpServerProperties bind(Map<String, String> values) {
		return new Binder(new MapConfigurationPropertySource(values)).bindOrCreate("smtpd", SmtpServerProperties.class);
	}

}
