package io.smtpd.sample;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Holds the dashboard and the alert rules against a real scrape: a meter or a tag that is
 * renamed leaves no panel empty unnoticed.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "smtpd.port=0", "sample.store.directory=", "sample.users.alice=secret", "smtpd.ssl.bundle=mx" })
class OperationsTests {

	private static final Path OPERATIONS = Path.of("..", "docs", "operations");

	private static final String STORE_PASSWORD = "changeit";

	/** A name of ours, and what is asked of its labels. */
	private static final Pattern METRIC = Pattern.compile("\\b(smtpd_[a-z_]+)(?:\\{([^}]*)})?");

	private static final Pattern LABEL = Pattern.compile("([a-z_]+)\\s*(?:=~|!=|!~|=)");

	private static final Pattern GROUPING = Pattern.compile("\\bby \\(([^)]*)\\)");

	/** What Prometheus adds. */
	private static final Set<String> OF_PROMETHEUS = Set.of("job", "instance");

	@TempDir
	static Path folder;

	@Value("${local.smtpd.port}")
	private int smtpPort;

	@Value("${local.server.port}")
	private int httpPort;

	@DynamicPropertySource
	static void certificate(DynamicPropertyRegistry registry) throws Exception {
		Path store = folder.resolve("mx.p12");
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-alias", "mx", "-dname", "CN=mx", "-validity", "2", "-keyalg", "EC", "-keystore",
				store.toString(), "-storetype", "PKCS12", "-storepass", STORE_PASSWORD)
			.redirectErrorStream(true)
			.start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).as(output).isZero();
		registry.add("spring.ssl.bundle.jks.mx.keystore.location", store.toUri()::toString);
		registry.add("spring.ssl.bundle.jks.mx.keystore.password", () -> STORE_PASSWORD);
	}

	@BeforeEach
	void sendAMessageInTlsWithALogin() throws Exception {
		try (Socket clear = new Socket(InetAddress.getLoopbackAddress(), this.smtpPort)) {
			clear.setSoTimeout(10_000);
			converse(clear, true, "EHLO client.example.org", "STARTTLS");
			SSLSocket secure = (SSLSocket) trustingContext().getSocketFactory()
				.createSocket(clear, "mx", this.smtpPort, true);
			String login = Base64.getEncoder().encodeToString("\0alice\0secret".getBytes(StandardCharsets.US_ASCII));
			converse(secure, false, "EHLO client.example.org", "AUTH PLAIN " + login, "MAIL FROM:<a@example.org>",
					"RCPT TO:<b@example.org>", "DATA", "Subject: Measured\r\n\r\nHello\r\n.", "QUIT");
		}
	}

	@Test
	void everyPanelAsksForMetersThatThereAre() throws Exception {
		JsonNode dashboard = JsonMapper.shared().readTree(OPERATIONS.resolve("grafana-dashboard.json"));
		List<String> expressions = new ArrayList<>();
		for (JsonNode panel : dashboard.get("panels")) {
			assertThat(panel.get("targets")).as(panel.get("title").asString()).isNotEmpty();
			panel.get("targets").forEach((target) -> expressions.add(target.get("expr").asString()));
		}
		assertThat(expressions).hasSizeGreaterThan(15);
		dashboard.get("templating")
			.get("list")
			.forEach((variable) -> expressions.add(variable.path("definition").asString("")));
		assertKnown(expressions);
	}

	@Test
	void everyAlertAsksForMetersThatThereAre() throws Exception {
		List<String> expressions = new ArrayList<>();
		Map<String, List<Map<String, List<Map<String, Object>>>>> file = new Yaml()
			.load(Files.readString(OPERATIONS.resolve("prometheus-alerts.yml")));
		for (Map<String, List<Map<String, Object>>> group : file.get("groups")) {
			for (Map<String, Object> rule : group.get("rules")) {
				assertThat(rule).containsKeys("alert", "expr", "for", "labels", "annotations");
				expressions.add((String) rule.get("expr"));
			}
		}
		assertThat(expressions).hasSizeGreaterThan(8);
		assertThat(expressions).allMatch((expression) -> METRIC.matcher(expression).find());
		assertKnown(expressions);
	}

	@Test
	void everyPanelAndEveryAlertIsExplained() throws Exception {
		String text = Files.readString(OPERATIONS.resolve("README.md"));
		for (JsonNode panel : JsonMapper.shared()
			.readTree(OPERATIONS.resolve("grafana-dashboard.json"))
			.get("panels")) {
			assertThat(text).contains("| " + panel.get("title").asString() + " |");
		}
		assertThat(Files.readString(OPERATIONS.resolve("prometheus-alerts.yml"))
			.lines()
			.filter((line) -> line.contains("- alert: "))
			.map((line) -> line.substring(line.indexOf(": ") + 2))).isNotEmpty()
			.allSatisfy((alert) -> assertThat(text).contains("`" + alert + "`"));
	}

	private void assertKnown(List<String> expressions) throws Exception {
		Map<String, Set<String>> scraped = scrape("text/plain");
		scraped.keySet().retainAll(scrape("application/openmetrics-text").keySet()); // what
																						// Prometheus
																						// asks
																						// for
		for (String expression : expressions) {
			Set<String> labels = new TreeSet<>(OF_PROMETHEUS);
			Matcher metrics = METRIC.matcher(expression);
			while (metrics.find()) {
				assertThat(scraped).as(expression).containsKey(metrics.group(1));
				Set<String> known = new TreeSet<>(scraped.get(metrics.group(1)));
				known.addAll(OF_PROMETHEUS);
				labels.addAll(known);
				if (metrics.group(2) != null) {
					assertThat(known).as(expression).containsAll(find(LABEL, metrics.group(2)));
				}
			}
			for (String grouping : find(GROUPING, expression)) {
				assertThat(labels).as(expression).contains(grouping.split(", "));
			}
		}
	}

	/** The labels of each metric of ours. */
	private Map<String, Set<String>> scrape(String format) throws Exception {
		URI uri = URI.create("http://127.0.0.1:" + this.httpPort + "/actuator/prometheus");
		String body = HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(uri).header("Accept", format).build(), BodyHandlers.ofString())
			.body();
		Map<String, Set<String>> metrics = new HashMap<>();
		body.lines().filter((line) -> line.startsWith("smtpd_")).forEach((line) -> {
			Matcher metric = METRIC.matcher(line);
			assertThat(metric.find()).as(line).isTrue();
			Set<String> labels = metrics.computeIfAbsent(metric.group(1), (name) -> new TreeSet<>());
			if (metric.group(2) != null) {
				labels.addAll(find(LABEL, metric.group(2)));
			}
		});
		return metrics;
	}

	private static List<String> find(Pattern pattern, String text) {
		return pattern.matcher(text).results().map((result) -> result.group(1)).toList();
	}

	private static void converse(Socket socket, boolean greeting, String... commands) throws IOException {
		BufferedReader replies = new BufferedReader(
				new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
		if (greeting) {
			assertThat(replies.readLine()).startsWith("220 ");
		}
		for (String command : commands) {
			socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
			String reply = replies.readLine();
			while (reply.charAt(3) == '-') {
				reply = replies.readLine();
			}
			assertThat(reply).as(command).matches("[23].*");
		}
	}

	private static SSLContext trustingContext() throws Exception {
		KeyStore store = KeyStore.getInstance("PKCS12");
		try (InputStream stream = Files.newInputStream(folder.resolve("mx.p12"))) {
			store.load(stream, STORE_PASSWORD.toCharArray());
		}
		KeyStore trusted = KeyStore.getInstance("PKCS12");
		trusted.load(null, null);
		trusted.setCertificateEntry("mx", store.getCertificate("mx"));
		TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		factory.init(trusted);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(null, factory.getTrustManagers(), null);
		return context;
	}

}
