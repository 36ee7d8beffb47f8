package io.smtpd.autoconfigure.ratelimit;

import java.time.Duration;

import io.github.bucket4j.TimeMeter;
import io.smtpd.SessionListener.Limit;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class InMemoryRateLimiterTests {

	private final Clock clock = new Clock();

	private final InMemoryRateLimiter limiter = new InMemoryRateLimiter(this.clock, 1000);

	@Test
	void asManyEventsAsTheRateArePossibleAtOnceAndNoMore() {
		for (int i = 0; i < 5; i++) {
			assertThat(acquire(Limit.MESSAGE_RATE, "192.0.2.1", 5)).isTrue();
		}
		assertThat(acquire(Limit.MESSAGE_RATE, "192.0.2.1", 5)).isFalse();
	}

	@Test
	void eventsBecomePossibleAgainLittleByLittle() {
		exhaust("192.0.2.1", 6);
		this.clock.pass(Duration.ofSeconds(9));
		assertThat(acquire(Limit.MESSAGE_RATE, "192.0.2.1", 6)).isFalse();
		this.clock.pass(Duration.ofSeconds(1));
		assertThat(acquire(Limit.MESSAGE_RATE, "192.0.2.1", 6)).isTrue();
		assertThat(acquire(Limit.MESSAGE_RATE, "192.0.2.1", 6)).isFalse();
	}

	@Test
	void anotherClientAndAnotherRateHaveBucketsOfTheirOwn() {
		exhaust("192.0.2.1", 1);
		assertThat(acquire(Limit.MESSAGE_RATE, "192.0.2.2", 1)).isTrue();
		assertThat(acquire(Limit.CONNECTION_RATE, "192.0.2.1", 1)).isTrue();
	}

	@Test
	void changedRateHoldsAtOnce() {
		exhaust("192.0.2.1", 1);
		assertThat(acquire(Limit.MESSAGE_RATE, "192.0.2.1", 2)).isTrue();
	}

	/** A refused client that keeps trying must not be forgotten for it. */
	@Test
	void clientThatKeepsTryingStaysWithinTheRate() {
		exhaust("192.0.2.1", 2);
		int accepted = 0;
		for (int second = 0; second < 600; second++) {
			this.clock.pass(Duration.ofSeconds(1));
			accepted += acquire(Limit.MESSAGE_RATE, "192.0.2.1", 2) ? 1 : 0;
		}
		assertThat(accepted).isEqualTo(20);
	}

	@Test
	void memoryIsBounded() {
		for (int i = 0; i < 20_000; i++) {
			acquire(Limit.CONNECTION_RATE, "client " + i, 1);
		}
		assertThat(this.limiter.size()).isLessThanOrEqualTo(1000);
	}

	@Test
	void clientsThatHaveGoneAreForgotten() {
		for (int i = 0; i < 100; i++) {
			acquire(Limit.CONNECTION_RATE, "client " + i, 1);
		}
		this.clock.pass(Duration.ofSeconds(61));
		assertThat(this.limiter.size()).isZero();
	}

	private void exhaust(String client, int perMinute) {
		while (acquire(Limit.MESSAGE_RATE, client, perMinute)) {
			this.clock.pass(Duration.ZERO);
		}
	}

	private boolean acquire(Limit limit, String client, int perMinute) {
		return this.limiter.tryAcquire(limit, client, perMinute);
	}

	private static final class Clock implements TimeMeter {

		private long nanos = 1;

		void pass(Duration time) {
			this.nanos += time.toNanos();
		}

		@Override
		public long currentTimeNanos() {
			return this.nanos;
		}

		@Override
		public boolean isWallClockBased() {
			return false;
		}

	}

}
