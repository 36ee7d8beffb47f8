package io.smtpd.relay;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

import io.smtpd.SmtpReply;

/**
 * A connection to the upstream server: commands out, replies in, each wait under a
 * deadline.
 * <p>
 * One thread at a time reads and writes. Reads and writes are untimed; the pool's sweeper
 * looks at the deadline and closes the socket under a wait that is past due, since a
 * socket timeout starts anew with every octet and never ends a blocked write. It is
 * always the bare socket that is closed: closing TLS would wait behind what blocks.
 */
final class UpstreamConnection {

	/** RFC 8996: nothing older. */
	private static final Set<String> TLS_PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");

	private static final int OUTPUT_OCTETS = 16 * 1024;

	private final RelaySettings settings;

	private final Socket transport;

	private ReplyReader replies;

	private OutputStream output;

	private Map<String, String> extensions = Map.of();

	private String greeting = "";

	private boolean secure;

	private boolean inData;

	/** When the whole of what is being done must be over. */
	private long lastDeadline;

	private volatile long deadline;

	private volatile boolean waiting;

	private volatile boolean timedOut;

	private volatile boolean cut;

	private volatile boolean closed;

	private volatile long idleSince;

	UpstreamConnection(RelaySettings settings, Socket transport, long lastDeadline) throws IOException {
		this.settings = settings;
		this.transport = transport;
		this.lastDeadline = lastDeadline;
		this.replies = new ReplyReader(transport.getInputStream());
		this.output = guarded(transport.getOutputStream());
	}

	// What is known about the server

	String greeting() {
		return this.greeting;
	}

	void greeted(String text) {
		this.greeting = text;
	}

	void offers(Map<String, String> newExtensions) {
		this.extensions = Map.copyOf(newExtensions);
	}

	/** Whether EHLO named a service extension. */
	boolean offers(String keyword) {
		return this.extensions.containsKey(keyword);
	}

	/** What EHLO said behind the keyword; empty for an extension that is not offered. */
	String parameters(String keyword) {
		return this.extensions.getOrDefault(keyword, "");
	}

	boolean secure() {
		return this.secure;
	}

	InetSocketAddress localAddress() {
		return (InetSocketAddress) this.transport.getLocalSocketAddress();
	}

	boolean toLoopback() {
		return this.transport.getInetAddress().isLoopbackAddress();
	}

	// The dialogue

	/** Begins something that must be over by then, as {@link System#nanoTime()}. */
	void begin(long newLastDeadline) {
		this.lastDeadline = newLastDeadline;
		this.inData = false;
	}

	/**
	 * Gathers a command; it is written before the next wait for a reply.
	 * @throws IllegalArgumentException when the command would be more than one line
	 */
	void command(String line) throws IOException {
		if (line.chars().anyMatch((character) -> character < ' ' || character == 0x7F)) {
			throw new IllegalArgumentException("A command must not hold control characters");
		}
		this.output.write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * Reads the next reply, after what was gathered is written.
	 * @throws UpstreamException when there is none, or when it is a 421, behind which no
	 * other comes
	 */
	SmtpReply reply() throws IOException {
		flush();
		return read();
	}

	/** Reads the next reply, whether or not what was gathered can be written. */
	SmtpReply read() throws UpstreamException {
		SmtpReply reply;
		beginWait();
		try {
			reply = this.replies.read();
		}
		catch (IOException ex) {
			throw failed(ex);
		}
		finally {
			this.waiting = false;
		}
		if (reply.closesSession()) {
			abort();
			throw new UpstreamException(RelayReplies.passedOn(reply), null);
		}
		return reply;
	}

	/** Sends a command and reads its reply. */
	SmtpReply ask(String line) throws IOException {
		command(line);
		return reply();
	}

	void flush() throws IOException {
		this.output.flush();
	}

	/** Begins mail data; what is written there goes out as it is. */
	OutputStream data() {
		this.inData = true;
		return this.output;
	}

	/** Whether mail data was begun, so that nothing may be sent a second time. */
	boolean inData() {
		return this.inData;
	}

	/**
	 * Goes on in TLS.
	 * @throws UpstreamException when there is none; nothing goes on in clear text
	 */
	void startTls() throws UpstreamException {
		try {
			if (this.replies.hasInput()) { // would count as said inside TLS
				throw new SSLException("The upstream server sent more than its reply to STARTTLS");
			}
			SSLSocket socket = (SSLSocket) this.settings.sslContext()
				.get()
				.getSocketFactory()
				.createSocket(this.transport, this.settings.host(), this.settings.port(), true);
			SSLParameters parameters = socket.getSSLParameters();
			parameters.setEndpointIdentificationAlgorithm("HTTPS"); // RFC 2818 §3.1
			parameters.setProtocols(
					Stream.of(parameters.getProtocols()).filter(TLS_PROTOCOLS::contains).toArray(String[]::new));
			socket.setSSLParameters(parameters);
			beginWait();
			socket.startHandshake();
			this.replies = new ReplyReader(socket.getInputStream());
			this.output = guarded(socket.getOutputStream());
			this.secure = true;
		}
		catch (IOException | RuntimeException ex) { // such as a context that is not there
			UpstreamException failure = failed(ex);
			throw failure.isLost() ? new UpstreamException(RelayReplies.NOT_SECURE, ex) : failure;
		}
		finally {
			this.waiting = false;
		}
	}

	private OutputStream guarded(OutputStream target) {
		return new BufferedOutputStream(new GuardedOutput(target), OUTPUT_OCTETS);
	}

	private void beginWait() {
		long next = System.nanoTime() + this.settings.readTimeout().toNanos();
		this.deadline = (next - this.lastDeadline < 0) ? next : this.lastDeadline;
		this.waiting = true;
	}

	private UpstreamException failed(Exception cause) {
		boolean byDeadline = this.timedOut;
		boolean byUs = this.cut;
		abort();
		if (byDeadline) {
			return new UpstreamException(RelayReplies.TIMEOUT, null);
		}
		if (byUs) {
			return new UpstreamException(RelayReplies.CLOSED, null);
		}
		return (cause instanceof UpstreamException failure) ? failure : new UpstreamException(RelayReplies.LOST, cause);
	}

	// The end, which other threads may bring about

	boolean isOpen() {
		return !this.closed && !this.timedOut && !this.cut;
	}

	/** Closes at once: mail data that was begun never gets its end. */
	void abort() {
		this.closed = true;
		closeTransport();
	}

	/** Ends whatever the connection is used for. Called by another thread. */
	void cut() {
		this.cut = true;
		closeTransport();
	}

	/** Says goodbye, without waiting for an answer, on a connection that is not used. */
	void quit() {
		try {
			command("QUIT");
			flush();
		}
		catch (IOException ex) {
			// gone already, which is what was wanted
		}
		abort();
	}

	void idle() {
		this.idleSince = System.nanoTime();
	}

	long idleSince() {
		return this.idleSince;
	}

	/** Closes the socket under a wait that is past due. Called by the sweeper. */
	void checkDeadline(long now) {
		// the flag before the deadline: they are set the other way round
		if (this.waiting && now - this.deadline >= 0) {
			this.timedOut = true;
			closeTransport();
		}
	}

	private void closeTransport() {
		try {
			this.transport.close();
		}
		catch (IOException ex) {
			// there is no more to be done about it
		}
	}

	/** What is written to the socket, each piece under a deadline. */
	private final class GuardedOutput extends OutputStream {

		private final OutputStream target;

		GuardedOutput(OutputStream target) {
			this.target = target;
		}

		@Override
		public void write(int octet) throws IOException {
			write(new byte[] { (byte) octet }, 0, 1);
		}

		@Override
		public void write(byte[] octets, int from, int length) throws IOException {
			beginWait();
			try {
				this.target.write(octets, from, length);
				this.target.flush();
			}
			catch (IOException ex) {
				throw writeFailed(ex);
			}
			finally {
				UpstreamConnection.this.waiting = false;
			}
		}

		/** The socket stays open: what the server said at last may be there to read. */
		private UpstreamException writeFailed(IOException cause) {
			if (UpstreamConnection.this.timedOut || UpstreamConnection.this.cut) {
				return failed(cause);
			}
			return new UpstreamException(RelayReplies.LOST, cause);
		}

	}

}
