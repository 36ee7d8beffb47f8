package io.smtpd.autoconfigure.event;

import java.time.Duration;

import io.smtpd.Envelope;
import io.smtpd.Envelope.Recipient;
import io.smtpd.Peer;
import io.smtpd.SessionListener;
import io.smtpd.SmtpReply;

import org.springframework.context.ApplicationEventPublisher;

/**
 * Publishes application events for the rarer of a session's events: what is refused,
 * never what goes well, so a server under load pays nothing for it.
 */
public class EventPublishingSessionListener implements SessionListener {

	private final ApplicationEventPublisher publisher;

	/**
	 * Makes the listener.
	 * @param publisher where events go to
	 */
	public EventPublishingSessionListener(ApplicationEventPublisher publisher) {
		this.publisher = publisher;
	}

	@Override
	public void connectionRefused(Peer peer, Refusal refusal, SmtpReply reply, Duration elapsed) {
		this.publisher.publishEvent(new SmtpConnectionRefusedEvent(peer, refusal, reply));
	}

	@Override
	public void limitReached(Peer peer, Limit limit) {
		this.publisher.publishEvent(new SmtpLimitReachedEvent(peer, limit));
	}

	@Override
	public void authenticated(Peer peer, String mechanism, AuthOutcome outcome) {
		if (outcome != AuthOutcome.SUCCESS) {
			this.publisher
				.publishEvent(new SmtpAuthenticationFailedEvent(peer, mechanism, outcome == AuthOutcome.ERROR));
		}
	}

	@Override
	public void messageEnded(Peer peer, Envelope envelope, MessageOutcome outcome, Duration elapsed) {
		if (outcome != MessageOutcome.ACCEPTED) {
			this.publisher.publishEvent(new SmtpMessageRefusedEvent(peer, envelope.id(), envelope.reversePath(),
					envelope.recipients().stream().map(Recipient::forwardPath).toList(), outcome));
		}
	}

}
