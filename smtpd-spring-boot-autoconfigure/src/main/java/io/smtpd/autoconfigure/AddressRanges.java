package io.smtpd.autoconfigure;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

import inet.ipaddr.AddressStringException;
import inet.ipaddr.AddressStringParameters.RangeParameters;
import inet.ipaddr.IPAddress;
import inet.ipaddr.IPAddressNetwork.IPAddressGenerator;
import inet.ipaddr.IPAddressString;
import inet.ipaddr.IPAddressStringParameters;
import org.jspecify.annotations.Nullable;

/**
 * Addresses and CIDR ranges (RFC 4632, RFC 4291 §2.3). Nothing is ever looked up in DNS:
 * who can change a zone must not become a trusted proxy by that. Immutable.
 */
public final class AddressRanges implements Predicate<InetAddress> {

	private static final IPAddressStringParameters SYNTAX = syntax();

	/** The library counts in an int how long a prefix is, and does not notice more. */
	private static final Pattern SHAPE = Pattern.compile("[0-9A-Fa-f:.]+(/[0-9]{1,3})?");

	private static final int IPV4_OCTETS = 4;

	/** Of an IPv4 address that is written as an IPv6 one (RFC 4291 §2.5.5.2). */
	private static final int MAPPED_PREFIX_BITS = 96;

	private final List<IPAddress> ranges;

	private AddressRanges(List<IPAddress> ranges) {
		this.ranges = ranges;
	}

	/**
	 * Reads addresses and ranges. Bits of a range beyond its prefix don't count.
	 * @param ranges such as {@code 192.0.2.10} and {@code 2001:db8::/32}
	 * @return the ranges
	 * @throws IllegalArgumentException when one of them is neither
	 */
	public static AddressRanges of(List<String> ranges) {
		return new AddressRanges(ranges.stream().map(AddressRanges::parse).toList());
	}

	/**
	 * Looks for a mistake.
	 * @param ranges what should be addresses and ranges
	 * @return the first that is neither, or null
	 */
	public static @Nullable String firstMalformed(List<String> ranges) {
		return ranges.stream().filter((range) -> !isWellFormed(range)).findFirst().orElse(null);
	}

	@Override
	public boolean test(InetAddress address) {
		IPAddress tested = new IPAddressGenerator().from(address.getAddress()); // no zone
		return this.ranges.stream().anyMatch((range) -> range.contains(tested));
	}

	@Override
	public String toString() {
		return this.ranges.toString();
	}

	private static boolean isWellFormed(String range) {
		try {
			parse(range);
			return true;
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
	}

	private static IPAddress parse(String range) {
		String text = range.strip();
		if (!SHAPE.matcher(text).matches()) {
			throw new IllegalArgumentException("'" + range + "' is neither an address nor a CIDR range");
		}
		try {
			IPAddress block = new IPAddressString(text, SYNTAX).toAddress().toPrefixBlock();
			return (block.isIPv6() && block.toIPv6().isIPv4Mapped()) ? unmapped(block) : block;
		}
		catch (AddressStringException ex) {
			throw new IllegalArgumentException("'" + range + "' is neither an address nor a CIDR range", ex);
		}
	}

	/** A client that comes over IPv4 is never an IPv6 address to the JDK. */
	private static IPAddress unmapped(IPAddress block) {
		byte[] octets = block.getLower().getBytes();
		byte[] last = Arrays.copyOfRange(octets, octets.length - IPV4_OCTETS, octets.length);
		Integer bits = block.getNetworkPrefixLength();
		return (bits != null) ? new IPAddressGenerator().from(last, bits - MAPPED_PREFIX_BITS).toPrefixBlock()
				: new IPAddressGenerator().from(last);
	}

	/** The library reads much more, such as wildcards, octal numbers and masks. */
	private static IPAddressStringParameters syntax() {
		IPAddressStringParameters.Builder syntax = new IPAddressStringParameters.Builder().allowEmpty(false)
			.allowAll(false)
			.allowSingleSegment(false)
			.allowPrefixOnly(false)
			.allowMask(false)
			.allowWildcardedSeparator(false)
			.allow_inet_aton(false)
			.setRangeOptions(RangeParameters.NO_RANGE);
		syntax.getIPv4AddressParametersBuilder().allowLeadingZeros(false).allowBinary(false);
		syntax.getIPv6AddressParametersBuilder().allowZone(false).allowBase85(false).allowBinary(false);
		return syntax.toParams();
	}

}
