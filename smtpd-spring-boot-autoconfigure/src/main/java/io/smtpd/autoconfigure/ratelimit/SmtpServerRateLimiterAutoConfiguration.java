package io.smtpd.autoconfigure.ratelimit;

import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.smtpd.RateLimiter;
import io.smtpd.autoconfigure.SmtpServerAutoConfiguration;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * {@link AutoConfiguration Auto-configuration} of a {@link RateLimiter} in memory, where
 * Bucket4j and Caffeine are on the class path.
 */
@AutoConfiguration(before = SmtpServerAutoConfiguration.class)
@ConditionalOnClass({ RateLimiter.class, Bucket.class, Caffeine.class })
@ConditionalOnBooleanProperty(name = "smtpd.enabled", matchIfMissing = true)
public final class SmtpServerRateLimiterAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(RateLimiter.class)
	InMemoryRateLimiter smtpdRateLimiter() {
		return new InMemoryRateLimiter();
	}

}
