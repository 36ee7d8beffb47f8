package io.smtpd;

import java.io.IOException;
import java.net.InetAddress;
import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;

import io.smtpd.Peer.Protocol;
import io.smtpd.SessionListener.Limit;
import io.smtpd.SmtpServer.Listener;
import io.smtpd.SmtpServer.Phase;
import io.smtpd.SmtpServer.SessionInfo;
import io.smtpd.Verb.Rule;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's session: what is known of the client, its transaction, and the commands as
 * the table of verbs lets them take effect (RFC 5321 §3, §4.1.4).
 * <p>
 * Touched by its own thread only, but for what {@link #info()} reads. {@link #reset}
 * drops the transaction; {@link #restart} also replaces what the client said of itself.
 */
final class Session {

	private static final Logger logger = LoggerFactory.getLogger(Session.class);

	private final Engine engine;

	private final Settings settings;

	private final Listener listener;

	private final Connection connection;

	private final LineReader lines;

	private final int commandOctets;

	private final Callbacks callbacks = new Callbacks();

	private final SessionListener events;

	private final Offences offences;

	private final long startedAt = System.nanoTime();

	private final Instant connectedAt = Instant.now();

	private volatile Peer peer;

	private volatile Phase phase = Phase.CONNECTING;

	private volatile long messages;

	private @Nullable Transaction transaction;

	private int transactions;

	/** Who may use XCLIENT is decided by who connected, not by who that then became. */
	private InetAddress connectedFrom;

	/** What the last reply announced; it happens when that reply is written. */
	private @Nullable Upgrade upgrade;

	private boolean ended;

	Session(Engine engine, Listener listener, Connection connection) {
		this.engine = engine;
		this.settings = engine.settings();
		this.listener = listener;
		this.connection = connection;
		this.lines = new LineReader(connection);
		this.commandOctets = this.settings.commandOctets();
		this.events = this.settings.sessionListener();
		this.offences = new Offences(engine.addressLimits()::limits);
		this.connectedFrom = connection.remoteAddress().getAddress();
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

	Listener listener() {
		return this.listener;
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

	long messages() {
		return this.messages;
	}

	Offences offences() {
		return this.offences;
	}

	/** The client showed who it is. */
	void authenticated(Principal principal) {
		this.peer = this.peer.authenticated(principal);
	}

	Duration age() {
		return Duration.ofNanos(System.nanoTime() - this.startedAt);
	}

	SessionInfo info() {
		Instant activeAt = Instant.now().minusNanos(System.nanoTime() - this.connection.activeAt());
		return new SessionInfo(this.peer, this.phase, this.connectedAt, activeAt, this.messages,
				this.connection.octetsRead());
	}

	void enter(Phase next) {
		this.phase = next;
	}

	@SuppressWarnings("NonAtomicVolatileUpdate") // only the session's thread writes it
	void messageAccepted() {
		this.messages++;
		this.offences.forgive();
	}

	/** A proxy said whose connection this is, before anything else. */
	void proxied(ProxyHeader header) {
		this.connectedFrom = header.source().getAddress();
		this.peer = this.peer.forwarded(header.source(), header.destination(), null, Protocol.SMTP, null);
	}

	/** Goes on in TLS; all that was said before is forgotten (RFC 3207 §4.2). */
	void secure(TlsPolicy.Encrypted policy) throws IOException {
		long begun = System.nanoTime();
		boolean success = false;
		try {
			restart(this.peer.secured(this.connection.startTls(policy, this.settings.readTimeout().toNanos())));
			success = true;
		}
		finally {
			this.events.tlsHandshake(this.peer, success, Duration.ofNanos(System.nanoTime() - begun));
		}
	}

	/** Asks who may talk to the server (§3.1). */
	void checkConnection() {
		for (ConnectionChecker checker : this.settings.connectionCheckers()) {
			this.callbacks.run(Replies.LOCAL_ERROR, () -> checker.check(this.peer));
		}
	}

	/** Drops the transaction: RSET, EHLO, the end of mail data (§4.1.1.5). */
	void reset() {
		if (this.transaction != null) {
			this.transaction.discard();
			this.transaction = null;
		}
		this.phase = Phase.IDLE;
	}

	/** Drops the transaction and forgets who the client said it was. */
	void restart(Peer newPeer) {
		reset();
		this.peer = newPeer;
	}

	// The loop

	/**
	 * Reads and answers one command.
	 * @return the reply if it was the session's last, else null
	 */
	@Nullable SmtpReply answerOne() throws IOException {
		String verb = Verb.UNKNOWN;
		SmtpReply reply;
		long readAt = 0;
		try {
			String line = this.lines.read(this.commandOctets, this.transaction == null,
					this.settings.readTimeout().toNanos(), Replies.LINE_TOO_LONG);
			readAt = System.nanoTime();
			CommandLine command = CommandLine.parse(line);
			if (command.verb() == null && CommandLine.isForeign(line)) {
				limitReached(Limit.FOREIGN_PROTOCOL);
				throw new SmtpException(Replies.FOREIGN_PROTOCOL);
			}
			verb = command.verbName();
			logger.debug("> {}", command);
			reply = execute(command);
		}
		catch (SmtpException ex) {
			readAt = (readAt != 0) ? readAt : System.nanoTime(); // a line that is none
			reply = ex.reply();
		}
		if (reply.isRefusal() && !reply.closesSession() && !isHarmless(reply)) {
			reply = instead(this.offences.error(), Replies.TOO_MANY_ERRORS, reply);
		}
		logger.debug("< {}", reply);
		this.connection.write(reply, this.transaction != null && this.transaction.usesUtf8());
		this.events.replied(this.peer, verb, reply, Duration.ofNanos(System.nanoTime() - readAt));
		if (this.upgrade != null) {
			Upgrade announced = this.upgrade;
			this.upgrade = null;
			announced.happen();
		}
		return (this.ended || reply.closesSession()) ? reply : null;
	}

	/** RFC 5321 §4.5.3.1.10: a sender cannot know how many recipients are too many. */
	private boolean isHarmless(SmtpReply reply) {
		return reply.equals(Replies.TOO_MANY_RECIPIENTS) && this.transaction != null
				&& this.transaction.withinOvershoot();
	}

	private SmtpReply instead(@Nullable Limit limit, SmtpReply farewell, SmtpReply reply) {
		if (limit == null) {
			return reply;
		}
		limitReached(limit);
		return farewell;
	}

	void limitReached(Limit limit) {
		logger.debug("limit={}", limit.propertyName());
		this.events.limitReached(this.peer, limit);
	}

	/** The reply to the command that is being performed is the session's last. */
	void endAfterReply() {
		this.ended = true;
	}

	/** Has the session gone on for long enough? Asked between transactions only. */
	private boolean isOverdue() {
		Duration most = this.engine.addressLimits().limits().maxSessionDuration();
		return !most.isZero() && this.transaction == null && age().compareTo(most) > 0;
	}

	/** Counts a command that leads to no message. */
	SmtpReply junk(SmtpReply reply) {
		return instead(this.offences.junkCommand(), Replies.TOO_MANY_JUNK_COMMANDS, reply);
	}

	/** Applies the rules of the table, then lets the verb take effect. */
	private SmtpReply execute(CommandLine command) throws IOException {
		Verb verb = command.verb();
		boolean tlsMissing = !this.peer.secure() && this.listener.tls() instanceof TlsPolicy.StartTls startTls
				&& startTls.required();
		if (verb == null) {
			return tlsMissing ? Replies.TLS_REQUIRED : Replies.UNKNOWN_COMMAND;
		}
		SmtpReply refusal = verb.refusal(command.argument(), this.peer.heloName() != null, this.transaction != null,
				tlsMissing);
		if (refusal != null) {
			return refusal;
		}
		if (verb != Verb.QUIT && isOverdue()) {
			limitReached(Limit.MAX_SESSION_DURATION);
			return Replies.ENOUGH;
		}
		SmtpReply reply = perform(verb, command.argument());
		return verb.is(Rule.JUNK) ? junk(reply) : reply;
	}

	private SmtpReply perform(Verb verb, String argument) throws IOException {
		return switch (verb) {
			case HELO -> new Greeting(this).reply(argument, Protocol.SMTP);
			case EHLO -> new Greeting(this).reply(argument, Protocol.ESMTP);
			case LHLO -> new Greeting(this).reply(argument, Protocol.LMTP);
			case STARTTLS -> startTls();
			case AUTH -> new AuthDialog(this, this.lines).reply(argument);
			case XCLIENT -> xclient(argument);
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
			case QUIT -> {
				this.ended = true;
				yield Replies.BYE;
			}
			default -> Replies.NOT_IMPLEMENTED;
		};
	}

	// The verbs

	private SmtpReply startTls() throws IOException {
		if (this.peer.secure()) {
			return Replies.ALREADY_IN_TLS;
		}
		if (!(this.listener.tls() instanceof TlsPolicy.StartTls policy)) {
			return Replies.NOT_IMPLEMENTED;
		}
		if (this.connection.hasEarlyInput()) {
			// somebody in the middle may have put it there, to be run as if it were safe
			this.ended = true;
			return Replies.INPUT_BEHIND_STARTTLS;
		}
		this.upgrade = () -> {
			this.connection.flush();
			secure(policy);
		};
		return Replies.READY_FOR_TLS;
	}

	InetAddress address() {
		return this.peer.remoteAddress().getAddress();
	}

	boolean mayUseXclient() {
		Predicate<InetAddress> trusted = this.settings.xclientTrusted();
		return trusted != null && trusted.test(this.connectedFrom);
	}

	private SmtpReply xclient(String argument) {
		if (!mayUseXclient()) {
			return Replies.XCLIENT_REFUSED;
		}
		Peer forwarded = Xclient.apply(argument, this.peer);
		// RFC 2033 §4.2: a reply for each recipient, whatever the proxy speaks elsewhere
		restart((this.listener.protocol() == Protocol.LMTP) ? forwarded.greeted(forwarded.heloName(), Protocol.LMTP)
				: forwarded);
		SessionTask.describe(this.peer);
		try {
			checkConnection();
		}
		catch (SmtpException ex) {
			this.ended = true;
			throw ex;
		}
		return Replies.greeting(this.settings.welcomeMessage());
	}

	private SmtpReply mail(String argument) {
		if (this.transaction != null) {
			return Replies.DUPLICATE_MAIL;
		}
		if (!this.peer.authenticated() && (this.settings.authRequired() || this.listener.authRequired())) {
			return SmtpReply.AUTHENTICATION_REQUIRED;
		}
		AddressLimits limits = this.engine.addressLimits();
		if (SmtpLimits.exceeds(this.messages + 1, limits.limits().maxMessagesPerSession())) {
			limitReached(Limit.MAX_MESSAGES_PER_SESSION);
			return Replies.ENOUGH;
		}
		if (!limits.mayBeginMessage(address())) {
			limitReached(Limit.MESSAGE_RATE);
			return Replies.MESSAGE_RATE;
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

	/** What a reply announced. */
	@FunctionalInterface
	private interface Upgrade {

		void happen() throws IOException;

	}

}
