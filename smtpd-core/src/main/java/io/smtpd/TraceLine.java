package io.smtpd;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

import javax.net.ssl.SSLSession;

import io.smtpd.Peer.Protocol;

/** Writes the Received header field (RFC 5321 §4.4, RFC 3848, RFC 6531 §3.7.3). */
final class TraceLine {

	/** RFC 5322 §3.3; the JDK's own RFC 1123 format may leave out a digit of the day. */
	private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss xx",
			Locale.ENGLISH);

	private static final String FOLD = "\r\n\t";

	/** The date of the last message: many messages come in the same second. */
	private volatile Stamp last = new Stamp(Long.MIN_VALUE, "");

	private final String hostname;

	/**
	 * Prepares the field.
	 * @param hostname this server
	 */
	TraceLine(String hostname) {
		this.hostname = hostname;
	}

	/**
	 * Writes the field, with line end.
	 * @param peer the client
	 * @param envelope the message; one recipient is named, several would be shown to each
	 * other
	 * @param when when the message came
	 */
	String of(Peer peer, Envelope envelope, Instant when) {
		StringBuilder line = new StringBuilder(256);
		line.append("Received: from ").append((peer.heloName() != null) ? peer.heloName() : "unknown");
		line.append(" (").append(literal(peer.remoteAddress().getAddress())).append(')');
		line.append(FOLD).append("by ").append(this.hostname);
		line.append(" with ").append(protocol(peer, envelope));
		line.append(" id ").append(envelope.id());
		SSLSession tls = peer.tls();
		if (tls != null) {
			line.append(FOLD).append("(version=").append(tls.getProtocol());
			line.append(" cipher=").append(tls.getCipherSuite()).append(')');
		}
		if (envelope.recipients().size() == 1) {
			line.append(FOLD).append("for <").append(envelope.recipients().get(0).forwardPath()).append('>');
		}
		line.append(';').append(FOLD).append(date(when.getEpochSecond())).append("\r\n");
		return line.toString();
	}

	private String date(long second) {
		Stamp stamp = this.last;
		if (stamp.second() != second) {
			stamp = new Stamp(second, DATE.format(Instant.ofEpochSecond(second).atOffset(ZoneOffset.UTC)));
			this.last = stamp;
		}
		return stamp.text();
	}

	/**
	 * {@code address-literal} of §4.1.3, so the name and the address cannot be mixed up.
	 */
	static String literal(InetAddress address) {
		if (address instanceof Inet6Address) {
			String text = address.getHostAddress();
			int scope = text.indexOf('%');
			return "[IPv6:" + ((scope < 0) ? text : text.substring(0, scope)) + "]";
		}
		return "[" + address.getHostAddress() + "]";
	}

	/** The registered "with" protocols: S for TLS, A for AUTH. */
	private static String protocol(Peer peer, Envelope envelope) {
		String name = peer.protocol().name();
		if (peer.protocol() == Protocol.SMTP) {
			return name; // without EHLO there is neither STARTTLS nor AUTH to tell of
		}
		if (envelope.parameters().containsKey("SMTPUTF8")) {
			name = (peer.protocol() == Protocol.LMTP) ? "UTF8LMTP" : "UTF8SMTP";
		}
		return name + (peer.secure() ? "S" : "") + (peer.authenticated() ? "A" : "");
	}

	/** A second as text. */
	private record Stamp(long second, String text) {

	}

}
