package io.smtpd.autoconfigure;

import java.time.Duration;
import java.util.concurrent.Executor;

import io.smtpd.RateLimiter;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServerCustomizer;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.env.Environment;

/**
 * {@link AutoConfiguration Auto-configuration} of an SMTP server from the {@code smtpd.*}
 * properties and the application's callbacks. The server is built here and started by
 * {@link SmtpServerLifecycle}.
 */
@AutoConfiguration
@ConditionalOnClass(SmtpServer.class)
@ConditionalOnBooleanProperty(name = "smtpd.enabled", matchIfMissing = true)
@EnableConfigurationProperties(SmtpServerProperties.class)
@Import({ CallbackBeans.class, AuthenticationBeans.class })
@ImportRuntimeHints(VirtualThreadRuntimeHints.class)
public final class SmtpServerAutoConfiguration {

	/** The name of an {@link Executor} bean that sessions run on instead. */
	static final String SESSION_EXECUTOR = "smtpdSessionExecutor";

	/** Spring Boot's own. */
	private static final Duration DEFAULT_SHUTDOWN_PHASE = Duration.ofSeconds(30);

	@Bean
	@ConditionalOnMissingBean(SmtpServer.class)
	SessionExecutor smtpServerSessionExecutor(SmtpServerProperties properties, Environment environment,
			@Qualifier(SESSION_EXECUTOR) ObjectProvider<Executor> users) {
		return SessionExecutor.choose(users.getIfAvailable(), properties, environment);
	}

	@Bean(destroyMethod = "close")
	@ConditionalOnMissingBean
	SmtpServer smtpServer(SmtpServerProperties properties, ObjectProvider<SslBundles> sslBundles,
			SessionExecutor sessionExecutor, CallbackBeans callbacks, AuthenticationBeans authentication,
			ObjectProvider<RateLimiter> rateLimiter, ObjectProvider<SmtpServerCustomizer> customizers) {
		SmtpServer.Builder builder = SmtpServer.builder();
		new PropertiesSmtpServerCustomizer(properties, new SmtpServerTls(sslBundles)).customize(builder);
		Executor executor = sessionExecutor.executor();
		if (executor != null) {
			builder.executor(executor);
		}
		rateLimiter.ifAvailable(builder::rateLimiter);
		callbacks.addTo(builder);
		authentication.addTo(builder, properties);
		return new ServerFactory(properties, customizers).build(builder);
	}

	@Bean
	@ConditionalOnMissingBean
	SmtpServerLifecycle smtpServerLifecycle(SmtpServer server, Environment environment) {
		Duration phase = Binder.get(environment)
			.bind("spring.lifecycle.timeout-per-shutdown-phase", Duration.class)
			.orElse(DEFAULT_SHUTDOWN_PHASE);
		return new SmtpServerLifecycle(server, SmtpServerLifecycle.graceWithin(phase));
	}

}
