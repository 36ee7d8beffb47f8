package io.smtpd;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Is told what happens in the sessions of a server: the seam for metrics, events and
 * audit logs. Every method does nothing by default.
 * <p>
 * Called on the session's thread after the fact, except where a method says otherwise; an
 * exception is logged and has no effect. Must be thread-safe, and quick: the client
 * waits. No argument ever holds a password or mail data, unless a listener opens the
 * envelope's.
 */
public interface SessionListener {

	/**
	 * Tells that a client was let in and is being greeted.
	 * @param peer the client
	 */
	default void connected(Peer peer) {
	}

	/**
	 * Tells that a client was turned away instead of greeted. There was no session, so
	 * neither {@link #connected} nor {@link #disconnected} is called. A refusal over the
	 * limit is told on the listener's accepting thread.
	 * @param peer the client
	 * @param refusal why
	 * @param reply what the client was told
	 * @param elapsed since the connection was accepted
	 */
	default void connectionRefused(Peer peer, Refusal refusal, SmtpReply reply, Duration elapsed) {
	}

	/**
	 * Tells that a TLS handshake has ended.
	 * @param peer the client, with its TLS session if the handshake succeeded
	 * @param success whether it did
	 * @param elapsed how long it took
	 */
	default void tlsHandshake(Peer peer, boolean success, Duration elapsed) {
	}

	/**
	 * Tells that an attempt to authenticate has ended (RFC 4954).
	 * @param peer the client, with its principal if the attempt succeeded
	 * @param mechanism the name of a mechanism of this server, or {@code unknown}
	 * @param outcome how it ended
	 */
	default void authenticated(Peer peer, String mechanism, AuthOutcome outcome) {
	}

	/**
	 * Tells that a command was answered.
	 * @param peer the client, after the command took effect
	 * @param verb the verb in upper case when the server knows it, else {@code unknown}
	 * @param reply the final reply to the command
	 * @param elapsed since the command was read; for DATA and BDAT with the mail data
	 */
	default void replied(Peer peer, String verb, SmtpReply reply, Duration elapsed) {
	}

	/**
	 * Tells that a message has ended, that is: mail data was begun.
	 * @param peer the client
	 * @param envelope the message; its mail data may be gone already
	 * @param outcome how it ended
	 * @param elapsed from DATA to the reply
	 */
	default void messageEnded(Peer peer, Envelope envelope, MessageOutcome outcome, Duration elapsed) {
	}

	/**
	 * Tells that a client hit a limit.
	 * @param peer the client
	 * @param limit which one
	 */
	default void limitReached(Peer peer, Limit limit) {
	}

	/**
	 * Tells that a session has ended; once for each {@link #connected}.
	 * @param peer the client, as last known
	 * @param outcome how it ended
	 * @param elapsed since the connection was accepted
	 * @param cause what broke it, or null
	 */
	default void disconnected(Peer peer, SessionOutcome outcome, Duration elapsed, @Nullable Throwable cause) {
	}

	/**
	 * Why a client was turned away.
	 */
	enum Refusal {

		/** A {@link ConnectionChecker} said no, or failed. */
		CHECKER,

		/** It did not come through a trusted proxy, or without a PROXY header. */
		PROXY,

		/** It talked before it was greeted. */
		EARLY_TALKER,

		/** There were too many connections, in all or from its address. */
		LIMIT

	}

	/**
	 * How an attempt to authenticate ended.
	 */
	enum AuthOutcome {

		/** The client is who it says. */
		SUCCESS,

		/** The client is not, or gave up, or did not speak the mechanism. */
		FAILURE,

		/** It could not be decided (454). */
		ERROR

	}

	/**
	 * How a message ended.
	 */
	enum MessageOutcome {

		/** The client got its 250. */
		ACCEPTED,

		/** The server or a handler refused it. */
		REJECTED,

		/** A handler failed, or there was no room. */
		FAILED,

		/** The session ended before the mail data did. */
		ABORTED

	}

	/**
	 * How a session ended.
	 */
	enum SessionOutcome {

		/** The client said QUIT. */
		QUIT,

		/** The client was too slow (421 4.4.2). */
		TIMEOUT,

		/** The connection was closed or broke without QUIT. */
		LOST,

		/**
		 * The server had enough of the client: a limit, a policy or a broken handshake.
		 */
		REFUSED,

		/** The server was stopped, or the session was closed by the application. */
		SHUTDOWN,

		/** The server failed. */
		ERROR

	}

	/**
	 * A limit that a client can hit; named as the property that sets it.
	 */
	enum Limit {

		/** Too many connections to the server. */
		MAX_CONNECTIONS("max-connections"),

		/** A message was too large. */
		MAX_MESSAGE_SIZE("max-message-size"),

		/** A transaction had too many recipients. */
		MAX_RECIPIENTS("max-recipients"),

		/** A session had too many refused or unknown commands. */
		MAX_ERRORS("max-errors"),

		/** A session had too many commands that lead to no message. */
		MAX_JUNK_COMMANDS("max-junk-commands"),

		/** A session had too many failed attempts to authenticate. */
		MAX_AUTH_FAILURES("max-auth-failures"),

		/** An address had too many connections at once. */
		MAX_CONNECTIONS_PER_ADDRESS("max-connections-per-address"),

		/** An address opened connections too often. */
		CONNECTION_RATE("connection-rate"),

		/** An address began transactions too often. */
		MESSAGE_RATE("message-rate"),

		/** An address failed to authenticate too often. */
		AUTH_FAILURE_RATE("auth-failure-rate"),

		/** A session delivered enough messages. */
		MAX_MESSAGES_PER_SESSION("max-messages-per-session"),

		/** A session lasted long enough. */
		MAX_SESSION_DURATION("max-session-duration"),

		/** Mail data came too slowly. */
		MIN_DATA_RATE("min-data-rate"),

		/** A client talked before it was greeted. */
		GREET_DELAY("greet-delay"),

		/** A client spoke another protocol, HTTP most likely. */
		FOREIGN_PROTOCOL("foreign-protocol"),

		/** The spool was full. */
		SPOOL_MAX_SIZE("spool-max-size");

		private final String propertyName;

		Limit(String propertyName) {
			this.propertyName = propertyName;
		}

		/**
		 * Returns the name of the property that sets the limit.
		 * @return the name in kebab case, such as {@code max-errors}
		 */
		public String propertyName() {
			return this.propertyName;
		}

	}

}
