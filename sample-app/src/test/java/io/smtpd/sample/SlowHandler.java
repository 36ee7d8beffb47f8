package io.smtpd.sample;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

import io.smtpd.MessageHandler;

import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;

/**
 * Makes messages wait before they are stored, and some for longer than a stop waits.
 * Registered by name, so that no scan finds it.
 */
class SlowHandler {

	static final String PROPERTY = "test.slow-handler";

	private static final Duration LONG = Duration.ofSeconds(5);

	@Bean
	@Order(0)
	@ConditionalOnProperty(PROPERTY)
	MessageHandler messagesThatTakeLong() {
		return (peer, envelope) -> {
			ThreadLocalRandom random = ThreadLocalRandom.current();
			Thread.sleep((random.nextInt(20) == 0) ? LONG.toMillis() : random.nextInt(100));
		};
	}

}
