package com.example.mail;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.smtpd.MessageHandler;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;

/** An application of somebody else: the starter, one bean, and mail comes in. */
@SpringBootTest(properties = { "smtpd.address=127.0.0.1", "smtpd.port=0" })
class ReceivingApplicationTests {

	@Autowired
	private ReceivingApplication application;

	@Value("${local.smtpd.port}")
	private int port;

	@Test
	void mailReachesTheBean() throws Exception {
		try (Socket socket = new Socket("127.0.0.1", this.port)) {
			socket.setSoTimeout(10_000);
			OutputStream out = socket.getOutputStream();
			BufferedReader in = new BufferedReader(
					new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
			assertThat(in.readLine()).isEqualTo("220 localhost.localdomain ESMTP ready.");
			String[] commands = { "HELO client.example.org", "MAIL FROM:<alice@example.org>",
					"RCPT TO:<bob@example.org>", "DATA", "Subject: Greetings\r\n\r\nHello\r\n.", "QUIT" };
			String[] codes = { "250", "250", "250", "354", "250", "221" };
			for (int i = 0; i < commands.length; i++) {
				out.write((commands[i] + "\r\n").getBytes(StandardCharsets.US_ASCII));
				assertThat(in.readLine()).as(commands[i]).startsWith(codes[i] + " ");
			}
		}
		assertThat(this.application.inbox.poll(10, TimeUnit.SECONDS)).endsWith("Subject: Greetings\r\n\r\nHello\r\n");
	}

	/** Metrics, health and security come only with the user's own dependencies. */
	@Test
	void starterBringsNoOptionalLibraries() {
		for (String type : new String[] { "io.micrometer.core.instrument.MeterRegistry",
				"org.springframework.boot.health.contributor.HealthIndicator",
				"org.springframework.boot.actuate.endpoint.annotation.Endpoint",
				"org.springframework.security.core.Authentication",
				"org.springframework.web.context.WebApplicationContext",
				"com.fasterxml.jackson.annotation.JsonInclude" }) {
			assertThat(ClassUtils.isPresent(type, getClass().getClassLoader())).as(type).isFalse();
		}
	}

	@SpringBootApplication(proxyBeanMethods = false)
	static class ReceivingApplication {

		final BlockingQueue<String> inbox = new LinkedBlockingQueue<>();

		@Bean
		MessageHandler inbox() {
			return (peer, envelope) -> this.inbox
				.add(new String(envelope.mailData().readAllBytes(), StandardCharsets.UTF_8));
		}

	}

}
