package io.smtpd;

import io.smtpd.SessionListener.Limit;

/**
 * Keeps the rates of {@link SmtpLimits}: how often something may happen in a minute. An
 * implementation may keep them in memory, or in a store that several servers share.
 * Called on the sessions' threads; must be thread-safe, and quick.
 */
@FunctionalInterface
public interface RateLimiter {

	/**
	 * Counts one more event, if there may be one.
	 * @param limit which rate: {@link Limit#CONNECTION_RATE}, {@link Limit#MESSAGE_RATE}
	 * or {@link Limit#AUTH_FAILURE_RATE}
	 * @param client the client's address, an IPv6 address as its /64 network
	 * @param perMinute how many events there may be in a minute
	 * @return whether this one is within the rate
	 */
	boolean tryAcquire(Limit limit, String client, int perMinute);

}
