package io.smtpd;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

import io.smtpd.SessionListener.Limit;
import io.smtpd.SessionListener.Refusal;
import io.smtpd.SessionListener.SessionOutcome;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * A session from its beginning to its end, on its thread: PROXY header, TLS, checkers,
 * greeting, commands, and the one place where it is known why it ended.
 */
final class SessionTask implements Runnable {

	private static final Logger logger = LoggerFactory.getLogger(SessionTask.class);

	private static final String MDC_SESSION = "smtpd.session";

	private static final String MDC_PEER = "smtpd.peer";

	private final Session session;

	private final Connection connection;

	private final Settings settings;

	private final AddressLimits addressLimits;

	/** An executor may fail and have taken the task all the same. */
	private final AtomicBoolean begun = new AtomicBoolean();

	private boolean connected;

	/** Whose connection this counts as. */
	private @Nullable InetAddress counted;

	private @Nullable Throwable cause;

	SessionTask(Session session) {
		this.session = session;
		this.connection = session.connection();
		this.settings = session.engine().settings();
		this.addressLimits = session.engine().addressLimits();
	}

	/** Names the client in the log lines that follow on this thread. */
	static void describe(Peer peer) {
		MDC.put(MDC_SESSION, peer.sessionId());
		MDC.put(MDC_PEER, address(peer.remoteAddress()));
	}

	private static void forget() {
		MDC.remove(MDC_SESSION);
		MDC.remove(MDC_PEER);
	}

	private static String address(InetSocketAddress address) {
		return TraceLine.literal(address.getAddress()) + ":" + address.getPort();
	}

	/** Turns the client away on the accepting thread: there is no place for it. */
	void refuseOverLimit() {
		describe(this.session.peer());
		try {
			writeInClear(Replies.TOO_BUSY);
			this.session.limitReached(Limit.MAX_CONNECTIONS);
			refused(Refusal.LIMIT, Replies.TOO_BUSY);
		}
		finally {
			this.connection.closeAtOnce();
			forget();
		}
	}

	/** Goes to a thread, with a place that was taken for it. */
	void start() {
		this.session.engine().sessions().add(this.session);
		this.settings.executor().execute(this);
	}

	/** Turns the client away, and gives its place back, if no thread has it. */
	void refuseUnlessBegun() {
		if (this.begun.compareAndSet(false, true)) {
			try {
				refuseOverLimit();
			}
			finally {
				this.session.engine().sessions().remove(this.session);
			}
		}
	}

	@Override
	public void run() {
		if (!this.begun.compareAndSet(false, true)) {
			return; // turned away already
		}
		SessionOutcome outcome = SessionOutcome.ERROR;
		try {
			describe(this.session.peer());
			outcome = converse();
		}
		finally {
			try {
				end(outcome);
			}
			finally {
				this.session.engine().sessions().remove(this.session);
				forget();
			}
		}
	}

	private SessionOutcome converse() {
		try {
			if (!begin()) {
				return SessionOutcome.REFUSED;
			}
			SmtpReply last;
			do {
				last = this.session.answerOne();
			}
			while (last == null);
			return outcomeOf(last);
		}
		catch (ConnectionEndedException ex) {
			this.cause = ex.getCause();
			if (ex.outcome() == SessionOutcome.ERROR) { // no TLS context, for one: not
														// the client's fault
				logger.error("The session failed", this.cause);
			}
			return ex.outcome();
		}
		catch (IOException ex) {
			this.cause = ex;
			return SessionOutcome.LOST;
		}
		catch (Throwable ex) { // whatever it is, the session must still be cleared away
			logger.error("The session failed", ex);
			this.cause = ex;
			return SessionOutcome.ERROR;
		}
	}

	private static SessionOutcome outcomeOf(SmtpReply last) {
		if (last.code() == Replies.BYE.code()) {
			return SessionOutcome.QUIT;
		}
		return last.equals(Replies.SHUTTING_DOWN) ? SessionOutcome.SHUTDOWN : SessionOutcome.REFUSED;
	}

	/** All that comes before the first command. */
	private boolean begin() throws IOException {
		if (!readProxyHeader()) {
			writeInClear(Replies.PROXY_REQUIRED);
			refused(Refusal.PROXY, Replies.PROXY_REQUIRED);
			return false;
		}
		if (!countConnection()) {
			return false;
		}
		if (this.session.listener().tls() instanceof TlsPolicy.Implicit policy) {
			this.session.secure(policy);
		}
		try {
			this.session.checkConnection();
		}
		catch (SmtpException ex) {
			write(ex.reply());
			refused(Refusal.CHECKER, ex.reply());
			return false;
		}
		if (talksFirst()) {
			this.session.limitReached(Limit.GREET_DELAY);
			write(Replies.TALKED_FIRST);
			refused(Refusal.EARLY_TALKER, Replies.TALKED_FIRST);
			return false;
		}
		this.connected = true;
		this.session.events().connected(this.session.peer());
		SmtpReply greeting = Replies.greeting(this.settings.welcomeMessage());
		logger.debug("< {}", greeting);
		this.connection.write(greeting, false);
		this.session.reset();
		return true;
	}

	private boolean countConnection() {
		InetAddress client = this.session.peer().remoteAddress().getAddress();
		Limit limit = this.addressLimits.connected(client);
		if (limit == null) {
			this.counted = client;
			return true;
		}
		this.session.limitReached(limit);
		writeInClear(Replies.TOO_MANY_CONNECTIONS);
		refused(Refusal.LIMIT, Replies.TOO_MANY_CONNECTIONS);
		this.connection.closeAtOnce(); // a flood must not hold places while it is refused
		return false;
	}

	/** A mail server waits for the greeting (RFC 5321 §3.1), a spam cannon may not. */
	private boolean talksFirst() throws IOException {
		Duration delay = this.settings.greetDelay();
		InetAddress client = this.session.peer().remoteAddress().getAddress();
		return !delay.isZero() && !this.addressLimits.limits().trustedNetworks().test(client)
				&& this.connection.talksWithin(delay);
	}

	/** The header is required, and believed, from trusted proxies only. */
	private boolean readProxyHeader() throws IOException {
		Predicate<InetAddress> proxies = this.session.listener().proxies();
		if (proxies == null) {
			return true;
		}
		if (!proxies.test(this.connection.remoteAddress().getAddress())) {
			return false;
		}
		try {
			ProxyHeader header = ProxyHeader.read(this.connection,
					System.nanoTime() + this.settings.readTimeout().toNanos());
			if (header != null) {
				this.session.proxied(header);
				describe(this.session.peer());
			}
			return true;
		}
		catch (ProxyHeader.MalformedException ex) {
			return false;
		}
	}

	/** A client that waits for TLS could not read the reply. */
	private void writeInClear(SmtpReply reply) {
		if (!(this.session.listener().tls() instanceof TlsPolicy.Implicit)) {
			write(reply);
		}
	}

	private void write(SmtpReply reply) {
		try {
			this.connection.write(reply, false);
		}
		catch (IOException ex) {
			logger.debug("The client was gone before it could be refused");
		}
	}

	private void refused(Refusal refusal, SmtpReply reply) {
		Peer peer = this.session.peer();
		if (logger.isInfoEnabled()) {
			new LogLine().context("session", peer.sessionId())
				.field("outcome", "refused")
				.context("peer", address(peer.remoteAddress()))
				.field("listener", peer.listener())
				.field("reply", reply)
				.log(logger);
		}
		this.session.events().connectionRefused(peer, refusal, reply, this.session.age());
	}

	private void end(SessionOutcome outcome) {
		try {
			this.session.reset();
		}
		finally {
			if (this.counted != null) {
				this.addressLimits.disconnected(this.counted);
			}
			this.connection.close(outcome == SessionOutcome.REFUSED || outcome == SessionOutcome.SHUTDOWN);
		}
		if (!this.connected) {
			return;
		}
		logEnd(outcome);
		this.session.events().disconnected(this.session.peer(), outcome, this.session.age(), this.cause);
	}

	/** One line for each session, as text to grep and as fields for structured logs. */
	private void logEnd(SessionOutcome outcome) {
		if (!logger.isInfoEnabled()) {
			return;
		}
		Peer last = this.session.peer();
		LogLine line = new LogLine().context("session", last.sessionId())
			.field("outcome", outcome.name().toLowerCase(Locale.ROOT))
			.context("peer", address(last.remoteAddress()))
			.field("listener", last.listener())
			.field("helo", (last.heloName() != null) ? last.heloName() : "none")
			.field("protocol", last.protocol().name())
			.field("tls", (last.tls() != null) ? last.tls().getProtocol() : "none")
			.field("user", (last.principal() != null) ? last.principal().getName() : "none")
			.field("messages", this.session.messages())
			.field("errors", this.session.offences().errors())
			.field("octets", this.connection.octetsRead())
			.field("ms", this.session.age().toMillis());
		if (this.cause != null) {
			line.field("cause", this.cause);
		}
		line.log(logger);
	}

}
