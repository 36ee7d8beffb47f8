package io.smtpd.autoconfigure.verify;

import java.time.Instant;

/**
 * Remembers what {@link Greylist} has seen. {@link InMemoryGreylistStore} does until the
 * application ends; another one may do it in a database, common to several servers. Must
 * be thread-safe.
 */
public interface GreylistStore {

	/**
	 * Returns when a triplet was seen first. When it is not known, or what is known has
	 * expired, it is remembered as seen now; of two calls at once one remembers.
	 * @param triplet identifies network, sender and recipient; up to 600 characters
	 * @param now the time of this attempt
	 * @param expiry until when it is remembered if it is new
	 * @return the time of the first attempt, {@code now} for a new one
	 */
	Instant firstAttempt(String triplet, Instant now, Instant expiry);

	/**
	 * Remembers for longer that a triplet has passed.
	 * @param triplet the triplet
	 * @param expiry until when it is remembered
	 */
	void passed(String triplet, Instant expiry);

}
