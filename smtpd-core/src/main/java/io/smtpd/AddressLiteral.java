package io.smtpd;

import java.net.InetAddress;
import java.net.UnknownHostException;

import org.jspecify.annotations.Nullable;

/**
 * Reads an address as RFC 5321 §4.1.3 writes it, without ever asking a name server.
 */
final class AddressLiteral {

	private static final String IPV6_TAG = "IPv6:";

	private static final int GROUPS = 8;

	private AddressLiteral() {
	}

	/**
	 * Reads what stands between the brackets.
	 * @return the address, or null when it is not an IPv4 or IPv6 literal
	 */
	static @Nullable InetAddress parse(String content) {
		if (content.regionMatches(true, 0, IPV6_TAG, 0, IPV6_TAG.length())) {
			return parseIpv6(content.substring(IPV6_TAG.length()));
		}
		return parseIpv4(content);
	}

	/** {@code Snum 3("." Snum)}, each 0 to 255 of one to three digits. */
	static @Nullable InetAddress parseIpv4(String text) {
		byte[] octets = new byte[4];
		return ipv4(text, octets, 0) ? address(octets) : null;
	}

	private static boolean ipv4(String text, byte[] target, int offset) {
		String[] numbers = text.split("\\.", -1);
		if (numbers.length != 4) {
			return false;
		}
		for (int i = 0; i < 4; i++) {
			int number = number(numbers[i], 10, 3);
			if (number < 0 || number > 255) {
				return false;
			}
			target[offset + i] = (byte) number;
		}
		return true;
	}

	/** {@code IPv6-full / IPv6-comp / IPv6v4-full / IPv6v4-comp}, without the tag. */
	static @Nullable InetAddress parseIpv6(String text) {
		int gap = text.indexOf("::");
		byte[] octets = new byte[2 * GROUPS];
		if (gap < 0) {
			return (groups(text, octets, 0) == GROUPS) ? address(octets) : null;
		}
		String head = text.substring(0, gap);
		String tail = text.substring(gap + 2);
		byte[] tailOctets = new byte[2 * GROUPS];
		int before = head.isEmpty() ? 0 : groups(head, octets, 0);
		int after = tail.isEmpty() ? 0 : groups(tail, tailOctets, 0);
		if (before < 0 || after < 0 || before + after > GROUPS - 2 || head.contains(".")) {
			return null;
		}
		System.arraycopy(tailOctets, 0, octets, 2 * (GROUPS - after), 2 * after);
		return address(octets);
	}

	/** Reads groups of hexadecimal digits, the last two perhaps as IPv4. */
	private static int groups(String text, byte[] target, int offset) {
		String[] parts = text.split(":", -1);
		int count = 0;
		for (int i = 0; i < parts.length; i++) {
			boolean dotted = i == parts.length - 1 && parts[i].contains(".");
			if (count + (dotted ? 2 : 1) > GROUPS) {
				return -1;
			}
			if (dotted) {
				if (!ipv4(parts[i], target, offset + 2 * count)) {
					return -1;
				}
				count += 2;
				continue;
			}
			int group = number(parts[i], 16, 4);
			if (group < 0) {
				return -1;
			}
			target[offset + 2 * count] = (byte) (group >> 8);
			target[offset + 2 * count + 1] = (byte) group;
			count++;
		}
		return count;
	}

	private static int number(String digits, int radix, int most) {
		if (digits.isEmpty() || digits.length() > most) {
			return -1;
		}
		int number = 0;
		for (int i = 0; i < digits.length(); i++) {
			char character = digits.charAt(i);
			int digit = (character < 0x80) ? Character.digit(character, radix) : -1;
			if (digit < 0) {
				return -1;
			}
			number = number * radix + digit;
		}
		return number;
	}

	private static InetAddress address(byte[] octets) {
		try {
			return InetAddress.getByAddress(octets);
		}
		catch (UnknownHostException ex) {
			throw new IllegalStateException("4 and 16 octets are always an address", ex);
		}
	}

}
