package io.smtpd.autoconfigure.relay;

import java.net.InetAddress;
import java.util.List;

import io.smtpd.Peer;
import io.smtpd.RecipientChecker;
import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;
import io.smtpd.autoconfigure.AddressRanges;

/**
 * Lets clients of the allowed networks relay, and those that authenticated themselves.
 * Immutable.
 */
final class RelayAccess implements RecipientChecker {

	private static final SmtpReply DENIED = SmtpReply.of(554, "5.7.1", "Relay access denied");

	private final AddressRanges allowed;

	RelayAccess(List<String> allowedNetworks) {
		this.allowed = AddressRanges.of(allowedNetworks);
	}

	@Override
	public void check(Peer peer, String reversePath, String forwardPath) {
		InetAddress address = peer.remoteAddress().getAddress(); // null: unresolved
		if (!peer.authenticated() && (address == null || !this.allowed.test(address))) {
			throw new SmtpException(DENIED);
		}
	}

}
