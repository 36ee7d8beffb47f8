package io.smtpd.autoconfigure;

import java.net.InetSocketAddress;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import io.smtpd.SmtpServer;

import org.springframework.context.ApplicationEvent;

/**
 * Tells that the SMTP server accepts connections; published on the starting thread, each
 * time the server starts, after the ports are in the environment.
 */
public class SmtpServerStartedEvent extends ApplicationEvent {

	private static final long serialVersionUID = 1L;

	private final transient SmtpServer server;

	/** Where each listener can be reached. */
	private final Map<String, InetSocketAddress> listeners;

	/**
	 * Makes the event.
	 * @param server the server, running
	 */
	public SmtpServerStartedEvent(SmtpServer server) {
		super(server);
		this.server = server;
		Map<String, InetSocketAddress> addresses = new LinkedHashMap<>();
		server.listeners().forEach((listener) -> addresses.put(listener, server.localAddress(listener)));
		this.listeners = Collections.unmodifiableMap(addresses);
	}

	/**
	 * Returns the server that was started.
	 * @return the server
	 */
	public SmtpServer getServer() {
		return this.server;
	}

	/**
	 * Returns where each listener can be reached, with the port in use.
	 * @return addresses by the listeners' names, in the server's order
	 */
	public Map<String, InetSocketAddress> getListeners() {
		return this.listeners;
	}

}
