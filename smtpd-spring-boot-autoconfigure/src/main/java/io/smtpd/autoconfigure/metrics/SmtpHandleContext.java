package io.smtpd.autoconfigure.metrics;

import io.micrometer.observation.Observation;
import io.smtpd.Envelope;
import io.smtpd.Peer;

/**
 * What is known when the message handlers are observed.
 */
public class SmtpHandleContext extends Observation.Context {

	private final Peer peer;

	private final Envelope envelope;

	private Outcome outcome = Outcome.UNKNOWN;

	/**
	 * Makes the context of one message.
	 * @param peer the client
	 * @param envelope the message
	 */
	public SmtpHandleContext(Peer peer, Envelope envelope) {
		this.peer = peer;
		this.envelope = envelope;
	}

	/**
	 * Returns who sent the message.
	 * @return the client
	 */
	public Peer peer() {
		return this.peer;
	}

	/**
	 * Returns the message.
	 * @return the message
	 */
	public Envelope envelope() {
		return this.envelope;
	}

	/**
	 * Returns how the handlers ended, if they have.
	 * @return the outcome
	 */
	public Outcome outcome() {
		return this.outcome;
	}

	void outcome(Outcome newOutcome) {
		this.outcome = newOutcome;
	}

	/**
	 * How the handlers ended.
	 */
	public enum Outcome {

		/** They have not yet. */
		UNKNOWN,

		/** All returned. */
		ACCEPTED,

		/** One refused the message. */
		REJECTED,

		/** One failed. */
		FAILED

	}

}
