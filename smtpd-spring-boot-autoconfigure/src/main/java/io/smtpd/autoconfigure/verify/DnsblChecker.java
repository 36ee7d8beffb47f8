package io.smtpd.autoconfigure.verify;

import java.net.InetAddress;
import java.util.Collection;
import java.util.List;

import io.smtpd.ConnectionChecker;
import io.smtpd.Peer;
import io.smtpd.SmtpException;
import io.smtpd.autoconfigure.verify.DnsResolver.RecordType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns away clients whose address is on a list in the DNS (RFC 5782), with
 * {@code 554 5.7.1} and the list's own text in place of the greeting. To be declared as a
 * bean; check the terms of the lists you name, and that they answer your resolver. A list
 * that cannot be asked lets pass, as does an answer outside of 127.0.0.0/8 or inside of
 * 127.255.0.0/16, by which lists tell that they did not like the question. Loopback,
 * private and link-local addresses are not asked for. Immutable and thread-safe.
 */
public final class DnsblChecker implements ConnectionChecker {

	private static final Logger logger = LoggerFactory.getLogger(DnsblChecker.class);

	private final DnsResolver dns;

	private final List<String> zones;

	/**
	 * Makes a checker.
	 * @param dns what is asked
	 * @param zones the lists, such as {@code dnsbl.example.org}; asked in their order
	 * until one has the client
	 * @throws IllegalArgumentException when there is no list, or one is not a name
	 */
	public DnsblChecker(DnsResolver dns, Collection<String> zones) {
		if (zones.isEmpty()) {
			throw new IllegalArgumentException("A DNSBL checker needs at least one zone");
		}
		for (String zone : zones) {
			if (!zone.matches("[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63})*")) {
				throw new IllegalArgumentException(
						"DNSBL zone is '" + zone + "' but must be a domain name such as dnsbl.example.org");
			}
		}
		this.dns = dns;
		this.zones = List.copyOf(zones);
	}

	@Override
	public void check(Peer peer) {
		InetAddress address = peer.remoteAddress().getAddress();
		if (address.isAnyLocalAddress() || address.isLoopbackAddress() || address.isSiteLocalAddress()
				|| address.isLinkLocalAddress()) {
			return;
		}
		String reversed = SpfNetwork.reversed(address);
		for (String zone : this.zones) {
			if (listed(reversed + "." + zone)) {
				String text = text(reversed + "." + zone);
				throw new SmtpException(554, "5.7.1", "Client " + address.getHostAddress() + " is listed in " + zone
						+ ((text != null) ? ": " + text : ""));
			}
		}
	}

	private boolean listed(String name) {
		try {
			return this.dns.lookup(name, RecordType.A).values().stream().anyMatch(DnsblChecker::meansListed);
		}
		catch (DnsException ex) {
			logger.warn("A DNSBL cannot be asked, the client passes: {}", ex.getMessage());
			return false;
		}
	}

	private static boolean meansListed(String answer) {
		return answer.startsWith("127.") && !answer.startsWith("127.255.");
	}

	/** RFC 5782 §2.1: why it is there. */
	private @Nullable String text(String name) {
		try {
			List<String> texts = this.dns.lookup(name, RecordType.TXT).values();
			return texts.isEmpty() ? null : texts.get(0);
		}
		catch (DnsException ex) {
			return null;
		}
	}

}
