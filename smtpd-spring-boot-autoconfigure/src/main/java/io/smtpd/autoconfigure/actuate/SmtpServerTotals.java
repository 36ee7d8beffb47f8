package io.smtpd.autoconfigure.actuate;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

import io.smtpd.Envelope;
import io.smtpd.Peer;
import io.smtpd.SessionListener;
import io.smtpd.SmtpReply;

/**
 * Counts what the server did since it was built, for the endpoint of an application that
 * has no meter registry, too. Thread-safe.
 */
public class SmtpServerTotals implements SessionListener {

	private final LongAdder accepted = new LongAdder();

	private final LongAdder refused = new LongAdder();

	private final Map<MessageOutcome, LongAdder> messages = new LinkedHashMap<>();

	private final LongAdder octets = new LongAdder();

	/**
	 * Begins at zero.
	 */
	public SmtpServerTotals() {
		for (MessageOutcome outcome : MessageOutcome.values()) {
			this.messages.put(outcome, new LongAdder());
		}
	}

	@Override
	public void connected(Peer peer) {
		this.accepted.increment();
	}

	@Override
	public void connectionRefused(Peer peer, Refusal refusal, SmtpReply reply, Duration elapsed) {
		this.refused.increment();
	}

	@Override
	public void messageEnded(Peer peer, Envelope envelope, MessageOutcome outcome, Duration elapsed) {
		LongAdder count = this.messages.get(outcome);
		if (count != null) {
			count.increment();
		}
		if (outcome == MessageOutcome.ACCEPTED) {
			this.octets.add(envelope.size());
		}
	}

	/**
	 * Returns the totals as they are now.
	 * @return the totals
	 */
	public Totals totals() {
		return new Totals(this.accepted.sum(), this.refused.sum(), count(MessageOutcome.ACCEPTED),
				count(MessageOutcome.REJECTED), count(MessageOutcome.FAILED), count(MessageOutcome.ABORTED),
				this.octets.sum());
	}

	private long count(MessageOutcome outcome) {
		LongAdder count = this.messages.get(outcome);
		return (count != null) ? count.sum() : 0;
	}

	/**
	 * Totals since the server was built.
	 *
	 * @param connectionsAccepted connections that were greeted
	 * @param connectionsRefused connections that were turned away
	 * @param messagesAccepted messages that got their 250
	 * @param messagesRejected messages that the server or a handler refused
	 * @param messagesFailed messages that a handler failed on, or for which there was no
	 * room
	 * @param messagesAborted messages whose data never ended
	 * @param octetsAccepted octets of the accepted messages, as the handlers got them
	 */
	public record Totals(long connectionsAccepted, long connectionsRefused, long messagesAccepted,
			long messagesRejected, long messagesFailed, long messagesAborted, long octetsAccepted) {

	}

}
