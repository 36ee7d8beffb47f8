package io.smtpd.autoconfigure.actuate;

import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;

import io.smtpd.SmtpServer;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * {@link HealthIndicator} of the SMTP server: up with the address and port of each
 * listener and the connections against their limit, down when a listener does not accept
 * connections, out of service while the server is stopping or paused.
 */
public class SmtpServerHealthIndicator extends AbstractHealthIndicator {

	private final SmtpServer server;

	/**
	 * Makes the indicator.
	 * @param server the server
	 */
	public SmtpServerHealthIndicator(SmtpServer server) {
		super("The state of the SMTP server cannot be determined");
		this.server = server;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		Map<String, Object> listeners = new LinkedHashMap<>();
		boolean accepting = true;
		int connections = 0;
		for (String listener : this.server.listeners()) {
			boolean open = this.server.isAccepting(listener);
			accepting &= open;
			connections += this.server.activeConnections(listener);
			listeners.put(listener, open ? address(listener) : Map.of("accepting", false));
		}
		if (this.server.isStopping() || this.server.isPaused()) {
			builder.outOfService();
		}
		else if (accepting) {
			builder.up();
		}
		else {
			builder.down();
		}
		builder.withDetail("listeners", listeners);
		builder.withDetail("connections", connections);
		builder.withDetail("maxConnections", this.server.maxConnections());
	}

	private Map<String, Object> address(String listener) {
		InetSocketAddress address = this.server.localAddress(listener);
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("address", address.getAddress().getHostAddress());
		details.put("port", address.getPort());
		return details;
	}

}
