package io.smtpd;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Reads the header by which a proxy tells whose connection it hands on, version 1 or 2 of
 * HAProxy's PROXY protocol, before the first octet of TLS or SMTP.
 *
 * @param source the client's address and port
 * @param destination the address and port that the client connected to
 */
record ProxyHeader(InetSocketAddress source, InetSocketAddress destination) {

	private static final byte[] V1_PREFIX = "PROXY ".getBytes(StandardCharsets.US_ASCII);

	private static final byte[] V2_SIGNATURE = { '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n' };

	/** The specification's §2.1: the longest line, CRLF included. */
	private static final int V1_MOST_OCTETS = 107;

	private static final int V2_FIXED_OCTETS = 16;

	private static final int TCP_OVER_IPV4 = 0x11;

	private static final int TCP_OVER_IPV6 = 0x21;

	/**
	 * The specification's §2.2: UNSPEC and what is valid, but nothing that a mail client
	 * comes by; such a connection counts as the proxy's own.
	 */
	private static final Set<Integer> OTHER_FAMILIES = Set.of(0x00, 0x12, 0x22, 0x31, 0x32);

	private static final int IPV4_ADDRESSES = 12;

	private static final int IPV6_ADDRESSES = 36;

	/**
	 * Reads a header off a connection.
	 * @param deadline for all of it, as {@link System#nanoTime()}
	 * @return the addresses, or null when the proxy speaks for itself or does not know
	 * @throws MalformedException when it is not a header
	 * @throws ConnectionEndedException when the client is gone
	 */
	static @Nullable ProxyHeader read(Connection connection, long deadline) throws IOException {
		ensure(connection, V1_PREFIX.length, deadline);
		byte[] start = copy(connection, V1_PREFIX.length);
		if (Arrays.equals(start, V1_PREFIX)) {
			return v1(connection, deadline);
		}
		if (!Arrays.equals(start, 0, V1_PREFIX.length, V2_SIGNATURE, 0, V1_PREFIX.length)) {
			throw new MalformedException();
		}
		return v2(connection, deadline);
	}

	private static void ensure(Connection connection, int octets, long deadline) throws IOException {
		while (connection.input().length() < octets) {
			connection.fill(false, deadline);
		}
	}

	private static byte[] copy(Connection connection, int octets) {
		InputBuffer input = connection.input();
		return Arrays.copyOfRange(input.octets(), input.position(), input.position() + octets);
	}

	private static void consume(Connection connection, int octets) {
		InputBuffer input = connection.input();
		input.consumeTo(input.position() + octets);
	}

	private static @Nullable ProxyHeader v1(Connection connection, long deadline) throws IOException {
		int length = 0;
		do {
			length++;
			if (length > V1_MOST_OCTETS) {
				throw new MalformedException();
			}
			ensure(connection, length, deadline);
		}
		while (connection.input().octets()[connection.input().position() + length - 1] != '\n');
		String line = new String(copy(connection, length), StandardCharsets.ISO_8859_1);
		consume(connection, length);
		if (!line.endsWith("\r\n")) {
			throw new MalformedException();
		}
		String[] words = line.substring(0, length - 2).split(" ", -1);
		if (words[1].equals("UNKNOWN")) {
			return null;
		}
		if (words.length != 6 || !(words[1].equals("TCP4") || words[1].equals("TCP6"))) {
			throw new MalformedException();
		}
		return new ProxyHeader(v1Address(words[1], words[2], words[4]), v1Address(words[1], words[3], words[5]));
	}

	private static InetSocketAddress v1Address(String family, String address, String port) throws MalformedException {
		InetAddress parsed = family.equals("TCP4") ? AddressLiteral.parseIpv4(address)
				: AddressLiteral.parseIpv6(address);
		int number = port(port);
		if (parsed == null || number < 0) {
			throw new MalformedException();
		}
		return new InetSocketAddress(parsed, number);
	}

	/** Reads a decimal port without leading zeros; -1 when it is none. */
	static int port(String text) {
		if (text.isEmpty() || text.length() > 5 || (text.length() > 1 && text.charAt(0) == '0')
				|| !text.chars().allMatch((digit) -> digit >= '0' && digit <= '9')) {
			return -1;
		}
		int port = Integer.parseInt(text);
		return (port <= 65535) ? port : -1;
	}

	private static @Nullable ProxyHeader v2(Connection connection, long deadline) throws IOException {
		ensure(connection, V2_FIXED_OCTETS, deadline);
		ByteBuffer fixed = ByteBuffer.wrap(copy(connection, V2_FIXED_OCTETS));
		consume(connection, V2_FIXED_OCTETS);
		byte[] signature = new byte[V2_SIGNATURE.length];
		fixed.get(signature);
		int versionAndCommand = fixed.get();
		int familyAndTransport = fixed.get();
		int length = fixed.getShort() & 0xFFFF;
		if (!Arrays.equals(signature, V2_SIGNATURE) || (versionAndCommand != 0x20 && versionAndCommand != 0x21)) {
			throw new MalformedException();
		}
		boolean local = versionAndCommand == 0x20;
		ProxyHeader header = null;
		int used = 0;
		if (!local && familyAndTransport == TCP_OVER_IPV4) {
			used = IPV4_ADDRESSES;
			header = v2Addresses(connection, 4, used, length, deadline);
		}
		else if (!local && familyAndTransport == TCP_OVER_IPV6) {
			used = IPV6_ADDRESSES;
			header = v2Addresses(connection, 16, used, length, deadline);
		}
		else if (!local && !OTHER_FAMILIES.contains(familyAndTransport)) {
			throw new MalformedException();
		}
		skip(connection, length - used, deadline);
		return header;
	}

	private static ProxyHeader v2Addresses(Connection connection, int addressOctets, int octets, int length,
			long deadline) throws IOException {
		if (length < octets) {
			throw new MalformedException();
		}
		ensure(connection, octets, deadline);
		ByteBuffer buffer = ByteBuffer.wrap(copy(connection, octets));
		consume(connection, octets);
		InetAddress source = v2Address(buffer, addressOctets);
		InetAddress destination = v2Address(buffer, addressOctets);
		return new ProxyHeader(new InetSocketAddress(source, buffer.getShort() & 0xFFFF),
				new InetSocketAddress(destination, buffer.getShort() & 0xFFFF));
	}

	private static InetAddress v2Address(ByteBuffer buffer, int octets) throws UnknownHostException {
		byte[] address = new byte[octets];
		buffer.get(address);
		return InetAddress.getByAddress(address);
	}

	/** Drops the type-length-value fields without storing them. */
	private static void skip(Connection connection, int octets, long deadline) throws IOException {
		int left = octets;
		while (left > 0) {
			ensure(connection, 1, deadline);
			int count = Math.min(left, connection.input().length());
			consume(connection, count);
			left -= count;
		}
	}

	/** What came is not a header: the connection cannot be used. */
	static final class MalformedException extends IOException {

		private static final long serialVersionUID = 1L;

	}

}
