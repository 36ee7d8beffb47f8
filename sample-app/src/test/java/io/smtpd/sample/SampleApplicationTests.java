package io.smtpd.sample;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Set;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.MeterRegistry;
import io.smtpd.Authenticator;
import jakarta.mail.internet.MimeMessage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.mail.javamail.JavaMailSenderImpl;
import org.springframework.mail.javamail.MimeMessageHelper;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "smtpd.port=0", "spring.mail.host=127.0.0.1" })
class SampleApplicationTests {

	@TempDir
	static Path directory;

	@Autowired
	private JavaMailSenderImpl mailSender;

	@Autowired
	private ObjectProvider<Authenticator> authenticators;

	@Autowired
	private MeterRegistry meterRegistry;

	@Value("${local.smtpd.port}")
	private int smtpPort;

	@Value("${local.server.port}")
	private int httpPort;

	@DynamicPropertySource
	static void storeInTemporaryDirectory(DynamicPropertyRegistry registry) {
		registry.add("sample.store.directory", () -> directory.toString());
	}

	@BeforeEach
	void sendToThisServer() {
		this.mailSender.setPort(this.smtpPort);
	}

	@Test
	void messageOfJavaMailSenderIsStoredOctetForOctetBelowItsTraceLine() throws Exception {
		MimeMessage message = message("Stored as it came");

		this.mailSender.send(message);

		StoredFiles stored = StoredFiles.withSubject(directory, "Stored as it came");
		String mailData = stored.mailData();
		assertThat(mailData).startsWith("Received: from ").endsWith(octets(message));
		String traceLine = mailData.substring(0, mailData.length() - octets(message).length());
		assertThat(traceLine).contains(" with ESMTP id " + stored.id()).endsWith("\r\n");
		// unfolded it is one header field, so nothing else came between
		assertThat(traceLine.replace("\r\n\t", " ").lines()).hasSize(1);
	}

	@Test
	void descriptionNamesEnvelopePeerTimeAndSize() throws Exception {
		Instant before = Instant.now();

		this.mailSender.send(message("Described"));

		StoredFiles stored = StoredFiles.withSubject(directory, "Described");
		JsonNode json = stored.description();
		assertThat(json.propertyNames()).containsExactly("id", "sender", "recipients", "peer", "receivedAt", "size");
		assertThat(json.get("id").asString()).isEqualTo(stored.id());
		assertThat(json.get("sender").asString()).isEqualTo("sender@example.org");
		assertThat(json.get("recipients").valueStream().map(JsonNode::asString)).containsExactly("one@example.org",
				"two@example.org");
		assertThat(json.get("peer").asString()).matches("127\\.0\\.0\\.1:\\d+");
		assertThat(Instant.parse(json.get("receivedAt").asString())).isBetween(before, Instant.now());
		assertThat(json.get("size").asLong()).isEqualTo(stored.mailData().length());
	}

	@Test
	void storeHoldsNothingTemporaryOnceTheClientHasItsReply() throws Exception {
		this.mailSender.send(message("Nothing left over"));

		assertThat(directory).isDirectoryNotContaining("glob:**.tmp");
	}

	@Test
	void scrapeCountsTheMessage() throws Exception {
		this.mailSender.send(message("Counted"));

		assertThat(get("/actuator/prometheus"))
			.containsPattern("smtpd_messages_seconds_count\\{[^}]*outcome=\"accepted\"[^}]*} [1-9]")
			.containsPattern("smtpd_connections_total\\{[^}]*listener=\"default\"[^}]*} [1-9]");
	}

	@Test
	void everyMeterIsExplained() throws Exception {
		this.mailSender.send(message("Measured"));

		Set<String> meters = this.meterRegistry.getMeters()
			.stream()
			.map((meter) -> meter.getId().getName())
			.filter((name) -> name.startsWith("smtpd."))
			.collect(Collectors.toSet());
		assertThat(meters).contains("smtpd.messages", "smtpd.connections.active");
		assertThat(DocumentationTests.namesIn("docs/metrics.md", "`(smtpd\\.[a-z.]+)`")).containsAll(meters);
	}

	@Test
	void healthShowsTheListenerWithItsPort() throws Exception {
		assertThat(get("/actuator/health")).contains("\"smtpd\":{")
			.contains("\"default\"")
			.contains(String.valueOf(this.smtpPort));
	}

	@Test
	void thereIsNoAuthenticatorWithoutUsers() {
		assertThat(this.authenticators.getIfAvailable()).isNull();
	}

	private MimeMessage message(String subject) throws Exception {
		MimeMessage message = this.mailSender.createMimeMessage();
		MimeMessageHelper helper = new MimeMessageHelper(message, StandardCharsets.UTF_8.name());
		helper.setFrom("sender@example.org");
		helper.setTo(new String[] { "one@example.org", "two@example.org" });
		helper.setSubject(subject);
		helper.setText("Grüße\n.\n..a line that begins with dots\nand the last one\n");
		return message;
	}

	private static String octets(MimeMessage message) throws Exception {
		ByteArrayOutputStream target = new ByteArrayOutputStream();
		message.writeTo(target);
		return target.toString(StandardCharsets.ISO_8859_1);
	}

	private String get(String path) throws IOException, InterruptedException {
		URI uri = URI.create("http://127.0.0.1:" + this.httpPort + path);
		return HttpClient.newHttpClient().send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
	}

}
