package io.smtpd;

import java.time.Duration;

/**
 * How fast mail data comes: a drip that keeps every deadline still holds a session for
 * next to nothing. Looked at once in a minute, so that a pause is no offence.
 */
final class Pace {

	private static final long WINDOW_NANOS = Duration.ofMinutes(1).toNanos();

	private long windowStart;

	private long octets;

	/**
	 * Begins.
	 * @param now as {@link System#nanoTime()}
	 */
	Pace(long now) {
		this.windowStart = now;
	}

	void add(int count) {
		this.octets += count;
	}

	/**
	 * Tells whether too little came since the last look that counted.
	 * @param now as {@link System#nanoTime()}
	 * @param leastPerSecond octets in a second, or -1
	 */
	boolean isTooSlow(long now, int leastPerSecond) {
		long elapsed = now - this.windowStart;
		if (elapsed < WINDOW_NANOS) {
			return false;
		}
		boolean tooSlow = leastPerSecond >= 0 && this.octets < leastPerSecond * Duration.ofNanos(elapsed).toSeconds();
		this.windowStart = now;
		this.octets = 0;
		return tooSlow;
	}

}
