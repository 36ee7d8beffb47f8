package io.smtpd;

import java.io.IOException;
import java.net.InetSocketAddress;

/**
 * A listener could not be bound to its address: the port is taken or privileged, or the
 * address is not one of this machine.
 */
public class SmtpBindException extends IOException {

	private static final long serialVersionUID = 1L;

	private final String listener;

	private final InetSocketAddress address;

	/**
	 * Tells which listener failed.
	 * @param listener the listener's name
	 * @param address the address and port that it was to be bound to
	 * @param cause what the system said
	 */
	public SmtpBindException(String listener, InetSocketAddress address, IOException cause) {
		super("Listener '" + listener + "' cannot be bound to " + address + ": " + cause.getMessage(), cause);
		this.listener = listener;
		this.address = address;
	}

	/**
	 * Returns which listener failed.
	 * @return the name
	 */
	public String listener() {
		return this.listener;
	}

	/**
	 * Returns what the listener was to be bound to.
	 * @return address and port
	 */
	public InetSocketAddress address() {
		return this.address;
	}

}
