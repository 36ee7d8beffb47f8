package io.smtpd.sample;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.smtpd.Envelope;
import io.smtpd.Envelope.Recipient;
import io.smtpd.Peer;

/**
 * What is written beside a message.
 *
 * @param id the envelope's id, which is also what the client was told
 * @param sender the reverse-path, empty for {@code <>}
 * @param recipients the forward-paths
 * @param peer the client's address and port
 * @param receivedAt when the message was complete
 * @param size how many octets the stored message has
 */
@JsonPropertyOrder({ "id", "sender", "recipients", "peer", "receivedAt", "size" })
record StoredMessage(String id, String sender, List<String> recipients, String peer, Instant receivedAt, long size) {

	static StoredMessage of(Peer peer, Envelope envelope) {
		return new StoredMessage(envelope.id(), envelope.reversePath(),
				envelope.recipients().stream().map(Recipient::forwardPath).toList(), text(peer.remoteAddress()),
				Instant.now(), envelope.size());
	}

	private static String text(InetSocketAddress address) {
		String host = address.getAddress().getHostAddress();
		return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
	}

}
