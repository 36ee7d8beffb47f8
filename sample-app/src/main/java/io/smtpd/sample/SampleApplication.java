package io.smtpd.sample;

import java.io.IOException;
import java.nio.file.Path;

import io.smtpd.Authenticator;
import io.smtpd.MessageHandler;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * A mail server in two beans: one that stores messages, and one that knows users when
 * there are any. The starter does the rest.
 */
@SpringBootApplication
@EnableConfigurationProperties(SampleProperties.class)
public class SampleApplication {

	public static void main(String[] args) {
		SpringApplication.run(SampleApplication.class, args);
	}

	@Bean
	MessageHandler messageStore(SampleProperties properties, JsonMapper json) throws IOException {
		String directory = properties.store().directory();
		return directory.isBlank() ? (peer, envelope) -> {
		} : new MessageStore(Path.of(directory), json);
	}

	@Bean
	@Conditional(OnUsers.class)
	Authenticator authenticator(SampleProperties properties) {
		SampleUsers users = new SampleUsers(properties.users());
		return Authenticator.passwords((peer, username, password) -> users.matches(username, password));
	}

	/**
	 * Without users there is no authenticator, and so the server does not offer AUTH.
	 */
	static final class OnUsers implements Condition {

		@Override
		public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
			return Binder.get(context.getEnvironment())
				.bind("sample.users", Bindable.mapOf(String.class, String.class))
				.isBound();
		}

	}

}
