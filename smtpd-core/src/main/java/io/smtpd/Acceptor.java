package io.smtpd;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.smtpd.SmtpServer.Listener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts the connections of one listener and starts a session for each. Its thread is
 * not a daemon: it keeps the JVM alive.
 */
final class Acceptor implements Runnable {

	private static final Logger logger = LoggerFactory.getLogger(Acceptor.class);

	/** The system lowers it to its own limit. */
	private static final int BACKLOG = 4096;

	private static final long FAILURE_PAUSE_MILLIS = 200;

	private final Engine engine;

	private final Listener listener;

	private final ServerSocket serverSocket;

	private final InetSocketAddress localAddress;

	private final Thread thread;

	private final CountDownLatch closed = new CountDownLatch(1);

	/** Whether the attempt before failed, too. Touched by the accepting thread only. */
	private boolean failing;

	private Acceptor(Engine engine, Listener listener, ServerSocket serverSocket) {
		this.engine = engine;
		this.listener = listener;
		this.serverSocket = serverSocket;
		this.localAddress = (InetSocketAddress) serverSocket.getLocalSocketAddress();
		this.thread = new Thread(this, "smtpd-acceptor-" + listener.name());
	}

	static Acceptor bind(Engine engine, Listener listener) throws SmtpBindException {
		ServerSocket given = listener.serverSocket();
		if (given != null) {
			if (given.isClosed()) {
				throw new SmtpBindException(listener.name(), listener.address(),
						new SocketException("The given socket is closed"));
			}
			return new Acceptor(engine, listener, given);
		}
		try {
			ServerSocket socket = new ServerSocket();
			try {
				socket.bind(listener.address(), BACKLOG);
			}
			catch (IOException ex) {
				socket.close();
				throw ex;
			}
			return new Acceptor(engine, listener, socket);
		}
		catch (IOException ex) {
			throw new SmtpBindException(listener.name(), listener.address(), ex);
		}
	}

	/** Another acceptor for the same port, when this one was closed. */
	Acceptor bindAgain() throws SmtpBindException {
		Listener same = this.listener;
		return bind(this.engine, new Listener(same.name(), this.localAddress, same.serverSocket(), same.tls(),
				same.protocol(), same.authRequired(), same.proxies()));
	}

	InetSocketAddress localAddress() {
		return this.localAddress;
	}

	boolean accepting() {
		return this.thread.isAlive() && !this.serverSocket.isClosed();
	}

	void start() {
		this.thread.start();
		logger.info("Listener '{}' accepts connections on {}", this.listener.name(), this.localAddress);
	}

	/** Accepts no more, and returns when the thread has seen it. */
	void close() {
		this.closed.countDown();
		try {
			this.serverSocket.close();
			if (Thread.currentThread() != this.thread) { // an event of a refusal may
															// bring it here
				this.thread.join();
			}
		}
		catch (IOException ex) {
			logger.debug("Listener '{}' was not closed cleanly", this.listener.name(), ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Override
	public void run() {
		while (!this.serverSocket.isClosed()) {
			try {
				begin(this.serverSocket.accept());
				this.failing = false;
			}
			catch (Throwable ex) { // an Error, too, must not end the service for good
				pauseAfter(ex);
			}
		}
	}

	/** Out of descriptors, most likely: that passes, and a busy loop would not help. */
	private void pauseAfter(Throwable failure) {
		if (this.serverSocket.isClosed()) {
			return;
		}
		String name = this.listener.name();
		if (this.failing) { // a trace for each attempt would fill the disk as well
			logger.warn("Listener '{}' still cannot accept a connection: {}", name, failure.toString());
		}
		else {
			logger.warn("Listener '{}' cannot accept a connection, trying again", name, failure);
		}
		this.failing = true;
		try {
			if (this.closed.await(FAILURE_PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
				return;
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void begin(Socket socket) throws IOException {
		SessionTask task = null;
		try {
			socket.setTcpNoDelay(true);
			task = new SessionTask(new Session(this.engine, this.listener, new Connection(socket, this.engine)));
		}
		catch (IOException ex) {
			logger.trace("The client is gone already", ex);
		}
		finally {
			if (task == null) {
				socket.close();
			}
		}
		if (task != null) {
			execute(task);
		}
	}

	private void execute(SessionTask task) {
		if (!this.engine.sessions().takePlace()) {
			task.refuseOverLimit();
			return;
		}
		try {
			task.start();
		}
		catch (Throwable ex) {
			// rejected, out of native threads, or an executor with a fault of its own
			task.refuseUnlessBegun();
			logger.warn("There is no thread for a session of listener '{}'", this.listener.name(), ex);
		}
	}

}
