package io.smtpd;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The least speed of mail data, without waiting for a minute. */
class PaceTests {

	/** Any moment will do, also one after which the clock overflows. */
	private static final long START = Long.MAX_VALUE - Duration.ofSeconds(30).toNanos();

	private final Pace pace = new Pace(START);

	@Test
	void nothingIsSaidBeforeAMinute() {
		assertThat(this.pace.isTooSlow(after(0), 500)).isFalse();
		assertThat(this.pace.isTooSlow(after(59), 500)).isFalse();
	}

	@Test
	void enoughIsTheRateTimesTheTime() {
		this.pace.add(500 * 60);
		assertThat(this.pace.isTooSlow(after(60), 500)).isFalse();
		this.pace.add(500 * 60 - 1);
		assertThat(this.pace.isTooSlow(after(120), 500)).isTrue();
	}

	/** What came before does not help later. */
	@Test
	void eachMinuteCountsForItself() {
		this.pace.add(10_000_000);
		assertThat(this.pace.isTooSlow(after(61), 500)).isFalse();
		assertThat(this.pace.isTooSlow(after(120), 500)).as("a window that is not over").isFalse();
		this.pace.add(100);
		assertThat(this.pace.isTooSlow(after(121), 500)).isTrue();
	}

	@Test
	void longerPauseNeedsMore() {
		this.pace.add(500 * 60);
		assertThat(this.pace.isTooSlow(after(90), 500)).isTrue();
	}

	@Test
	void noLimitIsNoLimit() {
		assertThat(this.pace.isTooSlow(after(600), -1)).isFalse();
	}

	@Test
	void largestRateDoesNotOverflow() {
		this.pace.add(Integer.MAX_VALUE);
		assertThat(this.pace.isTooSlow(after(60), Integer.MAX_VALUE)).isTrue();
	}

	private static long after(int seconds) {
		return START + Duration.ofSeconds(seconds).toNanos();
	}

}
