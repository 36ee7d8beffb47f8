package io.smtpd.benchmarks.sink;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import io.smtpd.MessageHandler;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * An application with the starter, and with the actuator when that is on the class path.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class BootSink {

	@Bean
	MessageHandler discardingHandler() {
		return (peer, envelope) -> {
			// thrown away
		};
	}

	/**
	 * Starts the application.
	 * @param arguments a port, then properties
	 */
	public static void main(String[] arguments) {
		List<String> properties = new ArrayList<>(List.of("--smtpd.address=127.0.0.1", "--smtpd.port=" + arguments[0],
				"--smtpd.hostname=bench.example.org", "--smtpd.max-connections=" + CoreSink.MOST_CONNECTIONS,
				"--smtpd.limits.max-connections-per-address=" + CoreSink.MOST_CONNECTIONS,
				"--smtpd.max-message-size=" + CoreSink.MOST_OCTETS + "B"));
		properties.addAll(Arrays.asList(arguments).subList(1, arguments.length));
		SpringApplication.run(BootSink.class, properties.toArray(String[]::new));
	}

}
