package io.smtpd;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.smtpd.SessionListener.Limit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The limits for each client address: connections at once and rates. An IPv6 client has a
 * /64 network to itself, so that is what counts as its address.
 */
final class AddressLimits {

	private static final Logger logger = LoggerFactory.getLogger(AddressLimits.class);

	private static final int NETWORK_OCTETS = 8;

	private final Map<String, Integer> connections = new ConcurrentHashMap<>();

	private final @Nullable RateLimiter rateLimiter;

	private volatile SmtpLimits limits;

	AddressLimits(SmtpLimits limits, @Nullable RateLimiter rateLimiter) {
		this.limits = limits;
		this.rateLimiter = rateLimiter;
	}

	SmtpLimits limits() {
		return this.limits;
	}

	void limits(SmtpLimits newLimits) {
		this.limits = newLimits;
	}

	/** What stands for a client; addresses of one /64 network are one client. */
	static String client(InetAddress address) {
		if (address instanceof Inet6Address) {
			return HexFormat.of().formatHex(address.getAddress(), 0, NETWORK_OCTETS) + "/64";
		}
		return address.getHostAddress();
	}

	/**
	 * Counts a new connection.
	 * @return the limit that it is beyond; then it does not count
	 */
	@Nullable Limit connected(InetAddress address) {
		SmtpLimits current = this.limits;
		if (current.trustedNetworks().test(address)) {
			count(address, 1);
			return null;
		}
		if (SmtpLimits.exceeds(count(address, 1), current.maxConnectionsPerAddress())) {
			disconnected(address);
			return Limit.MAX_CONNECTIONS_PER_ADDRESS;
		}
		if (!within(Limit.CONNECTION_RATE, address, current.connectionRate())) {
			disconnected(address);
			return Limit.CONNECTION_RATE;
		}
		return null;
	}

	void disconnected(InetAddress address) {
		count(address, -1);
	}

	private int count(InetAddress address, int change) {
		Integer now = this.connections.merge(client(address), change,
				(before, added) -> (before + added == 0) ? null : before + added);
		return (now != null) ? now : 0;
	}

	/** Whether a client may begin another transaction. */
	boolean mayBeginMessage(InetAddress address) {
		SmtpLimits current = this.limits;
		return current.trustedNetworks().test(address) || within(Limit.MESSAGE_RATE, address, current.messageRate());
	}

	/** Counts a failed attempt to authenticate; whether that is still tolerable. */
	boolean mayFailToAuthenticate(InetAddress address) {
		SmtpLimits current = this.limits;
		return current.trustedNetworks().test(address)
				|| within(Limit.AUTH_FAILURE_RATE, address, current.authFailureRate());
	}

	/** A rate limiter that fails must not stop the mail. */
	private boolean within(Limit limit, InetAddress address, int perMinute) {
		if (perMinute < 0 || this.rateLimiter == null) {
			return true;
		}
		try {
			return this.rateLimiter.tryAcquire(limit, client(address), perMinute);
		}
		catch (Throwable ex) { // a class that its store needs is missing, for one
			logger.error("The rate limiter failed, {} does not hold", limit.propertyName(), ex);
			return true;
		}
	}

}
