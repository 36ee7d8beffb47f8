package io.smtpd.autoconfigure.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.smtpd.SmtpServer;

/**
 * Shows how many connections each listener of a server has, and how many the server may
 * have; -1 when that is not limited.
 */
public class SmtpServerMeterBinder implements MeterBinder {

	private final SmtpServer server;

	/**
	 * Makes the binder.
	 * @param server the server, started or not
	 */
	public SmtpServerMeterBinder(SmtpServer server) {
		this.server = server;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		for (String listener : this.server.listeners()) {
			Gauge.builder("smtpd.connections.active", this.server, (server) -> server.activeConnections(listener))
				.description("Connections that are open")
				.tag("listener", listener)
				.register(registry);
			Gauge.builder("smtpd.connections.max", this.server, SmtpServer::maxConnections)
				.description("Connections that may be open at once, over all listeners; -1 if not limited")
				.tag("listener", listener)
				.register(registry);
		}
	}

}
