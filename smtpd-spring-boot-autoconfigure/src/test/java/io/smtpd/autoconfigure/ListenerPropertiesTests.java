package io.smtpd.autoconfigure;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/** What a listener takes over from {@code smtpd.*}, and what cannot work. */
class ListenerPropertiesTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(SmtpServerAutoConfiguration.class));

	@Test
	void whatAListenerLeavesOutIsAsForTheDefaultListener() throws Exception {
		ListenerSettings listener = settings(Map.of("smtpd.address", "127.0.0.1", "smtpd.ssl.bundle", "mx",
				"smtpd.ssl.mode", "implicit", "smtpd.ssl.client-auth", "want", "smtpd.force-tls", "true",
				"smtpd.auth.required", "true", "smtpd.proxy-protocol.enabled", "true",
				"smtpd.proxy-protocol.trusted-proxies", "10.0.0.0/8", "smtpd.listeners.other.port", "25"))
			.get(1);
		assertThat(listener)
			.isEqualTo(new ListenerSettings("other", InetAddress.getByName("127.0.0.1"), 25, false, "mx",
					"smtpd.ssl.bundle", TlsMode.IMPLICIT, TlsClientAuth.WANT, true, true, true, List.of("10.0.0.0/8")));
	}

	@Test
	void whatAListenerSaysHolds() throws Exception {
		Map<String, String> common = Map.of("smtpd.address", "127.0.0.1", "smtpd.ssl.bundle", "mx", "smtpd.force-tls",
				"true", "smtpd.auth.required", "true", "smtpd.proxy-protocol.enabled", "true",
				"smtpd.proxy-protocol.trusted-proxies", "10.0.0.0/8");
		Map<String, String> own = new HashMap<>(common);
		own.putAll(Map.of("smtpd.listeners.other.address", "127.0.0.2", "smtpd.listeners.other.port", "0",
				"smtpd.listeners.other.protocol", "lmtp", "smtpd.listeners.other.ssl.bundle", "other",
				"smtpd.listeners.other.ssl.mode", "implicit", "smtpd.listeners.other.ssl.client-auth", "need",
				"smtpd.listeners.other.force-tls", "false", "smtpd.listeners.other.auth.required", "false",
				"smtpd.listeners.other.proxy-protocol.enabled", "false"));
		own.put("smtpd.listeners.other.proxy-protocol.trusted-proxies", "192.0.2.1,192.0.2.2");
		ListenerSettings listener = settings(own).get(1);
		assertThat(listener).isEqualTo(new ListenerSettings("other", InetAddress.getByName("127.0.0.2"), 0, true,
				"other", "smtpd.listeners.other.ssl.bundle", TlsMode.IMPLICIT, TlsClientAuth.NEED, false, false, false,
				List.of("192.0.2.1", "192.0.2.2")));
	}

	@Test
	void emptyBundleNameMeansNoTls() {
		assertThat(settings(Map.of("smtpd.ssl.bundle", "mx", "smtpd.listeners.other.port", "0",
				"smtpd.listeners.other.ssl.bundle", ""))
			.get(1)
			.bundle()).isNull();
	}

	@Test
	void whenPortIsMinusOneThereIsNoDefaultListener() {
		assertThat(settings(Map.of("smtpd.port", "-1", "smtpd.listeners.other.port", "0"))).singleElement()
			.extracting(ListenerSettings::name)
			.isEqualTo("other");
	}

	@Test
	void environmentVariablesConfigureAListener() {
		Map<String, Object> variables = Map.of("SMTPD_LISTENERS_SUBMISSION_PORT", "587",
				"SMTPD_LISTENERS_SUBMISSION_AUTH_REQUIRED", "true",
				"SMTPD_LISTENERS_SUBMISSION_PROXYPROTOCOL_TRUSTEDPROXIES", "10.0.0.1,10.0.0.2");
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources()
			.addFirst(new SystemEnvironmentPropertySource("test-systemEnvironment", variables));
		ListenerSettings listener = ListenerSettings
			.of(Binder.get(environment).bind("smtpd", SmtpServerProperties.class).get())
			.get(1);
		assertThat(listener.name()).isEqualTo("submission");
		assertThat(listener.port()).isEqualTo(587);
		assertThat(listener.authRequired()).isTrue();
		assertThat(listener.trustedProxies()).containsExactly("10.0.0.1", "10.0.0.2");
	}

	static Stream<Arguments> impossible() {
		return Stream.of(
				Arguments.of("smtpd.listeners.mx.port", "none", "must be a port number from 1 to 65535",
						List.of("smtpd.listeners.mx.address=127.0.0.1")),
				Arguments.of("smtpd.listeners.mx.force-tls", "\"true\"",
						"needs TLS, but there is no SSL bundle: name one with smtpd.listeners.mx.ssl.bundle",
						List.of("smtpd.listeners.mx.port=0", "smtpd.listeners.mx.force-tls=true")),
				Arguments.of("smtpd.listeners.mx.ssl.mode", "\"implicit\"",
						"needs TLS, but there is no SSL bundle: name one with smtpd.listeners.mx.ssl.bundle",
						List.of("smtpd.listeners.mx.port=0", "smtpd.listeners.mx.ssl.mode=implicit")),
				Arguments.of("smtpd.listeners.mx.ssl.client-auth", "\"want\"",
						"needs TLS, but there is no SSL bundle: name one with smtpd.listeners.mx.ssl.bundle",
						List.of("smtpd.listeners.mx.port=0", "smtpd.listeners.mx.ssl.client-auth=want")),
				Arguments.of("smtpd.listeners.mx.ssl.bundle", "\"\"",
						"names no SSL bundle, but smtpd.force-tls is true",
						List.of("smtpd.listeners.mx.port=0", "smtpd.listeners.mx.ssl.bundle=", "smtpd.ssl.bundle=b",
								"smtpd.force-tls=true")),
				Arguments.of("smtpd.listeners.mx.proxy-protocol.enabled", "\"true\"",
						"needs the addresses of the proxies that are believed: list them in "
								+ "smtpd.listeners.mx.proxy-protocol.trusted-proxies",
						List.of("smtpd.listeners.mx.port=0", "smtpd.listeners.mx.proxy-protocol.enabled=true")),
				Arguments.of("smtpd.listeners.mx.proxy-protocol.trusted-proxies", "\"balancer\"",
						"'balancer' is neither an address such as",
						List.of("smtpd.listeners.mx.port=0",
								"smtpd.listeners.mx.proxy-protocol.trusted-proxies=balancer")),
				Arguments.of("smtpd.listeners.mx.proxy-protocol.trusted-proxies", "\"10.0.0.1,balancer\"",
						"'balancer' is neither an address such as",
						List.of("smtpd.listeners.mx.port=0",
								"smtpd.listeners.mx.proxy-protocol.trusted-proxies[0]=10.0.0.1",
								"smtpd.listeners.mx.proxy-protocol.trusted-proxies[1]=balancer")),
				Arguments.of("smtpd.listeners.mx.proxy-protocol.trusted-proxies", "\"\"",
						"needs the addresses of the proxies that are believed",
						List.of("smtpd.listeners.mx.port=0", "smtpd.listeners.mx.proxy-protocol.trusted-proxies=",
								"smtpd.proxy-protocol.enabled=true", "smtpd.proxy-protocol.trusted-proxies=10.0.0.1")),
				Arguments.of("smtpd.listeners.b.port", "\"25\"", "is the port of listener 'a' already",
						List.of("smtpd.listeners.a.port=25", "smtpd.listeners.b.port=25",
								"smtpd.listeners.a.address=127.0.0.1")));
	}

	@ParameterizedTest(name = "{0} {1}")
	@MethodSource("impossible")
	void whatCannotWorkStopsTheStartAndIsExplained(String property, String value, String reason,
			List<String> properties) {
		this.runner.withPropertyValues("smtpd.port=0")
			.withPropertyValues(properties.toArray(String[]::new))
			.run((context) -> {
				FailureAnalysis analysis = new BadPropertyFailureAnalyzer().analyze(context.getStartupFailure());
				assertThat(analysis.getDescription()).contains("Property: " + property + System.lineSeparator())
					.contains("Value: " + value + System.lineSeparator())
					.contains("Reason: " + reason);
			});
	}

	@Test
	void samePortOnTwoAddressesIsNoCollision() {
		List<ListenerSettings> listeners = settings(Map.of("smtpd.port", "25", "smtpd.address", "127.0.0.1",
				"smtpd.listeners.other.port", "25", "smtpd.listeners.other.address", "127.0.0.2"));
		assertThat(listeners.get(1).collidesWith(listeners.get(0))).isFalse();
	}

	@Test
	void twoFreePortsAreNoCollision() {
		List<ListenerSettings> listeners = settings(Map.of("smtpd.port", "0", "smtpd.listeners.other.port", "0"));
		assertThat(listeners.get(1).collidesWith(listeners.get(0))).isFalse();
	}

	private static List<ListenerSettings> settings(Map<String, String> values) {
		return ListenerSettings.of(new Binder(new MapConfigurationPropertySource(values)).bindOrCreate("smtpd",
				SmtpServerProperties.class));
	}

}
