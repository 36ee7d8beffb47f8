package io.smtpd.autoconfigure.verify;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

import org.jspecify.annotations.Nullable;

/** Addresses as text and their networks; never asks the DNS. */
final class SpfNetwork {

	private SpfNetwork() {
	}

	static boolean isAddress(String text, boolean ipv6) {
		return parse(text, ipv6) != null;
	}

	/** Returns an address, or null when the text is none of that kind. */
	static byte @Nullable [] parse(String text, boolean ipv6) {
		return ipv6 ? parseIpv6(text) : parseIpv4(text);
	}

	private static byte @Nullable [] parseIpv4(String text) {
		if (!text.matches("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}")) {
			return null;
		}
		byte[] octets = new byte[4];
		String[] numbers = text.split("\\.");
		for (int i = 0; i < octets.length; i++) {
			int number = Integer.parseInt(numbers[i]);
			if (number > 255) {
				return null;
			}
			octets[i] = (byte) number;
		}
		return octets;
	}

	/** What has a colon and begins so the JDK never looks up as a name. */
	private static byte @Nullable [] parseIpv6(String text) {
		if (text.indexOf(':') < 0 || !text.matches("[0-9A-Fa-f:][0-9A-Fa-f:.]{1,44}")) {
			return null;
		}
		try {
			byte[] octets = InetAddress.getByName(text).getAddress();
			return (octets.length == 4) ? mapped(octets) : octets;
		}
		catch (UnknownHostException ex) {
			return null;
		}
	}

	/** The JDK makes IPv4 of {@code ::ffff:192.0.2.1}. */
	private static byte[] mapped(byte[] ipv4) {
		byte[] octets = new byte[16];
		octets[10] = (byte) 0xFF;
		octets[11] = (byte) 0xFF;
		System.arraycopy(ipv4, 0, octets, 12, 4);
		return octets;
	}

	static boolean contains(byte[] network, int prefix, InetAddress address) {
		byte[] octets = address.getAddress();
		if (octets.length != network.length) {
			return false;
		}
		int whole = prefix / 8;
		for (int i = 0; i < whole; i++) {
			if (octets[i] != network[i]) {
				return false;
			}
		}
		int mask = (0xFF00 >> (prefix % 8)) & 0xFF;
		return whole == octets.length || (octets[whole] & mask) == (network[whole] & mask);
	}

	/** The labels of an address below in-addr.arpa or ip6.arpa (RFC 7208 §7.3). */
	static String dotted(InetAddress address) {
		if (!(address instanceof Inet6Address)) {
			return address.getHostAddress();
		}
		StringBuilder nibbles = new StringBuilder(63);
		for (byte octet : address.getAddress()) {
			nibbles.append(nibbles.isEmpty() ? "" : ".");
			nibbles.append(Character.forDigit((octet >> 4) & 0xF, 16));
			nibbles.append('.').append(Character.forDigit(octet & 0xF, 16));
		}
		return nibbles.toString();
	}

	/**
	 * The same from the last to the first, as the DNS has it (RFC 1035 §3.5, RFC 5782).
	 */
	static String reversed(InetAddress address) {
		StringBuilder result = new StringBuilder(63);
		for (String label : dotted(address).split("\\.")) {
			result.insert(0, result.isEmpty() ? label : label + ".");
		}
		return result.toString();
	}

}
