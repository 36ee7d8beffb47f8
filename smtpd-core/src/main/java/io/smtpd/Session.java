package io.smtpd;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

import io.smtpd.Peer.Protocol;
import io.smtpd.SessionListener.Limit;
import io.smtpd.SessionListener.Refusal;
import io.smtpd.SessionListener.SessionOutcome;
import io.smtpd.SmtpServer.Listener;
import io.smtpd.SmtpServer.Phase;
import io.smtpd.SmtpServer.SessionInfo;
import io.smtpd.Verb.Rule;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * One client's session: the loop that reads a command, asks the table of verbs whether it
 * may be given now, lets it take effect and writes the reply (RFC 5321 §3, §4.1.4).
 * <p>
 * Its state is the peer, the transaction and a few counters, touched by one thread only.
 * {@link #reset} drops the transaction; {@link #restart} forgets who the client is, too.
 */
final class Session implements Runnable {

	private static final Logger logger = LoggerFactory.getLogger(Session.class);

	private static final String MDC_SESSION = "smtpd.session";

	private static final String MDC_PEER = "smtpd.peer";

	private final Engine engine;

	private final Settings settings;

	private final Connection connection;

	private final LineReader lines;

	private final int commandOctets;

	private final Callbacks callbacks = new Callbacks();

	private final SessionListener events;

	private final long startedAt = System.nanoTime();

	private final Instant connectedAt = Instant.now();

	private volatile Peer peer;

	private volatile Phase phase = Phase.CONNECTING;

	private volatile long messages;

	private @Nullable Transaction transaction;

	private int transactions;

	private int errors;

	private int junkCommands;

	Session(Engine engine, Listener listener, Connection connection) {
		this.engine = engine;
		this.settings = engine.settings();
		this.connection = connection;
		this.lines = new LineReader(connection);
		this.commandOctets = this.settings.commandOctets();
		this.events = this.settings.sessionListener();
		this.peer = new Peer(newId(), listener.name(), connection.remoteAddress(), connection.localAddress(), null,
				Protocol.SMTP, null, null);
	}

	/** 64 random bits: unique on all servers of a site and across their restarts. */
	private static String newId() {
		String digits = Long.toUnsignedString(ThreadLocalRandom.current().nextLong(), 36);
		return "0".repeat(13 - digits.length()) + digits;
	}

	String id() {
		return this.peer.sessionId();
	}

	String listener() {
		return this.peer.listener();
	}

	Engine engine() {
		return this.engine;
	}

	Connection connection() {
		return this.connection;
	}

	Callbacks callbacks() {
		return this.callbacks;
	}

	SessionListener events() {
		return this.events;
	}

	Peer peer() {
		return this.peer;
	}

	SessionInfo info() {
		return new SessionInfo(this.peer, this.phase, this.connectedAt, this.messages);
	}

	void enter(Phase next) {
		this.phase = next;
	}

	@SuppressWarnings("NonAtomicVolatileUpdate") // only the session's thread writes it
	void messageAccepted() {
		this.messages++;
		this.errors = 0;
		this.junkCommands = 0;
	}

	private Duration age() {
		return Duration.ofNanos(System.nanoTime() - this.startedAt);
	}

	// The beginning and the end

	/** Turns the client away on the accepting thread: there is no place for it. */
	void refuseOverLimit() {
		refuse(Refusal.LIMIT, Replies.TOO_BUSY);
		this.connection.closeAtOnce();
	}

	private void refuse(Refusal refusal, SmtpReply reply) {
		try {
			this.connection.write(reply, false);
		}
		catch (IOException ex) {
			logger.debug("{} was gone before it could be refused", this.peer);
		}
		logger.info("outcome=refused reply=\"{}\" peer={}", reply, address(this.peer.remoteAddress()));
		this.events.connectionRefused(this.peer, refusal, reply, age());
	}

	@Override
	public void run() {
		MDC.put(MDC_SESSION, id());
		MDC.put(MDC_PEER, address(this.peer.remoteAddress()));
		try {
			if (greet()) {
				converse();
			}
		}
		finally {
			this.engine.sessions().remove(this);
			MDC.remove(MDC_SESSION);
			MDC.remove(MDC_PEER);
		}
	}

	private boolean greet() {
		try {
			for (ConnectionChecker checker : this.settings.connectionCheckers()) {
				this.callbacks.run(Replies.LOCAL_ERROR, () -> checker.check(this.peer));
			}
		}
		catch (SmtpException ex) {
			refuse(Refusal.CHECKER, ex.reply());
			this.connection.close(true);
			return false;
		}
		this.events.connected(this.peer);
		return true;
	}

	/** The one place where a session ends, and the one that knows why. */
	private void converse() {
		SessionOutcome outcome = SessionOutcome.ERROR;
		Throwable cause = null;
		try {
			this.connection.write(Replies.greeting(this.settings.welcomeMessage()), false);
			this.phase = Phase.IDLE;
			SmtpReply last;
			do {
				last = answerOne();
			}
			while (last == null);
			outcome = outcomeOf(last);
		}
		catch (ConnectionEndedException ex) {
			outcome = ex.outcome();
			cause = ex.getCause();
		}
		catch (IOException ex) {
			outcome = SessionOutcome.LOST;
			cause = ex;
		}
		catch (RuntimeException | Error ex) {
			logger.error("The session failed", ex);
			cause = ex;
		}
		finally {
			reset();
			this.connection.close(outcome == SessionOutcome.REFUSED || outcome == SessionOutcome.SHUTDOWN);
			log(outcome);
			this.events.disconnected(this.peer, outcome, age(), cause);
		}
	}

	private static SessionOutcome outcomeOf(SmtpReply last) {
		if (last.code() == Replies.BYE.code()) {
			return SessionOutcome.QUIT;
		}
		return last.equals(Replies.SHUTTING_DOWN) ? SessionOutcome.SHUTDOWN : SessionOutcome.REFUSED;
	}

	private void log(SessionOutcome outcome) {
		if (logger.isInfoEnabled()) {
			Peer last = this.peer;
			logger.info("outcome={} peer={} listener={} helo={} protocol={} tls={} messages={} errors={} seconds={}",
					outcome.name().toLowerCase(Locale.ROOT), address(last.remoteAddress()), last.listener(),
					last.heloName(), last.protocol(), (last.tls() != null) ? last.tls().getProtocol() : "none",
					this.messages, this.errors, age().toMillis() / 1000.0);
		}
	}

	private static String address(InetSocketAddress address) {
		return TraceLine.literal(address.getAddress()) + ":" + address.getPort();
	}

	// The loop

	/**
	 * Reads and answers one command.
	 * @return the reply if it was the session's last, else null
	 */
	private @Nullable SmtpReply answerOne() throws IOException {
		String verb = Verb.UNKNOWN;
		SmtpReply reply;
		long readAt = this.startedAt;
		try {
			String line = this.lines.read(this.commandOctets, this.transaction == null,
					this.settings.readTimeout().toNanos(), Replies.LINE_TOO_LONG);
			readAt = System.nanoTime();
			CommandLine command = CommandLine.parse(line);
			verb = command.verbName();
			logger.debug("> {}", verb);
			reply = execute(command);
		}
		catch (SmtpException ex) {
			reply = ex.reply();
		}
		if (reply.isRefusal() && !reply.closesSession()) {
			reply = countError(reply);
		}
		logger.debug("< {}", reply);
		this.connection.write(reply, usesUtf8());
		this.events.replied(this.peer, verb, reply, Duration.ofNanos(System.nanoTime() - readAt));
		return (reply.code() == Replies.BYE.code() || reply.closesSession()) ? reply : null;
	}

	private SmtpReply countError(SmtpReply reply) {
		if (reply.equals(Replies.TOO_MANY_RECIPIENTS) && this.transaction != null
				&& this.transaction.withinOvershoot()) {
			return reply; // RFC 5321 §4.5.3.1.10: a sender cannot know better
		}
		this.errors++;
		return limited(this.errors, this.settings.limits().maxErrors(), Limit.MAX_ERRORS, Replies.TOO_MANY_ERRORS,
				reply);
	}

	private SmtpReply countJunk(SmtpReply reply) {
		this.junkCommands++;
		return limited(this.junkCommands, this.settings.limits().maxJunkCommands(), Limit.MAX_JUNK_COMMANDS,
				Replies.TOO_MANY_JUNK_COMMANDS, reply);
	}

	private SmtpReply limited(int count, int most, Limit limit, SmtpReply instead, SmtpReply reply) {
		if (!SmtpLimits.exceeds(count, most)) {
			return reply;
		}
		this.events.limitReached(this.peer, limit);
		return instead;
	}

	private boolean usesUtf8() {
		return this.transaction != null && this.transaction.usesUtf8();
	}

	/** Applies the rules of the table, then lets the verb take effect. */
	private SmtpReply execute(CommandLine command) throws IOException {
		Verb verb = command.verb();
		if (verb == null) {
			return Replies.UNKNOWN_COMMAND;
		}
		if (verb.is(Rule.NOT_OFFERED)) {
			return Replies.NOT_IMPLEMENTED;
		}
		if (!verb.is(Rule.TAKES_ARGUMENT) && !command.argument().isEmpty()) {
			return Replies.NO_ARGUMENT_ALLOWED;
		}
		if (verb.is(Rule.AFTER_HELO) && this.peer.heloName() == null) {
			return Replies.NO_HELO;
		}
		if (verb.is(Rule.AFTER_MAIL) && this.transaction == null) {
			return Replies.NO_MAIL;
		}
		SmtpReply reply = perform(verb, command.argument());
		return verb.is(Rule.JUNK) ? countJunk(reply) : reply;
	}

	private SmtpReply perform(Verb verb, String argument) throws IOException {
		return switch (verb) {
			case HELO -> helo(argument, Protocol.SMTP);
			case EHLO -> helo(argument, Protocol.ESMTP);
			case MAIL -> mail(argument);
			case RCPT -> open().rcpt(argument);
			case DATA -> data();
			case RSET -> {
				reset();
				yield Replies.OK;
			}
			case NOOP -> Replies.OK;
			case VRFY -> argument.isEmpty() ? Replies.VRFY_SYNTAX : Replies.CANNOT_VERIFY;
			case HELP -> Replies.HELP;
			case QUIT -> Replies.BYE;
			default -> Replies.NOT_IMPLEMENTED;
		};
	}

	// The verbs

	private SmtpReply helo(String name, Protocol protocol) {
		if (!PathParser.isHeloName(name)) {
			return Replies.BAD_HELO;
		}
		for (HeloChecker checker : this.settings.heloCheckers()) {
			this.callbacks.run(Replies.LOCAL_ERROR, () -> checker.check(this.peer, name));
		}
		boolean repeated = this.peer.heloName() != null;
		reset(); // §4.1.4: as if RSET had been given
		this.peer = this.peer.greeted(name, protocol);
		SmtpReply reply = (protocol == Protocol.SMTP) ? SmtpReply.of(250, this.settings.hostname()) : ehloReply();
		return repeated ? countJunk(reply) : reply;
	}

	private SmtpReply ehloReply() {
		List<String> lines = new ArrayList<>();
		lines.add(this.settings.hostname());
		for (EsmtpExtension extension : this.settings.extensions()) {
			String line = extension.ehloLine(this.peer);
			if (line != null) {
				lines.add(line);
			}
		}
		return new SmtpReply(250, null, lines);
	}

	private SmtpReply mail(String argument) {
		if (this.transaction != null) {
			return Replies.DUPLICATE_MAIL;
		}
		this.transaction = Transaction.mail(this, this.id() + "." + Integer.toString(this.transactions + 1, 36),
				argument);
		this.transactions++;
		this.phase = Phase.TRANSACTION;
		return Replies.SENDER_OK;
	}

	private SmtpReply data() throws IOException {
		Transaction current = open();
		SmtpReply refusal = current.refusalOfData();
		if (refusal != null) {
			return refusal; // the transaction goes on: RCPT may still follow
		}
		try {
			return current.data();
		}
		finally {
			reset();
		}
	}

	private Transaction open() {
		if (this.transaction == null) {
			throw new SmtpException(Replies.NO_MAIL);
		}
		return this.transaction;
	}

	/** Drops the transaction: RSET, EHLO, the end of mail data (§4.1.1.5). */
	private void reset() {
		if (this.transaction != null) {
			this.transaction.discard();
			this.transaction = null;
			this.phase = Phase.IDLE;
		}
	}

}
