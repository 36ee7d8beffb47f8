package io.smtpd;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells several listeners, none of which can harm the session by failing. */
final class GuardedSessionListener implements SessionListener {

	private static final Logger logger = LoggerFactory.getLogger(SessionListener.class);

	private final List<SessionListener> listeners;

	private GuardedSessionListener(List<SessionListener> listeners) {
		this.listeners = listeners;
	}

	/** A server without listeners has one that does nothing, and pays nothing. */
	static SessionListener of(List<SessionListener> listeners) {
		return listeners.isEmpty() ? new SessionListener() {
		} : new GuardedSessionListener(List.copyOf(listeners));
	}

	@Override
	public void connected(Peer peer) {
		tell((listener) -> listener.connected(peer));
	}

	@Override
	public void connectionRefused(Peer peer, Refusal refusal, SmtpReply reply, Duration elapsed) {
		tell((listener) -> listener.connectionRefused(peer, refusal, reply, elapsed));
	}

	@Override
	public void tlsHandshake(Peer peer, boolean success, Duration elapsed) {
		tell((listener) -> listener.tlsHandshake(peer, success, elapsed));
	}

	@Override
	public void authenticated(Peer peer, String mechanism, AuthOutcome outcome) {
		tell((listener) -> listener.authenticated(peer, mechanism, outcome));
	}

	@Override
	public void replied(Peer peer, String verb, SmtpReply reply, Duration elapsed) {
		tell((listener) -> listener.replied(peer, verb, reply, elapsed));
	}

	@Override
	public void messageEnded(Peer peer, Envelope envelope, MessageOutcome outcome, Duration elapsed) {
		tell((listener) -> listener.messageEnded(peer, envelope, outcome, elapsed));
	}

	@Override
	public void limitReached(Peer peer, Limit limit) {
		tell((listener) -> listener.limitReached(peer, limit));
	}

	@Override
	public void disconnected(Peer peer, SessionOutcome outcome, Duration elapsed, @Nullable Throwable cause) {
		tell((listener) -> listener.disconnected(peer, outcome, elapsed, cause));
	}

	private void tell(Consumer<SessionListener> event) {
		for (SessionListener listener : this.listeners) {
			try {
				event.accept(listener);
			}
			catch (Throwable ex) { // an Error, too, would end the session, or the
									// accepting thread
				logger.warn("A session listener failed: {}", listener.getClass().getName(), ex);
			}
		}
	}

}
