package io.smtpd.autoconfigure.verify;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;

import io.smtpd.autoconfigure.verify.DnsResolver.Answer;
import io.smtpd.autoconfigure.verify.DnsResolver.RecordType;
import io.smtpd.autoconfigure.verify.SpfRecord.Mechanism;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates the SPF policy of one client and one sender: the {@code check_host} function
 * (RFC 7208 §4) with all limits of §4.6.4. Explanations ({@code exp=}) are not fetched.
 * Used once, by one thread.
 */
final class SpfCheck {

	/** Terms that ask the DNS (RFC 7208 §4.6.4). */
	private static final int MAX_TERMS = 10;

	/** Questions that find nothing. */
	private static final int MAX_VOID_LOOKUPS = 2;

	private static final int MAX_NAMES = 10;

	private final DnsResolver dns;

	private final InetAddress client;

	private final String localPart;

	private final String senderDomain;

	private final String heloName;

	private int terms;

	private int voidLookups;

	private @Nullable String reason;

	/**
	 * Prepares the check.
	 * @param sender the mailbox that is checked
	 * @param heloName what the client called itself
	 */
	SpfCheck(DnsResolver dns, InetAddress client, String sender, String heloName) {
		this.dns = dns;
		this.client = client;
		int at = sender.lastIndexOf('@');
		this.localPart = (at > 0) ? sender.substring(0, at) : "postmaster"; // §4.3
		this.senderDomain = sender.substring(at + 1);
		this.heloName = heloName;
	}

	/** Evaluates the policy; to be called once. */
	SpfResult result() {
		try {
			return checkHost(this.senderDomain);
		}
		catch (SpfException ex) {
			this.reason = ex.reason();
			return ex.result();
		}
	}

	/** Returns why the result is temperror or permerror, in fixed words, else null. */
	@Nullable String reason() {
		return this.reason;
	}

	private SpfResult checkHost(String domain) throws SpfException {
		if (!isDomain(domain)) {
			return SpfResult.NONE;
		}
		List<String> records = ask(domain, RecordType.TXT).values().stream().filter(SpfRecord::isRecord).toList();
		if (records.isEmpty()) {
			return SpfResult.NONE;
		}
		if (records.size() > 1) { // §4.5
			throw new SpfException(SpfResult.PERMERROR, "several records");
		}
		SpfRecord policy = SpfRecord.parse(records.get(0));
		for (Mechanism mechanism : policy.mechanisms()) {
			if (matches(mechanism, domain)) {
				return mechanism.qualifier();
			}
		}
		if (policy.redirect() == null) {
			return SpfResult.NEUTRAL; // §4.7
		}
		countTerm();
		SpfResult result = checkHost(expand(policy.redirect(), domain));
		if (result == SpfResult.NONE) { // §6.1
			throw new SpfException(SpfResult.PERMERROR, "redirect to no policy");
		}
		return result;
	}

	/** §4.3: a name of several labels, with or without a dot at its end. */
	private static boolean isDomain(String domain) {
		String name = domain.endsWith(".") ? domain.substring(0, domain.length() - 1) : domain;
		return name.length() <= 253 && name.matches("[^.\\[\\]\\s]{1,63}(\\.[^.\\[\\]\\s]{1,63})+");
	}

	private boolean matches(Mechanism mechanism, String domain) throws SpfException {
		return switch (mechanism.name()) {
			case "all" -> true;
			case "ip4" -> inNetwork(SpfNetwork.parse(String.valueOf(mechanism.value()), false), mechanism);
			case "ip6" -> inNetwork(SpfNetwork.parse(String.valueOf(mechanism.value()), true), mechanism);
			default -> {
				countTerm();
				String target = (mechanism.value() != null) ? expand(mechanism.value(), domain) : domain;
				yield switch (mechanism.name()) {
					case "include" -> includes(target);
					case "a" -> hasAddress(target, mechanism);
					case "mx" -> hasExchanger(target, mechanism);
					case "exists" -> !askForTerm(target, RecordType.A).values().isEmpty();
					default -> validatedName(target, false) != null;
				};
			}
		};
	}

	/** §5.2. */
	private boolean includes(String target) throws SpfException {
		SpfResult result = checkHost(target);
		if (result == SpfResult.NONE) {
			throw new SpfException(SpfResult.PERMERROR, "include of no policy");
		}
		return result == SpfResult.PASS;
	}

	private boolean inNetwork(byte @Nullable [] network, Mechanism mechanism) {
		boolean ipv6 = this.client instanceof Inet6Address;
		return network != null
				&& SpfNetwork.contains(network, ipv6 ? mechanism.ipv6Prefix() : mechanism.ipv4Prefix(), this.client);
	}

	/** §5.3. */
	private boolean hasAddress(String name, Mechanism mechanism) throws SpfException {
		for (String address : askForTerm(name, addressType()).values()) {
			if (inNetwork(SpfNetwork.parse(address, this.client instanceof Inet6Address), mechanism)) {
				return true;
			}
		}
		return false;
	}

	/** §5.4. */
	private boolean hasExchanger(String name, Mechanism mechanism) throws SpfException {
		List<String> exchangers = askForTerm(name, RecordType.MX).values();
		if (exchangers.size() > MAX_NAMES) {
			throw new SpfException(SpfResult.PERMERROR, "too many MX records");
		}
		for (String exchanger : exchangers) {
			if (hasAddress(exchanger, mechanism)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Returns a name of the client that leads back to its address (§5.5): the domain
	 * itself, one below it or, when any will do (§7.3, %{p}), another.
	 */
	private @Nullable String validatedName(String domain, boolean any) throws SpfException {
		String found = null;
		int best = any ? 0 : 1;
		for (String name : clientNames()) {
			int rank = rank(name, domain);
			if (rank > best && leadsBack(name)) {
				found = name;
				best = rank;
				if (!any) {
					break;
				}
			}
		}
		return found;
	}

	/** The domain itself is better than one below it, and that than any other. */
	private static int rank(String name, String domain) {
		if (lower(name).equals(lower(domain))) {
			return 3;
		}
		return lower(name).endsWith("." + lower(domain)) ? 2 : 1;
	}

	private List<String> clientNames() throws SpfException {
		String zone = (this.client instanceof Inet6Address) ? ".ip6.arpa" : ".in-addr.arpa";
		try {
			Answer answer = this.dns.lookup(SpfNetwork.reversed(this.client) + zone, RecordType.PTR);
			countVoid(answer);
			List<String> names = answer.values();
			return names.subList(0, Math.min(MAX_NAMES, names.size()));
		}
		catch (DnsException ex) { // §5.5: then it does not match
			return List.of();
		}
	}

	private boolean leadsBack(String name) throws SpfException {
		try {
			Answer answer = this.dns.lookup(lower(name), addressType());
			countVoid(answer);
			for (String address : answer.values()) {
				byte[] octets = SpfNetwork.parse(address, this.client instanceof Inet6Address);
				if (octets != null && SpfNetwork.contains(octets, octets.length * 8, this.client)) {
					return true;
				}
			}
		}
		catch (DnsException ex) {
			return false; // §5.5: the next name
		}
		return false;
	}

	private String expand(String domainSpec, String domain) throws SpfException {
		return SpfMacros.domain(domainSpec, (letter) -> switch (letter) {
			case 's' -> this.localPart + "@" + this.senderDomain;
			case 'l' -> this.localPart;
			case 'o' -> this.senderDomain;
			case 'd' -> domain;
			case 'i' -> SpfNetwork.dotted(this.client);
			case 'v' -> (this.client instanceof Inet6Address) ? "ip6" : "in-addr";
			case 'h' -> this.heloName;
			default -> clientName(domain);
		});
	}

	private String clientName(String domain) throws SpfException {
		countTerm();
		String name = validatedName(domain, true);
		return (name != null) ? name : "unknown";
	}

	private RecordType addressType() {
		return (this.client instanceof Inet6Address) ? RecordType.AAAA : RecordType.A;
	}

	private Answer askForTerm(String name, RecordType type) throws SpfException {
		Answer answer = ask(name, type);
		countVoid(answer);
		return answer;
	}

	private Answer ask(String name, RecordType type) throws SpfException {
		String withoutDot = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
		try {
			return this.dns.lookup(lower(withoutDot), type);
		}
		catch (DnsException ex) {
			throw new SpfException(SpfResult.TEMPERROR, "DNS unavailable");
		}
	}

	private void countTerm() throws SpfException {
		if (++this.terms > MAX_TERMS) {
			throw new SpfException(SpfResult.PERMERROR, "too many DNS lookups");
		}
	}

	private void countVoid(Answer answer) throws SpfException {
		if (answer.values().isEmpty() && ++this.voidLookups > MAX_VOID_LOOKUPS) {
			throw new SpfException(SpfResult.PERMERROR, "too many DNS lookups without an answer");
		}
	}

	private static String lower(String name) {
		return name.toLowerCase(Locale.ROOT);
	}

}
