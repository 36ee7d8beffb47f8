package io.smtpd;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.Principal;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

import io.smtpd.Peer.Protocol;
import org.jspecify.annotations.Nullable;

/**
 * The XCLIENT command as Postfix defines it: a trusted proxy tells who its client is. All
 * attributes are checked before a new peer is made of them.
 */
final class Xclient {

	private static final String UNAVAILABLE = "[UNAVAILABLE]";

	private static final String TEMPORARILY_UNAVAILABLE = "[TEMPUNAVAIL]";

	private static final String IPV6_TAG = "IPV6:";

	/** What stands for an address that nobody knows: no trusted network has it. */
	private static final InetSocketAddress UNKNOWN_ADDRESS = new InetSocketAddress("0.0.0.0", 0);

	/** The attributes, in the order in which EHLO names them. */
	enum Attribute {

		/** The client's host name, which this server has no use for. */
		NAME,

		/** The client's address. */
		ADDR,

		/** The client's port. */
		PORT,

		/** SMTP or ESMTP. */
		PROTO,

		/** The client's HELO name. */
		HELO,

		/** Who the client authenticated as. */
		LOGIN,

		/** The address that the client connected to. */
		DESTADDR,

		/** The port that the client connected to. */
		DESTPORT

	}

	private final Map<Attribute, String> values = new EnumMap<>(Attribute.class);

	private Xclient() {
	}

	/** The keyword with its attributes for the reply to EHLO. */
	static String ehloLine() {
		StringBuilder line = new StringBuilder("XCLIENT");
		for (Attribute attribute : Attribute.values()) {
			line.append(' ').append(attribute);
		}
		return line.toString();
	}

	/**
	 * Makes the peer that a command describes.
	 * @param argument what stood behind XCLIENT
	 * @param peer the peer as it is; what the command leaves out stays, but for the HELO
	 * name, the protocol and the identity of the earlier session
	 * @throws SmtpException when anything in the command is wrong
	 */
	static Peer apply(String argument, Peer peer) {
		Xclient command = new Xclient();
		for (String item : argument.split(" ", -1)) {
			command.add(item);
		}
		return command.apply(peer);
	}

	private void add(String item) {
		int equals = item.indexOf('=');
		if (equals < 1) {
			throw new SmtpException(Replies.XCLIENT_SYNTAX);
		}
		Attribute attribute = attribute(item.substring(0, equals));
		String value = Xtext.decode(item.substring(equals + 1));
		if (value == null || value.isEmpty() || this.values.put(attribute, value) != null) {
			throw bad(attribute);
		}
	}

	private static Attribute attribute(String name) {
		String upper = PathParser.isAscii(name) ? name.toUpperCase(Locale.ROOT) : name;
		for (Attribute attribute : Attribute.values()) {
			if (attribute.name().equals(upper)) {
				return attribute;
			}
		}
		throw new SmtpException(501, "5.5.4", "Unknown XCLIENT attribute");
	}

	private Peer apply(Peer peer) {
		String helo = known(Attribute.HELO);
		if (helo != null && !PathParser.isHeloName(helo)) {
			throw bad(Attribute.HELO);
		}
		String login = known(Attribute.LOGIN);
		Principal principal = (login != null) ? new AuthenticatedUser(login) : null;
		return peer.forwarded(address(Attribute.ADDR, Attribute.PORT, peer.remoteAddress()),
				address(Attribute.DESTADDR, Attribute.DESTPORT, peer.localAddress()), helo, protocol(), principal);
	}

	private Protocol protocol() {
		String name = known(Attribute.PROTO);
		if (name == null || name.equalsIgnoreCase("SMTP")) {
			return Protocol.SMTP;
		}
		if (name.equalsIgnoreCase("ESMTP")) {
			return Protocol.ESMTP;
		}
		throw bad(Attribute.PROTO);
	}

	private InetSocketAddress address(Attribute addressAttribute, Attribute portAttribute, InetSocketAddress current) {
		InetAddress address = current.getAddress();
		if (this.values.containsKey(addressAttribute)) {
			String text = known(addressAttribute);
			address = (text != null) ? parse(text, addressAttribute) : UNKNOWN_ADDRESS.getAddress();
		}
		int port = current.getPort();
		if (this.values.containsKey(portAttribute)) {
			String text = known(portAttribute);
			port = (text != null) ? port(text, portAttribute) : 0;
		}
		return new InetSocketAddress(address, port);
	}

	private static InetAddress parse(String text, Attribute attribute) {
		boolean tagged = text.regionMatches(true, 0, IPV6_TAG, 0, IPV6_TAG.length());
		InetAddress address = tagged ? AddressLiteral.parseIpv6(text.substring(IPV6_TAG.length()))
				: AddressLiteral.parseIpv4(text);
		if (address == null) {
			throw bad(attribute);
		}
		return address;
	}

	private static int port(String text, Attribute attribute) {
		int port = ProxyHeader.port(text);
		if (port < 1) {
			throw bad(attribute);
		}
		return port;
	}

	/** The value of an attribute that is given and known. */
	private @Nullable String known(Attribute attribute) {
		String value = this.values.get(attribute);
		return (UNAVAILABLE.equalsIgnoreCase(value) || TEMPORARILY_UNAVAILABLE.equalsIgnoreCase(value)) ? null : value;
	}

	private static SmtpException bad(Attribute attribute) {
		return new SmtpException(501, "5.5.4", "Bad XCLIENT value for " + attribute);
	}

}
