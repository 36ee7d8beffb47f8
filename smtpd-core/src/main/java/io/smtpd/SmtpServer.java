package io.smtpd;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

import io.smtpd.Peer.Protocol;
import org.jspecify.annotations.Nullable;

/**
 * An SMTP server (RFC 5321). Built once, started and stopped as often as needed;
 * thread-safe.
 * <p>
 * Each listener has an accepting thread that keeps the JVM alive; each session runs on
 * the executor, by default the first few on pooled platform threads and those beyond on
 * virtual threads where the JDK has them.
 *
 * <pre>{@code
 * try (SmtpServer server = SmtpServer.builder()
 *         .hostname("mx.example.org")
 *         .listener(SmtpServer.Listener.of(25))
 *         .messageHandler((peer, envelope) -> store.save(envelope.id(), envelope.mailData()))
 *         .build()) {
 *     server.start();
 *     …
 * }
 * }</pre>
 */
public final class SmtpServer implements AutoCloseable {

	private final Settings settings;

	private final Sessions sessions;

	private final AddressLimits addressLimits;

	private final ReentrantLock lifecycle = new ReentrantLock();

	private volatile Map<String, Acceptor> acceptors = Map.of();

	private volatile boolean paused;

	private @Nullable Spool spool;

	private @Nullable Watchdog watchdog;

	SmtpServer(Settings settings) {
		this.settings = settings;
		this.sessions = new Sessions(settings.maxConnections());
		this.addressLimits = new AddressLimits(settings.limits(), settings.rateLimiter());
	}

	/**
	 * Begins a server's configuration.
	 * @return a builder in which every option has its default
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * Binds all listeners and accepts connections. Does nothing on a running server.
	 * @return this server
	 * @throws SmtpBindException when a listener cannot be bound; none is then
	 * @throws IOException when the spool directory cannot be used
	 */
	public SmtpServer start() throws IOException {
		this.lifecycle.lock();
		try {
			if (!this.acceptors.isEmpty()) {
				return this;
			}
			Map<String, Acceptor> bound = new LinkedHashMap<>();
			try {
				Spool newSpool = Spool.open(this.settings.spoolDirectory(), this.settings.spoolMemoryThreshold(),
						this.settings.spoolMaxSize());
				this.spool = newSpool;
				Watchdog newWatchdog = new Watchdog(this.sessions, this.settings.shortestTimeout());
				Engine engine = new Engine(this.settings, this.sessions, newSpool, newWatchdog, new BufferPool(),
						new TraceLine(this.settings.hostname()), this.addressLimits);
				for (Listener listener : this.settings.listeners()) {
					bound.put(listener.name(), Acceptor.bind(engine, listener));
				}
				this.sessions.open();
				newWatchdog.start();
				this.watchdog = newWatchdog;
			}
			catch (IOException | RuntimeException ex) {
				bound.values().forEach(Acceptor::close);
				closeSpool();
				throw ex;
			}
			this.paused = false;
			this.acceptors = bound;
			bound.values().forEach(Acceptor::start);
			return this;
		}
		finally {
			this.lifecycle.unlock();
		}
	}

	/**
	 * Stops gracefully: the listeners close, sessions that wait for a command get
	 * {@code 421} at once, transactions under way may finish. What is left after the
	 * grace period is closed with {@code 421}, and a callback that still runs is
	 * interrupted. Does nothing on a server that is not running.
	 * @param grace how long transactions may go on
	 * @return whether every session ended within the grace period
	 */
	public boolean stop(Duration grace) {
		this.lifecycle.lock();
		try {
			if (this.acceptors.isEmpty()) {
				return true;
			}
			this.sessions.beginDrain();
			this.acceptors.values().forEach(Acceptor::close);
			boolean finished = this.sessions.drain(grace);
			this.acceptors = Map.of();
			if (this.watchdog != null) {
				this.watchdog.close();
				this.watchdog = null;
			}
			closeSpool();
			return finished;
		}
		finally {
			this.lifecycle.unlock();
		}
	}

	/**
	 * Stops accepting connections without stopping the server: the listeners are closed,
	 * so that clients and balancers turn elsewhere at once; sessions go on. Does nothing
	 * on a server that is not running or paused already.
	 */
	public void pause() {
		this.lifecycle.lock();
		try {
			this.paused = isRunning();
			this.acceptors.values().forEach(Acceptor::close);
		}
		finally {
			this.lifecycle.unlock();
		}
	}

	/**
	 * Accepts connections again, on the same addresses and ports. Does nothing on a
	 * server that is not paused.
	 * @throws SmtpBindException when a listener cannot be bound any more, or used a
	 * socket that it was given; the others are accepting then
	 */
	public void resume() throws SmtpBindException {
		this.lifecycle.lock();
		try {
			this.paused = false;
			Map<String, Acceptor> current = new LinkedHashMap<>(this.acceptors);
			for (Map.Entry<String, Acceptor> entry : current.entrySet()) {
				if (!entry.getValue().accepting()) {
					Acceptor again = entry.getValue().bindAgain();
					entry.setValue(again);
					this.acceptors = new LinkedHashMap<>(current);
					again.start();
				}
			}
		}
		finally {
			this.lifecycle.unlock();
		}
	}

	private void closeSpool() {
		if (this.spool != null) {
			this.spool.close();
			this.spool = null;
		}
	}

	/**
	 * Stops without a grace period; cuts short the one of a stop that is under way. May
	 * be called any number of times.
	 */
	@Override
	public void close() {
		if (isStopping()) {
			this.sessions.abortAll();
		}
		stop(Duration.ZERO);
	}

	/**
	 * Tells whether the server was started and not yet stopped.
	 * @return whether there are listeners
	 */
	public boolean isRunning() {
		return !this.acceptors.isEmpty();
	}

	/**
	 * Tells whether the server runs but was told to accept no connections.
	 * @return whether it is paused
	 */
	public boolean isPaused() {
		return this.paused && isRunning();
	}

	/**
	 * Tells whether the server is stopping: it accepts no more and waits for sessions.
	 * @return whether a graceful stop is under way
	 */
	public boolean isStopping() {
		return isRunning() && this.sessions.draining();
	}

	/**
	 * Returns the names of the configured listeners.
	 * @return the names, in their order, whether the server runs or not
	 */
	public List<String> listeners() {
		return this.settings.listeners().stream().map(Listener::name).toList();
	}

	/**
	 * Tells whether a listener accepts connections now.
	 * @param listener the listener's name
	 * @return whether it is bound and its thread alive
	 */
	public boolean isAccepting(String listener) {
		Acceptor acceptor = this.acceptors.get(listener);
		return acceptor != null && acceptor.accepting();
	}

	/**
	 * Returns where a listener can be reached, with the port that the system chose when 0
	 * was asked for.
	 * @param listener the listener's name
	 * @return address and port
	 * @throws IllegalStateException when the server is not running
	 * @throws IllegalArgumentException when there is no such listener
	 */
	public InetSocketAddress localAddress(String listener) {
		Map<String, Acceptor> current = this.acceptors;
		if (current.isEmpty()) {
			throw new IllegalStateException("The server is not running");
		}
		Acceptor acceptor = current.get(listener);
		if (acceptor == null) {
			throw new IllegalArgumentException("No listener '" + listener + "'; there are " + current.keySet());
		}
		return acceptor.localAddress();
	}

	/**
	 * Returns where the first listener can be reached.
	 * @return address and port
	 * @throws IllegalStateException when the server is not running
	 */
	public InetSocketAddress localAddress() {
		return localAddress(this.settings.listeners().get(0).name());
	}

	/**
	 * Returns how many connections may be open at once, over all listeners.
	 * @return the limit, or -1
	 */
	public int maxConnections() {
		return this.sessions.maxConnections();
	}

	/**
	 * Changes how many connections may be open at once, while the server runs. Those that
	 * are open stay.
	 * @param limit at least 1, or -1
	 * @throws IllegalArgumentException when the limit is neither
	 */
	public void maxConnections(int limit) {
		Settings.checkLimit("maxConnections", limit);
		this.sessions.maxConnections(limit);
	}

	/**
	 * Returns the limits that hold now.
	 * @return the limits
	 */
	public SmtpLimits limits() {
		return this.addressLimits.limits();
	}

	/**
	 * Changes the limits while the server runs, for sessions under way too.
	 * @param limits the new limits
	 * @throws IllegalArgumentException when there is a rate but no {@link RateLimiter}
	 */
	public void limits(SmtpLimits limits) {
		Settings.checkRates(limits, this.settings.rateLimiter());
		this.addressLimits.limits(limits);
	}

	/**
	 * Returns how many connections a listener has now.
	 * @param listener the listener's name
	 * @return the number of sessions that it accepted and that have not ended
	 */
	public int activeConnections(String listener) {
		return this.sessions.count(listener);
	}

	/**
	 * Returns the live sessions.
	 * @return a snapshot, in no order
	 */
	public List<SessionInfo> sessions() {
		return this.sessions.snapshot();
	}

	/**
	 * Closes a session with {@code 421}.
	 * @param sessionId the session's id
	 * @return whether there was such a session
	 */
	public boolean closeSession(String sessionId) {
		return this.sessions.close(sessionId);
	}

	/**
	 * A live session.
	 *
	 * @param peer the client
	 * @param phase what the session is doing
	 * @param connectedAt when the connection was accepted
	 * @param activeAt when something was last read from it
	 * @param messages how many messages were accepted from it
	 * @param octets how many octets were read from it, mail data and commands
	 */
	public record SessionInfo(Peer peer, Phase phase, Instant connectedAt, Instant activeAt, long messages,
			long octets) {

	}

	/**
	 * What a session is doing.
	 */
	public enum Phase {

		/** It has not been greeted yet. */
		CONNECTING,

		/** It is between transactions. */
		IDLE,

		/** It has a transaction: MAIL was accepted. */
		TRANSACTION,

		/** It is sending mail data. */
		DATA,

		/** Its message is with the handlers. */
		HANDLING

	}

	/**
	 * Where connections are accepted, and how. Immutable; each method with an argument
	 * makes a changed copy.
	 *
	 * @param name the name in logs, metrics and {@link Peer#listener()}
	 * @param address the address to bind to; port 0 lets the system choose
	 * @param serverSocket a bound socket to use instead, or null; it belongs to the
	 * server from then on and cannot be started again after a stop
	 * @param tls what the listener does about TLS
	 * @param protocol {@link Protocol#LMTP} for LMTP (RFC 2033), anything else for SMTP
	 * @param authRequired whether MAIL needs authentication first ({@code 530 5.7.0})
	 * @param proxies which addresses must and may begin with a PROXY header, or null when
	 * there is no proxy in front
	 */
	public record Listener(String name, InetSocketAddress address, @Nullable ServerSocket serverSocket, TlsPolicy tls,
			Protocol protocol, boolean authRequired, @Nullable Predicate<InetAddress> proxies) {

		/** The name of a listener that was not given one. */
		public static final String DEFAULT_NAME = "default";

		/**
		 * Checks that nothing but the socket and the proxies is null.
		 */
		public Listener {
			Objects.requireNonNull(name, "name");
			Objects.requireNonNull(address, "address");
			Objects.requireNonNull(tls, "tls");
			Objects.requireNonNull(protocol, "protocol");
		}

		/**
		 * Listens on all interfaces, in clear text.
		 * @param port the port, or 0 for any free one
		 * @return the listener, called {@value #DEFAULT_NAME}
		 */
		public static Listener of(int port) {
			return of(new InetSocketAddress(port));
		}

		/**
		 * Listens on one address, in clear text.
		 * @param address the address, and the port or 0 for any free one
		 * @return the listener, called {@value #DEFAULT_NAME}
		 */
		public static Listener of(InetSocketAddress address) {
			return new Listener(DEFAULT_NAME, address, null, TlsPolicy.none(), Protocol.SMTP, false, null);
		}

		/**
		 * Uses a socket that is bound already, for example one inherited from a super
		 * server.
		 * @param serverSocket the bound socket
		 * @return the listener, called {@value #DEFAULT_NAME}
		 */
		public static Listener of(ServerSocket serverSocket) {
			return new Listener(DEFAULT_NAME, (InetSocketAddress) serverSocket.getLocalSocketAddress(), serverSocket,
					TlsPolicy.none(), Protocol.SMTP, false, null);
		}

		/**
		 * Gives the listener a name.
		 * @param newName the name, unique in the server
		 * @return the changed copy
		 */
		public Listener named(String newName) {
			return new Listener(newName, this.address, this.serverSocket, this.tls, this.protocol, this.authRequired,
					this.proxies);
		}

		/**
		 * Changes what the listener does about TLS.
		 * @param policy the policy
		 * @return the changed copy
		 */
		public Listener tls(TlsPolicy policy) {
			return new Listener(this.name, this.address, this.serverSocket, policy, this.protocol, this.authRequired,
					this.proxies);
		}

		/**
		 * Speaks LMTP (RFC 2033) instead of SMTP: LHLO, and a reply for each recipient.
		 * @return the changed copy
		 */
		public Listener lmtp() {
			return new Listener(this.name, this.address, this.serverSocket, this.tls, Protocol.LMTP, this.authRequired,
					this.proxies);
		}

		/**
		 * Sets whether MAIL needs authentication first.
		 * @param required whether it does; also when {@link Builder#authRequired} is set
		 * @return the changed copy
		 */
		public Listener authRequired(boolean required) {
			return new Listener(this.name, this.address, this.serverSocket, this.tls, this.protocol, required,
					this.proxies);
		}

		/**
		 * Expects every connection to begin with a PROXY header, version 1 or 2. A
		 * connection from another address, or without the header, is refused.
		 * @param trusted tells whether an address is a proxy's
		 * @return the changed copy
		 */
		public Listener proxyProtocol(Predicate<InetAddress> trusted) {
			return new Listener(this.name, this.address, this.serverSocket, this.tls, this.protocol, this.authRequired,
					trusted);
		}

	}

	/**
	 * Configures a server. Every option has a default; numbers of -1 lift a limit. Not
	 * thread-safe.
	 */
	public static final class Builder {

		private final Settings.Draft draft = new Settings.Draft();

		private Builder() {
		}

		/**
		 * Sets the name in the greeting, the reply to EHLO and the trace line.
		 * @param hostname a domain or an address literal; {@code localhost.localdomain}
		 * unless set
		 * @return this builder
		 */
		public Builder hostname(String hostname) {
			this.draft.hostname = hostname;
			return this;
		}

		/**
		 * Sets the text of the greeting (RFC 5321 §4.2, {@code 220}).
		 * @param welcomeMessage the text; {@code <hostname> ESMTP ready.} unless set
		 * @return this builder
		 */
		public Builder welcomeMessage(String welcomeMessage) {
			this.draft.welcomeMessage = welcomeMessage;
			return this;
		}

		/**
		 * Adds a listener.
		 * @param listener the listener; without any, there is one on port 2525 of all
		 * interfaces
		 * @return this builder
		 */
		public Builder listener(Listener listener) {
			this.draft.listeners.add(listener);
			return this;
		}

		/**
		 * Sets how long a client may take for a whole command line, or the next octets of
		 * mail data, before {@code 421 4.4.2}. RFC 5321 §4.5.3.2 recommends five minutes.
		 * @param timeout more than zero; 60 seconds unless set
		 * @return this builder
		 */
		public Builder readTimeout(Duration timeout) {
			this.draft.readTimeout = timeout;
			return this;
		}

		/**
		 * Sets how long one write may be blocked by a client that does not read.
		 * @param timeout more than zero; 60 seconds unless set
		 * @return this builder
		 */
		public Builder writeTimeout(Duration timeout) {
			this.draft.writeTimeout = timeout;
			return this;
		}

		/**
		 * Sets how long a client may take for the whole of one message's data, before
		 * {@code 421 4.4.2}.
		 * @param timeout more than zero; 5 minutes unless set
		 * @return this builder
		 */
		public Builder dataTimeout(Duration timeout) {
			this.draft.dataTimeout = timeout;
			return this;
		}

		/**
		 * Sets how many connections may be open at once, over all listeners; the next
		 * client gets {@code 421 4.3.2}.
		 * @param limit at least 1, or -1; 100 unless set
		 * @return this builder
		 */
		public Builder maxConnections(int limit) {
			this.draft.maxConnections = limit;
			return this;
		}

		/**
		 * Sets how large a message may be (RFC 1870); a larger one gets
		 * {@code 552 5.3.4}.
		 * @param octets at least 1, or -1; 10 240 000 unless set
		 * @return this builder
		 */
		public Builder maxMessageSize(long octets) {
			this.draft.maxMessageSize = octets;
			return this;
		}

		/**
		 * Sets how many recipients a transaction may have (RFC 9422); the next gets
		 * {@code 452 4.5.3}. RFC 5321 §4.5.3.1.8 asks for at least 100.
		 * @param limit at least 1, or -1; 100 unless set
		 * @return this builder
		 */
		public Builder maxRecipients(int limit) {
			this.draft.maxRecipients = limit;
			return this;
		}

		/**
		 * Sets whether the trace line (RFC 5321 §4.4) is put on top of the mail data
		 * before the handlers see it.
		 * @param enabled whether to add it; it is unless told otherwise
		 * @return this builder
		 */
		public Builder receivedHeader(boolean enabled) {
			this.draft.receivedHeader = enabled;
			return this;
		}

		/**
		 * Sets what becomes of mail data with a bare CR or LF.
		 * @param treatment refused unless set
		 * @return this builder
		 */
		public Builder bareLineEndings(BareLineEndings treatment) {
			this.draft.bareLineEndings = treatment;
			return this;
		}

		/**
		 * Sets how much of a message's data is held in memory; the rest goes to a file.
		 * @param octets 0 or more; 256 KiB unless set
		 * @return this builder
		 */
		public Builder spoolMemoryThreshold(long octets) {
			this.draft.spoolMemoryThreshold = octets;
			return this;
		}

		/**
		 * Sets the directory in which the server makes a private sub-directory for large
		 * messages.
		 * @param directory the directory; the system's temporary directory unless set
		 * @return this builder
		 */
		public Builder spoolDirectory(Path directory) {
			this.draft.spoolDirectory = directory;
			return this;
		}

		/**
		 * Sets what sessions run on. Each one occupies a thread until it ends. Unless
		 * set, the first 32 at once run on pooled platform threads, which are quicker for
		 * a few sessions, and those beyond on virtual threads (on pooled platform
		 * threads, too, before Java 21).
		 * @param executor the executor; it is not shut down with the server. When it
		 * rejects a session, the client gets {@code 421 4.3.2}
		 * @return this builder
		 */
		public Builder executor(Executor executor) {
			this.draft.executor = executor;
			return this;
		}

		/**
		 * Sets how much a client may try the server's patience.
		 * @param limits the limits; {@link SmtpLimits#defaults()} unless set
		 * @return this builder
		 */
		public Builder limits(SmtpLimits limits) {
			this.draft.limits = limits;
			return this;
		}

		/**
		 * Sets who keeps the rates of {@link SmtpLimits}; needed when one is set.
		 * @param rateLimiter the rate limiter
		 * @return this builder
		 */
		public Builder rateLimiter(RateLimiter rateLimiter) {
			this.draft.rateLimiter = rateLimiter;
			return this;
		}

		/**
		 * Sets how long a client waits for the greeting. One that talks first is no mail
		 * server and gets {@code 554 5.5.0}.
		 * @param delay zero or more; zero unless set
		 * @return this builder
		 */
		public Builder greetDelay(Duration delay) {
			this.draft.greetDelay = delay;
			return this;
		}

		/**
		 * Sets how much mail data may lie in spool files at once, over all sessions; a
		 * message that has no room gets {@code 452 4.3.1}.
		 * @param octets at least 1, or -1; -1 unless set
		 * @return this builder
		 */
		public Builder spoolMaxSize(long octets) {
			this.draft.spoolMaxSize = octets;
			return this;
		}

		/**
		 * Adds a listener for events.
		 * @param listener the listener
		 * @return this builder
		 */
		public Builder sessionListener(SessionListener listener) {
			this.draft.sessionListeners.add(listener);
			return this;
		}

		/**
		 * Adds a checker of new connections.
		 * @param checker the checker, asked after those added before
		 * @return this builder
		 */
		public Builder connectionChecker(ConnectionChecker checker) {
			this.draft.connectionCheckers.add(checker);
			return this;
		}

		/**
		 * Adds a checker of HELO names.
		 * @param checker the checker, asked after those added before
		 * @return this builder
		 */
		public Builder heloChecker(HeloChecker checker) {
			this.draft.heloCheckers.add(checker);
			return this;
		}

		/**
		 * Adds a checker of reverse-paths.
		 * @param checker the checker, asked after those added before
		 * @return this builder
		 */
		public Builder senderChecker(SenderChecker checker) {
			this.draft.senderCheckers.add(checker);
			return this;
		}

		/**
		 * Adds a checker of recipients.
		 * @param checker the checker, asked after those added before
		 * @return this builder
		 */
		public Builder recipientChecker(RecipientChecker checker) {
			this.draft.recipientCheckers.add(checker);
			return this;
		}

		/**
		 * Adds a message handler. Without any, messages are accepted and discarded.
		 * @param handler the handler, called after those added before
		 * @return this builder
		 */
		public Builder messageHandler(MessageHandler handler) {
			this.draft.messageHandlers.add(handler);
			return this;
		}

		/**
		 * Adds a service extension to the built-in ones.
		 * @param extension the extension
		 * @return this builder
		 */
		public Builder extension(EsmtpExtension extension) {
			this.draft.extensions.add(extension);
			return this;
		}

		/**
		 * Sets who judges credentials; without an authenticator or a mechanism AUTH is
		 * not offered.
		 * @param authenticator the authenticator; it also decides which built-in
		 * mechanisms there are, see {@link Authenticator#accepts()}
		 * @return this builder
		 */
		public Builder authenticator(Authenticator authenticator) {
			this.draft.authenticator = authenticator;
			return this;
		}

		/**
		 * Adds a SASL mechanism, in place of a built-in one of the same name.
		 * @param mechanism the mechanism
		 * @return this builder
		 */
		public Builder mechanism(SaslMechanism mechanism) {
			this.draft.mechanisms.add(mechanism);
			return this;
		}

		/**
		 * Sets whether MAIL needs authentication first, on all listeners.
		 * @param required whether it does; it does not unless set here or for a listener
		 * @return this builder
		 */
		public Builder authRequired(boolean required) {
			this.draft.authRequired = required;
			return this;
		}

		/**
		 * Sets whether mechanisms that show secrets are taken in clear text, for tests
		 * and the loopback only.
		 * @param allow whether they are; they are not unless set
		 * @return this builder
		 */
		public Builder authAllowWithoutTls(boolean allow) {
			this.draft.authAllowWithoutTls = allow;
			return this;
		}

		/**
		 * Offers XCLIENT to proxies, which may then say who their client is.
		 * @param trusted tells whether an address is a proxy's
		 * @return this builder
		 */
		public Builder xclient(Predicate<InetAddress> trusted) {
			this.draft.xclientTrusted = trusted;
			return this;
		}

		/**
		 * Builds the server, not yet started.
		 * @return the server
		 * @throws IllegalArgumentException when an option cannot work; the message names
		 * the option, its value and what is allowed
		 */
		public SmtpServer build() {
			return new SmtpServer(new Settings(this.draft));
		}

	}

}
