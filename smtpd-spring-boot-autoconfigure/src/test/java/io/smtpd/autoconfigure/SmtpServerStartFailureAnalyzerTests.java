package io.smtpd.autoconfigure;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

import io.smtpd.SmtpBindException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/** What a user reads when the application does not start. */
@ExtendWith(OutputCaptureExtension.class)
class SmtpServerStartFailureAnalyzerTests {

	@Test
	void portInUseIsExplained(CapturedOutput output) throws IOException {
		try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
			int port = taken.getLocalPort();
			String report = failureReport(output, "--smtpd.address=127.0.0.1", "--smtpd.port=" + port);
			assertThat(report)
				.contains("Listener 'default' of the SMTP server cannot be bound to 127.0.0.1:" + port + ": port "
						+ port + " is already in use.")
				.contains("Stop the process that listens on port " + port
						+ ", or set smtpd.port to another port; 0 picks a free one.");
		}
	}

	@Test
	void addressOfAnotherMachineIsExplained(CapturedOutput output) {
		assertThat(failureReport(output, "--smtpd.address=192.0.2.1", "--smtpd.port=0"))
			.contains("cannot be bound to 192.0.2.1:0: that is not an address of this machine.")
			.contains("Set smtpd.address to an address of this machine, or remove it to listen on all interfaces.");
	}

	@Test
	void unusableSpoolDirectoryIsExplained(CapturedOutput output, @TempDir Path directory) throws IOException {
		Path file = Files.writeString(directory.resolve("file"), "in the way");
		assertThat(failureReport(output, "--smtpd.port=0", "--smtpd.spool.directory=" + file))
			.contains("The spool directory of the SMTP server, '" + file + "', cannot be used: ")
			.contains("Set smtpd.spool.directory to a directory that the application may write to");
	}

	@Test
	void badPropertyIsExplained(CapturedOutput output) {
		assertThat(failureReport(output, "--smtpd.max-connections=0")).contains("Property: smtpd.max-connections")
			.contains("Value: \"0\"")
			.contains("Origin: \"smtpd.max-connections\" from property source \"commandLineArgs\"")
			.contains("Reason: must be a whole number of at least 1, or -1 for no limit");
	}

	@Test
	void propertyOfAnotherTypeIsExplained(CapturedOutput output) {
		assertThat(failureReport(output, "--smtpd.port=tcp://10.0.0.1:2525")).contains("Property: smtpd.port")
			.contains("enableServiceLinks: false");
	}

	@Test
	void privilegedPortIsExplained() {
		FailureAnalysis analysis = analyze("default", new InetSocketAddress(25), "Permission denied");
		assertThat(analysis.getDescription())
			.endsWith("ports below 1024 are privileged, and the application may not use them.");
		assertThat(analysis.getAction()).startsWith("Set smtpd.port to a port above 1023 and have port 25 forwarded")
			.contains("CAP_NET_BIND_SERVICE");
	}

	@Test
	void listenerIsNamedWithItsProperties() {
		FailureAnalysis analysis = analyze("submission", new InetSocketAddress("127.0.0.1", 587),
				"Address already in use: bind");
		assertThat(analysis.getDescription()).startsWith("Listener 'submission' ");
		assertThat(analysis.getAction()).contains("set smtpd.listeners.submission.port to another port");
	}

	@Test
	void whatIsNotKnownIsToldAsItIs() {
		FailureAnalysis analysis = analyze("default", new InetSocketAddress("127.0.0.1", 2525), "Unheard-of");
		assertThat(analysis.getDescription()).endsWith(": Unheard-of");
		assertThat(analysis.getAction()).isEqualTo("Check smtpd.address and smtpd.port.");
	}

	private static FailureAnalysis analyze(String listener, InetSocketAddress address, String problem) {
		return new SmtpServerStartFailureAnalyzer().analyze(new IllegalStateException(
				new SmtpServerStartException(new SmtpBindException(listener, address, new BindException(problem)))));
	}

	private static String failureReport(CapturedOutput output, String... arguments) {
		assertThatException().isThrownBy(
				() -> new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE).run(arguments));
		assertThat(output.getOut()).contains("APPLICATION FAILED TO START").doesNotContain("\tat io.smtpd");
		return output.getOut();
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(SmtpServerAutoConfiguration.class)
	static class Application {

	}

}
