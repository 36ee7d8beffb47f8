package io.smtpd;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Predicate;

import io.smtpd.SmtpServer.Listener;
import org.jspecify.annotations.Nullable;

/** A server's configuration, checked and unchangeable. */
record Settings(String hostname, String welcomeMessage, List<Listener> listeners, Duration readTimeout,
		Duration writeTimeout, Duration dataTimeout, int maxConnections, long maxMessageSize, int maxRecipients,
		boolean receivedHeader, BareLineEndings bareLineEndings, long spoolMemoryThreshold, Path spoolDirectory,
		Executor executor, SmtpLimits limits, SessionListener sessionListener,
		List<ConnectionChecker> connectionCheckers, List<HeloChecker> heloCheckers, List<SenderChecker> senderCheckers,
		List<RecipientChecker> recipientCheckers, List<MessageHandler> messageHandlers, List<EsmtpExtension> extensions,
		List<SaslMechanism> mechanisms, Authenticator authenticator, boolean authRequired, boolean authAllowWithoutTls,
		@Nullable Predicate<InetAddress> xclientTrusted, @Nullable RateLimiter rateLimiter, Duration greetDelay,
		long spoolMaxSize) {

	private static final int COMMAND_OCTETS = 512;

	/** Deadlines are kept in nanoseconds. */
	private static final Duration LONGEST = Duration.ofDays(365);

	/** For mechanisms that judge by themselves. */
	private static final Authenticator NOBODY = (peer, credentials) -> {
		throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
	};

	Settings(Draft draft) {
		this(hostname(draft.hostname),
				(draft.welcomeMessage != null) ? draft.welcomeMessage : draft.hostname + " ESMTP ready.",
				listeners(draft.listeners), positive("readTimeout", draft.readTimeout),
				positive("writeTimeout", draft.writeTimeout), positive("dataTimeout", draft.dataTimeout),
				(int) checkLimit("maxConnections", draft.maxConnections),
				checkLimit("maxMessageSize", draft.maxMessageSize),
				(int) checkLimit("maxRecipients", draft.maxRecipients), draft.receivedHeader,
				Objects.requireNonNull(draft.bareLineEndings, "bareLineEndings"),
				notNegative("spoolMemoryThreshold", draft.spoolMemoryThreshold),
				(draft.spoolDirectory != null) ? draft.spoolDirectory : Path.of(System.getProperty("java.io.tmpdir")),
				(draft.executor != null) ? draft.executor : SessionThreads.executor(),
				Objects.requireNonNull(draft.limits, "limits"), GuardedSessionListener.of(draft.sessionListeners),
				List.copyOf(draft.connectionCheckers), List.copyOf(draft.heloCheckers),
				List.copyOf(draft.senderCheckers), List.copyOf(draft.recipientCheckers),
				List.copyOf(draft.messageHandlers), Extensions.of(draft), Extensions.mechanisms(draft),
				(draft.authenticator != null) ? draft.authenticator : NOBODY, authRequired(draft),
				draft.authAllowWithoutTls, draft.xclientTrusted, draft.rateLimiter,
				notNegative("greetDelay", draft.greetDelay), checkLimit("spoolMaxSize", draft.spoolMaxSize));
		checkRates(draft.limits, draft.rateLimiter);
	}

	/** How often the deadlines need to be looked at depends on the shortest. */
	Duration shortestTimeout() {
		Duration shortest = (this.readTimeout.compareTo(this.writeTimeout) < 0) ? this.readTimeout : this.writeTimeout;
		return (shortest.compareTo(this.dataTimeout) < 0) ? shortest : this.dataTimeout;
	}

	/** How long a command line may be: RFC 5321 §4.5.3.1.4, and what extensions add. */
	int commandOctets() {
		return COMMAND_OCTETS + this.extensions.stream().mapToInt(EsmtpExtension::commandOctets).sum();
	}

	private static String hostname(String hostname) {
		if (!PathParser.isHeloName(hostname)) {
			throw new IllegalArgumentException("hostname is '" + hostname
					+ "' but must be a domain such as mx.example.org, or an address literal");
		}
		return hostname;
	}

	private static List<Listener> listeners(List<Listener> listeners) {
		Set<String> names = new HashSet<>();
		for (Listener listener : listeners) {
			if (!names.add(listener.name())) {
				throw new IllegalArgumentException("There are two listeners called '" + listener.name()
						+ "' but each needs a name of its own: Listener.named(…)");
			}
		}
		return listeners.isEmpty() ? List.of(Listener.of(2525)) : List.copyOf(listeners);
	}

	/** Requiring what nobody can do would refuse all mail. */
	private static boolean authRequired(Draft draft) {
		boolean required = draft.authRequired || draft.listeners.stream().anyMatch(Listener::authRequired);
		if (required && Extensions.mechanisms(draft).isEmpty()) {
			throw new IllegalArgumentException(
					"authRequired is true but there is neither an authenticator nor a mechanism to authenticate with");
		}
		return draft.authRequired;
	}

	private static Duration positive(String option, Duration value) {
		if (value.isNegative() || value.isZero()) {
			throw new IllegalArgumentException(option + " is " + value + " but must be more than zero");
		}
		if (value.compareTo(LONGEST) > 0) {
			throw new IllegalArgumentException(option + " is " + value + " but must be at most " + LONGEST);
		}
		return value;
	}

	static long checkLimit(String option, long value) {
		if (value < -1 || value == 0) {
			throw new IllegalArgumentException(option + " is " + value + " but must be at least 1, or -1 for no limit");
		}
		return value;
	}

	private static Duration notNegative(String option, Duration value) {
		if (value.isNegative()) {
			throw new IllegalArgumentException(option + " is " + value + " but must be zero or more");
		}
		return value;
	}

	/** A rate that nobody keeps would silently not hold. */
	static void checkRates(SmtpLimits limits, @Nullable RateLimiter rateLimiter) {
		String rate = limits.rate();
		if (rate != null && rateLimiter == null) {
			throw new IllegalArgumentException(rate + " is set but there is no rateLimiter to keep it");
		}
	}

	private static long notNegative(String option, long value) {
		if (value < 0) {
			throw new IllegalArgumentException(option + " is " + value + " but must be 0 or more");
		}
		return value;
	}

	/** What the builder collects. */
	static final class Draft {

		String hostname = "localhost.localdomain";

		@Nullable String welcomeMessage;

		final List<Listener> listeners = new ArrayList<>();

		Duration readTimeout = Duration.ofSeconds(60);

		Duration writeTimeout = Duration.ofSeconds(60);

		Duration dataTimeout = Duration.ofMinutes(5);

		int maxConnections = 100;

		long maxMessageSize = 10_240_000;

		int maxRecipients = 100;

		boolean receivedHeader = true;

		BareLineEndings bareLineEndings = BareLineEndings.REJECT;

		long spoolMemoryThreshold = 256 * 1024;

		@Nullable Path spoolDirectory;

		@Nullable Executor executor;

		SmtpLimits limits = SmtpLimits.defaults();

		final List<SessionListener> sessionListeners = new ArrayList<>();

		final List<ConnectionChecker> connectionCheckers = new ArrayList<>();

		final List<HeloChecker> heloCheckers = new ArrayList<>();

		final List<SenderChecker> senderCheckers = new ArrayList<>();

		final List<RecipientChecker> recipientCheckers = new ArrayList<>();

		final List<MessageHandler> messageHandlers = new ArrayList<>();

		final List<EsmtpExtension> extensions = new ArrayList<>();

		final List<SaslMechanism> mechanisms = new ArrayList<>();

		@Nullable Authenticator authenticator;

		boolean authRequired;

		boolean authAllowWithoutTls;

		@Nullable Predicate<InetAddress> xclientTrusted;

		@Nullable RateLimiter rateLimiter;

		Duration greetDelay = Duration.ZERO;

		long spoolMaxSize = -1;

	}

}
