package io.smtpd.autoconfigure.ratelimit;

import java.time.Duration;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import io.smtpd.RateLimiter;
import io.smtpd.SessionListener.Limit;

/**
 * {@link RateLimiter} of this server alone. Each client has a bucket for each rate, which
 * holds as many events as there may be in a minute and fills up steadily. The buckets of
 * the 100 000 clients that were seen last are kept, so memory is bounded (some 30 MB); a
 * client that is forgotten begins with a full bucket. Thread-safe.
 */
public final class InMemoryRateLimiter implements RateLimiter {

	private static final int MOST_BUCKETS = 100_000;

	private static final Duration MINUTE = Duration.ofMinutes(1);

	private final Cache<Key, Bucket> buckets;

	private final TimeMeter clock;

	/**
	 * Makes a rate limiter that has seen nobody yet.
	 */
	public InMemoryRateLimiter() {
		this(TimeMeter.SYSTEM_NANOTIME, MOST_BUCKETS);
	}

	InMemoryRateLimiter(TimeMeter clock, int mostBuckets) {
		this.clock = clock;
		this.buckets = Caffeine.newBuilder()
			.maximumSize(mostBuckets)
			.expireAfterAccess(MINUTE) // a bucket is full by then
			.ticker(clock::currentTimeNanos)
			.executor(Runnable::run)
			.build();
	}

	@Override
	public boolean tryAcquire(Limit limit, String client, int perMinute) {
		return this.buckets.get(new Key(limit, client, perMinute), this::newBucket).tryConsume(1);
	}

	/** How many buckets there are now, about. */
	long size() {
		this.buckets.cleanUp();
		return this.buckets.estimatedSize();
	}

	private Bucket newBucket(Key key) {
		return Bucket.builder()
			.addLimit((bandwidth) -> bandwidth.capacity(key.perMinute()).refillGreedy(key.perMinute(), MINUTE))
			.withCustomTimePrecision(this.clock)
			.build();
	}

	/** A rate that is changed begins anew. */
	private record Key(Limit limit, String client, int perMinute) {

	}

}
