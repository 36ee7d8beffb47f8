package io.smtpd.autoconfigure.verify;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

import io.smtpd.Peer;
import io.smtpd.Peer.Protocol;

/** Clients for tests. */
final class Peers {

	private Peers() {
	}

	static Peer at(String address) {
		try {
			return new Peer("1", "default", new InetSocketAddress(InetAddress.getByName(address), 4711),
					new InetSocketAddress(InetAddress.getLoopbackAddress(), 25), "client.example.org", Protocol.ESMTP,
					null, null);
		}
		catch (UnknownHostException ex) {
			throw new IllegalArgumentException(ex);
		}
	}

	static Peer authenticated() {
		Peer peer = at("192.0.2.1");
		return new Peer(peer.sessionId(), peer.listener(), peer.remoteAddress(), peer.localAddress(), peer.heloName(),
				peer.protocol(), null, () -> "alice");
	}

}
