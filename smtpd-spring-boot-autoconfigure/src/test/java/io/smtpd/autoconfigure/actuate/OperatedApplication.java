package io.smtpd.autoconfigure.actuate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;

import io.smtpd.SmtpServer;
import io.smtpd.autoconfigure.TestClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** A whole application with a mail server and a web server, each on a free port. */
final class OperatedApplication implements AutoCloseable {

	static final String UNRESTRICTED = "management.endpoint.smtpd.access=unrestricted";

	private final HttpClient http = HttpClient.newHttpClient();

	private final ConfigurableApplicationContext context;

	private OperatedApplication(ConfigurableApplicationContext context) {
		this.context = context;
	}

	/** Starts one that exposes the endpoint. */
	static OperatedApplication start(Class<?> configuration, String... properties) {
		List<String> all = new ArrayList<>(List.of("management.endpoints.web.exposure.include=health,prometheus,smtpd",
				"management.endpoint.health.show-details=always"));
		all.addAll(List.of(properties));
		return startAsItIs(configuration, all.toArray(String[]::new));
	}

	/** Starts one that has the actuator's defaults. */
	static OperatedApplication startAsItIs(Class<?> configuration, String... properties) {
		List<String> all = new ArrayList<>(List.of("--spring.main.banner-mode=off", "--server.port=0",
				"--server.address=127.0.0.1", "--smtpd.port=0", "--smtpd.address=127.0.0.1"));
		for (String property : properties) {
			all.add("--" + property);
		}
		return new OperatedApplication(
				new SpringApplicationBuilder(Defaults.class, configuration).run(all.toArray(String[]::new)));
	}

	ConfigurableApplicationContext context() {
		return this.context;
	}

	<T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	SmtpServer server() {
		return bean(SmtpServer.class);
	}

	/** A client that was greeted. */
	TestClient client() {
		TestClient client = TestClient.connect(server());
		client.reply();
		return client;
	}

	HttpResponse<String> get(String path) {
		return exchange(request(path).GET());
	}

	HttpResponse<String> post(String path, String json) {
		return exchange(request(path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(json)));
	}

	HttpResponse<String> delete(String path) {
		return exchange(request(path).DELETE());
	}

	JsonNode json(String path) {
		return json(get(path));
	}

	static JsonNode json(HttpResponse<String> response) {
		return JsonMapper.shared().readTree(response.body());
	}

	private HttpRequest.Builder request(String path) {
		String port = this.context.getEnvironment().getRequiredProperty("local.server.port");
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
	}

	private HttpResponse<String> exchange(HttpRequest.Builder request) {
		try {
			return this.http.send(request.build(), BodyHandlers.ofString());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() {
		this.context.close();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Defaults {

	}

}
