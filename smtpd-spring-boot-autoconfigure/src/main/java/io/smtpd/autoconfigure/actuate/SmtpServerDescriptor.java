package io.smtpd.autoconfigure.actuate;

import java.net.InetSocketAddress;
import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import javax.net.ssl.SSLSession;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.smtpd.Peer;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServer.SessionInfo;
import io.smtpd.autoconfigure.actuate.SmtpServerTotals.Totals;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * What the endpoint tells of a server.
 *
 * @param accepting whether connections are accepted; not while paused or stopping
 * @param listeners each listener by name
 * @param limits each limit by the name of its property; -1 is none
 * @param totals counts since the start
 * @param sessions the live sessions, oldest first
 */
public record SmtpServerDescriptor(boolean accepting, Map<String, ListenerDescriptor> listeners,
		Map<String, Object> limits, Totals totals, List<SessionDescriptor> sessions) implements OperationResponseBody {

	/**
	 * A listener.
	 *
	 * @param address the address that it is bound to, or null when it is not
	 * @param port the port, or null
	 * @param accepting whether it accepts connections
	 * @param connections how many sessions it has
	 */
	public record ListenerDescriptor(@Nullable String address, @Nullable Integer port, boolean accepting,
			int connections) {

		static ListenerDescriptor of(SmtpServer server, String name) {
			int connections = server.activeConnections(name);
			try {
				InetSocketAddress address = server.localAddress(name);
				return new ListenerDescriptor(address.getAddress().getHostAddress(), address.getPort(),
						server.isAccepting(name), connections);
			}
			catch (IllegalStateException ex) { // it does not run, or stops at this moment
				return new ListenerDescriptor(null, null, false, connections);
			}
		}

	}

	/**
	 * A live session.
	 *
	 * @param id the session's id, which begins the ids of its messages
	 * @param peer the client's address and port
	 * @param listener the listener's name
	 * @param helo the client's HELO name, or null
	 * @param tls version and cipher suite, or null in clear text
	 * @param user who the client authenticated as, or null
	 * @param phase what the session is doing
	 * @param age how long ago the connection was accepted
	 * @param idle how long ago something was last read from it
	 * @param messages how many messages were accepted from it
	 * @param octets how many octets were read from it
	 */
	@JsonInclude(JsonInclude.Include.ALWAYS) // the same keys for every session
	public record SessionDescriptor(String id, String peer, String listener, @Nullable String helo,
			@Nullable TlsDescriptor tls, @Nullable String user, String phase, Duration age, Duration idle,
			long messages, long octets) {

		static SessionDescriptor of(SessionInfo info, Instant now) {
			Peer peer = info.peer();
			InetSocketAddress address = peer.remoteAddress();
			Principal principal = peer.principal();
			return new SessionDescriptor(peer.sessionId(), text(address), peer.listener(), peer.heloName(),
					TlsDescriptor.of(peer.tls()), (principal != null) ? principal.getName() : null,
					info.phase().name().toLowerCase(Locale.ROOT), Duration.between(info.connectedAt(), now),
					Duration.between(info.activeAt(), now), info.messages(), info.octets());
		}

		private static String text(InetSocketAddress address) {
			String host = address.getAddress().getHostAddress();
			return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
		}

	}

	/**
	 * How a session is protected.
	 *
	 * @param version the protocol, such as TLSv1.3
	 * @param cipher the cipher suite
	 */
	public record TlsDescriptor(String version, String cipher) {

		static @Nullable TlsDescriptor of(@Nullable SSLSession session) {
			return (session != null) ? new TlsDescriptor(session.getProtocol(), session.getCipherSuite()) : null;
		}

	}

}
