package io.smtpd.autoconfigure.metrics;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.smtpd.Envelope;
import io.smtpd.Peer;
import io.smtpd.SessionListener;
import io.smtpd.SmtpReply;
import org.jspecify.annotations.Nullable;

/**
 * Counts and times what happens in the sessions of a server. Thread-safe.
 * <p>
 * Meters whose tags are known beforehand are registered at once, so that a rate shows
 * even the first event; the others when they are first needed. A tag is the constant of
 * an enum, a verb that the server knows, a reply code, or the name of a listener, a
 * mechanism or a TLS version: never what a client or a user wrote.
 */
public class SmtpServerMetrics implements SessionListener {

	private static final String OUTCOME = "outcome";

	private static final String LISTENER = "listener";

	private final MeterRegistry registry;

	private final Map<Connection, Counter> connections = new ConcurrentHashMap<>();

	private final Map<Session, Timer> sessions = new ConcurrentHashMap<>();

	private final Map<Command, Timer> commands = new ConcurrentHashMap<>();

	private final Map<Tags, Counter> authentications = new ConcurrentHashMap<>();

	private final Map<Tags, Timer> handshakes = new ConcurrentHashMap<>();

	private final Map<MessageOutcome, Timer> messages;

	private final Map<Limit, Counter> limits;

	private final DistributionSummary messageSize;

	private final Counter acceptedRecipients;

	private final Counter rejectedRecipients;

	/**
	 * Registers the meters.
	 * @param registry where to
	 */
	public SmtpServerMetrics(MeterRegistry registry) {
		this.registry = registry;
		this.messages = each(MessageOutcome.class, (outcome) -> timer("smtpd.messages",
				"Messages, from the DATA command to the reply to their end", Tags.of(OUTCOME, tag(outcome))));
		this.limits = each(Limit.class, (limit) -> counter("smtpd.limits", "Limits that clients have hit",
				Tags.of("reason", limit.propertyName())));
		this.messageSize = DistributionSummary.builder("smtpd.message.size")
			.description("Sizes of the messages that were accepted")
			.baseUnit(BaseUnits.BYTES)
			.register(registry);
		this.acceptedRecipients = recipients("accepted");
		this.rejectedRecipients = recipients("rejected");
	}

	@Override
	public void connected(Peer peer) {
		connection(peer, "accepted");
	}

	@Override
	public void connectionRefused(Peer peer, Refusal refusal, SmtpReply reply, Duration elapsed) {
		if (refusal == Refusal.LIMIT) { // not even begun
			connection(peer, "over-limit");
		}
		else {
			connection(peer, "refused");
			session(peer, SessionOutcome.REFUSED, elapsed);
		}
	}

	@Override
	public void disconnected(Peer peer, SessionOutcome outcome, Duration elapsed, @Nullable Throwable cause) {
		session(peer, outcome, elapsed);
	}

	@Override
	public void tlsHandshake(Peer peer, boolean success, Duration elapsed) {
		String protocol = (success && peer.tls() != null) ? peer.tls().getProtocol() : "none";
		Tags tags = Tags.of("protocol", protocol, OUTCOME, success ? "success" : "failure");
		this.handshakes.computeIfAbsent(tags, (key) -> timer("smtpd.tls.handshakes", "TLS handshakes", key))
			.record(elapsed);
	}

	@Override
	public void authenticated(Peer peer, String mechanism, AuthOutcome outcome) {
		Tags tags = Tags.of("mechanism", mechanism, OUTCOME, tag(outcome));
		this.authentications.computeIfAbsent(tags, (key) -> counter("smtpd.auth", "Attempts to authenticate", key))
			.increment();
	}

	@Override
	public void replied(Peer peer, String verb, SmtpReply reply, Duration elapsed) {
		Command command = new Command(verb, reply.code());
		Timer timer = this.commands.get(command); // every command comes here: no lock
		if (timer == null) {
			timer = this.commands.computeIfAbsent(command,
					(key) -> timer("smtpd.commands", "Commands, from the command line to the reply", key.tags()));
		}
		timer.record(elapsed);
		if (verb.equals("RCPT")) {
			(reply.isRefusal() ? this.rejectedRecipients : this.acceptedRecipients).increment();
		}
	}

	@Override
	public void messageEnded(Peer peer, Envelope envelope, MessageOutcome outcome, Duration elapsed) {
		get(this.messages, outcome).record(elapsed);
		if (outcome == MessageOutcome.ACCEPTED) { // others may have been cut off anywhere
			this.messageSize.record(envelope.size());
		}
	}

	@Override
	public void limitReached(Peer peer, Limit limit) {
		get(this.limits, limit).increment();
	}

	private void connection(Peer peer, String outcome) {
		this.connections
			.computeIfAbsent(new Connection(peer.listener(), outcome),
					(key) -> counter("smtpd.connections", "Connections that clients have opened", key.tags()))
			.increment();
	}

	private void session(Peer peer, SessionOutcome outcome, Duration elapsed) {
		this.sessions
			.computeIfAbsent(new Session(peer.listener(), outcome),
					(key) -> timer("smtpd.sessions", "Sessions, from the connection to its end", key.tags()))
			.record(elapsed);
	}

	private Counter recipients(String outcome) {
		return counter("smtpd.recipients", "Recipients that clients have named", Tags.of(OUTCOME, outcome));
	}

	private Counter counter(String name, String description, Tags tags) {
		return Counter.builder(name).description(description).tags(tags).register(this.registry);
	}

	private Timer timer(String name, String description, Tags tags) {
		return Timer.builder(name).description(description).tags(tags).register(this.registry);
	}

	private static <E extends Enum<E>, M> Map<E, M> each(Class<E> type, Function<E, M> meter) {
		Map<E, M> meters = new EnumMap<>(type);
		for (E constant : type.getEnumConstants()) {
			meters.put(constant, meter.apply(constant));
		}
		return meters;
	}

	private static <E extends Enum<E>, M> M get(Map<E, M> meters, E constant) {
		M meter = meters.get(constant);
		if (meter == null) {
			throw new IllegalStateException("All constants have a meter");
		}
		return meter;
	}

	private static String tag(Enum<?> constant) {
		return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	/** What tells one meter of commands from another, cheaper to make than its tags. */
	private record Command(String verb, int code) {

		Tags tags() {
			return Tags.of("command", this.verb, "code", String.valueOf(this.code));
		}

	}

	/** Likewise for connections. */
	private record Connection(String listener, String outcome) {

		Tags tags() {
			return Tags.of(LISTENER, this.listener, OUTCOME, this.outcome);
		}

	}

	/** Likewise for sessions. */
	private record Session(String listener, SessionOutcome outcome) {

		Tags tags() {
			return Tags.of(LISTENER, this.listener, OUTCOME, tag(this.outcome));
		}

	}

}
