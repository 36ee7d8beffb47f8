package io.smtpd.autoconfigure.verify;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;

import io.smtpd.Peer;
import io.smtpd.RecipientChecker;
import io.smtpd.SmtpException;

/**
 * Asks a stranger to come back later (RFC 6647): the first mail of a client's network
 * from a sender to a recipient gets {@code 451 4.7.1}, and passes when it is tried again
 * after a while, as every mail server does and much spam software does not. To be
 * declared as a bean. Immutable but for its store, and thread-safe.
 * <p>
 * The client counts as its network, /24 of IPv4 and /64 of IPv6, since a sender may try
 * again from another address nearby. The null reverse-path is a sender as any other.
 * Clients that have authenticated themselves are not asked.
 */
public final class Greylist implements RecipientChecker {

	private static final int IPV4_OCTETS = 3;

	private static final int IPV6_OCTETS = 8;

	private final GreylistStore store;

	private final Duration delay;

	private final Duration retryWindow;

	private final Duration lifetime;

	private final Clock clock;

	/**
	 * Makes a greylist in memory, with a delay of a minute.
	 */
	public Greylist() {
		this(new InMemoryGreylistStore(), Duration.ofSeconds(60));
	}

	/**
	 * Makes a greylist that waits for a new attempt for two days and remembers for 36
	 * days who has made it.
	 * @param store what remembers
	 * @param delay how long a stranger has to wait, more than zero
	 */
	public Greylist(GreylistStore store, Duration delay) {
		this(store, delay, Duration.ofDays(2), Duration.ofDays(36), Clock.systemUTC());
	}

	/**
	 * Makes a greylist.
	 * @param store what remembers
	 * @param delay how long a stranger has to wait, more than zero
	 * @param retryWindow how long after the first attempt another one counts, more than
	 * the delay
	 * @param lifetime how long someone who has passed stays known after the last mail
	 * @param clock the time, for tests
	 * @throws IllegalArgumentException when one of the times is not as described
	 */
	public Greylist(GreylistStore store, Duration delay, Duration retryWindow, Duration lifetime, Clock clock) {
		if (delay.isZero() || delay.isNegative() || retryWindow.compareTo(delay) <= 0 || lifetime.isZero()
				|| lifetime.isNegative()) {
			throw new IllegalArgumentException("Greylist delay " + delay + ", retry window " + retryWindow
					+ " and lifetime " + lifetime + " must be more than zero, and the window more than the delay");
		}
		this.store = store;
		this.delay = delay;
		this.retryWindow = retryWindow;
		this.lifetime = lifetime;
		this.clock = clock;
	}

	@Override
	public void check(Peer peer, String reversePath, String forwardPath) {
		if (peer.authenticated()) {
			return;
		}
		String triplet = network(peer.remoteAddress().getAddress()) + " <" + reversePath.toLowerCase(Locale.ROOT)
				+ "> <" + forwardPath.toLowerCase(Locale.ROOT) + ">";
		Instant now = this.clock.instant();
		Instant first = this.store.firstAttempt(triplet, now, now.plus(this.retryWindow));
		Duration left = this.delay.minus(Duration.between(first, now));
		if (left.compareTo(Duration.ZERO) > 0) {
			throw new SmtpException(451, "4.7.1",
					"Greylisted, try again in " + Math.max(1, left.toSeconds()) + " seconds");
		}
		this.store.passed(triplet, now.plus(this.lifetime));
	}

	private static String network(InetAddress address) {
		byte[] octets = address.getAddress();
		int kept = (address instanceof Inet6Address) ? IPV6_OCTETS : IPV4_OCTETS;
		return HexFormat.of().formatHex(octets, 0, kept);
	}

}
