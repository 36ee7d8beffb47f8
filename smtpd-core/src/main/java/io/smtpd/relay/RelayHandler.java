package io.smtpd.relay;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import javax.net.ssl.SSLContext;

import io.smtpd.Envelope;
import io.smtpd.MessageHandler;
import io.smtpd.Peer;
import io.smtpd.RecipientChecker;
import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands each message on to another SMTP server, the upstream server, while the client
 * waits: there is no queue, and the client is told that the message is accepted only when
 * the upstream server has said so.
 * <p>
 * <b>The message</b> is streamed, octet by octet as the client sent it, below the header
 * fields of the {@link HeaderSource}s. Nothing is converted: 8-bit data goes as it is
 * also to a server that does not offer 8BITMIME. What cannot be sent is refused: a bare
 * CR or LF ({@code 550 5.6.0}, RFC 5321 §2.3.8), and BODY=BINARYMIME ({@code 554 5.6.3}).
 * <p>
 * <b>The envelope</b> is kept: reverse-path, recipients, and the parameters SIZE, BODY,
 * SMTPUTF8, RET, ENVID, NOTIFY and ORCPT where the upstream server offers them; AUTH and
 * others are not passed. Where it does not offer SMTPUTF8, addresses that need it get
 * {@code 553 5.6.7} and a header that does {@code 554 5.6.9}.
 * <p>
 * <b>The answers</b>: a refusal by the upstream server goes to the client with code,
 * enhanced status code and text; a {@code 421} as {@code 451}, for the client's session
 * can go on. When one recipient is refused, the message is refused for all with that
 * reply, and nobody gets it. What is wrong with the connection, and what the upstream
 * server refuses before MAIL, is temporary: {@code 451} with {@code 4.4.1} (no
 * connection), {@code 4.4.2} (timeout, or connection lost), {@code 4.4.5} (too many at
 * once), {@code 4.5.0} (not SMTP), {@code 4.7.0} (credentials refused), {@code 4.7.5} (no
 * TLS), else the server's own status. Too many Received header fields are
 * {@code 554 5.4.6}.
 * <p>
 * When the connection is lost after the final dot, nobody knows whether the upstream
 * server has the message. The client is told to try again, so that it may come twice but
 * is never lost (RFC 5321 §4.5.5, RFC 1047).
 * <p>
 * Thread-safe; each call holds one connection. A thread looks after the deadlines, so
 * close the handler when it is no longer needed.
 */
public final class RelayHandler implements MessageHandler, AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(RelayHandler.class);

	/** Lines that are not empty, each with its CRLF. */
	private static final Pattern HEADER_FIELDS = Pattern.compile("(?:[^\\r\\n]++\\r\\n)++");

	private final RelaySettings settings;

	private final ConnectionPool pool;

	RelayHandler(RelaySettings settings, Duration idleTimeout) {
		this.settings = settings;
		this.pool = new ConnectionPool(settings, idleTimeout);
	}

	/**
	 * Begins the configuration of a relay.
	 * @param host the upstream server's name or address; its certificate must name it
	 * @return a builder in which every other option has its default
	 */
	public static Builder to(String host) {
		return new Builder(host);
	}

	/**
	 * Hands a message on.
	 * @param peer the client
	 * @param envelope the message
	 * @throws SmtpException when it was not accepted, with the reply as described above
	 * @throws Exception when the mail data cannot be read, or a {@link HeaderSource}
	 * fails
	 */
	@Override
	public void handle(Peer peer, Envelope envelope) throws Exception {
		long deadline = System.nanoTime() + this.settings.timeout().toNanos();
		HeaderScan scan;
		try (InputStream data = envelope.mailData()) {
			scan = HeaderScan.of(data);
		}
		if (this.settings.maxHops() >= 0 && scan.hops() > this.settings.maxHops()) {
			throw new SmtpException(RelayReplies.TOO_MANY_HOPS); // RFC 5321 §6.3
		}
		String fields = headerFields(peer, envelope);
		boolean ascii = scan.ascii() && EnvelopeCommands.isAscii(fields);
		byte[] octets = fields.getBytes(StandardCharsets.UTF_8);
		converse(envelope.id(), deadline, (upstream) -> {
			SmtpReply reply = new UpstreamTransaction(upstream).send(envelope, octets, ascii);
			logger.debug("{} is with {}: {}", envelope.id(), this.settings, reply);
		});
	}

	private String headerFields(Peer peer, Envelope envelope) throws Exception {
		StringBuilder all = new StringBuilder();
		for (HeaderSource source : this.settings.headerSources()) {
			String fields = source.headerFields(peer, envelope);
			if (!fields.isEmpty() && !HEADER_FIELDS.matcher(fields).matches()) {
				throw new IllegalStateException("Header fields must end in CRLF and have no empty line: " + source);
			}
			all.insert(0, fields);
		}
		return all.toString();
	}

	/**
	 * Returns a checker that asks the upstream server about each recipient while the
	 * client waits for the reply to RCPT, in a transaction of its own that is given up
	 * again. Refusals and faults are as those of a message. It uses this handler's
	 * connections and ends with it.
	 * @return the checker
	 */
	public RecipientChecker recipientChecker() {
		return (peer, reversePath, forwardPath) -> {
			Duration patience = (this.settings.readTimeout().compareTo(this.settings.timeout()) < 0)
					? this.settings.readTimeout() : this.settings.timeout();
			converse(peer.sessionId(), System.nanoTime() + patience.toNanos(),
					(upstream) -> new UpstreamTransaction(upstream).verify(reversePath, forwardPath));
		};
	}

	/**
	 * Looks whether the upstream server can be used: connects anew, says EHLO, does TLS
	 * and authentication as configured, and says goodbye. Takes no longer than the
	 * connect timeout, and twice that when the connection is hard to make.
	 * @return what was found; never throws
	 */
	public RelayProbe probe() {
		long start = System.nanoTime();
		try {
			UpstreamConnection upstream = this.pool.open(start + this.settings.connectTimeout().toNanos());
			upstream.quit();
			return new RelayProbe(true, upstream.secure(), upstream.greeting(), null, since(start));
		}
		catch (IOException | RuntimeException ex) {
			String problem = Objects.requireNonNullElse(ex.getMessage(), ex.toString());
			return new RelayProbe(false, false, null, problem, since(start));
		}
	}

	private static Duration since(long start) {
		return Duration.ofNanos(System.nanoTime() - start);
	}

	/**
	 * Runs a dialogue on a connection of the pool. One that was idle may end at any
	 * moment; before mail data was begun nothing can be doubled, so the dialogue is begun
	 * once more on a fresh one.
	 */
	private void converse(String id, long deadline, Conversation conversation) throws IOException {
		this.pool.acquire(deadline);
		try {
			UpstreamConnection used = this.pool.reuse(deadline);
			if (used == null || !converseAgain(used, conversation)) {
				converse(this.pool.open(deadline), conversation);
			}
		}
		catch (UpstreamException ex) {
			logger.warn("{} cannot be relayed to {}: {}", id, this.settings, ex.getMessage());
			throw new SmtpException(ex.reply(), ex);
		}
		finally {
			this.pool.release();
		}
	}

	private boolean converseAgain(UpstreamConnection used, Conversation conversation) throws IOException {
		try {
			converse(used, conversation);
			return true;
		}
		catch (UpstreamException ex) {
			if (used.inData() || !ex.isLost()) {
				throw ex;
			}
			logger.debug("An idle connection to {} was gone: {}", this.settings, ex.getMessage());
			return false;
		}
	}

	private void converse(UpstreamConnection upstream, Conversation conversation) throws IOException {
		boolean ended = false;
		try {
			conversation.with(upstream);
			ended = true;
		}
		catch (SmtpException ex) {
			ended = true; // refused, but in good order
			throw ex;
		}
		finally {
			if (!ended) {
				upstream.abort();
			}
			this.pool.giveBack(upstream);
		}
	}

	/**
	 * Closes all connections, also those in use: their clients are told to try again
	 * later, {@code 451}. May be called any number of times.
	 */
	@Override
	public void close() {
		this.pool.close();
	}

	/**
	 * Shows where mail goes.
	 * @return host and port
	 */
	@Override
	public String toString() {
		return "RelayHandler[" + this.settings + "]";
	}

	/** What is said on a connection. */
	@FunctionalInterface
	private interface Conversation {

		void with(UpstreamConnection upstream) throws IOException;

	}

	/**
	 * Configures a relay. Every option but the host has a default. Not thread-safe.
	 */
	public static final class Builder {

		private final String host;

		private int port = 25;

		private RelayTls tls = RelayTls.STARTTLS;

		private Supplier<SSLContext> sslContext = Builder::defaultContext;

		private @Nullable String username;

		private @Nullable String password;

		private @Nullable String heloName;

		private Duration connectTimeout = Duration.ofSeconds(30);

		private Duration readTimeout = Duration.ofMinutes(5);

		private Duration timeout = Duration.ofMinutes(10);

		private int poolSize = 8;

		private int maxHops = 100;

		private final List<HeaderSource> headerSources = new ArrayList<>();

		private Builder(String host) {
			require(!host.isBlank(), "host", host, "a host name or an address");
			this.host = host;
		}

		/**
		 * Sets the upstream server's port.
		 * @param newPort 1 to 65535; 25 unless set
		 * @return this builder
		 */
		public Builder port(int newPort) {
			require(newPort > 0 && newPort < 65536, "port", newPort, "1 to 65535");
			this.port = newPort;
			return this;
		}

		/**
		 * Sets what to do about TLS.
		 * @param newTls the way; {@link RelayTls#STARTTLS} unless set
		 * @return this builder
		 */
		public Builder tls(RelayTls newTls) {
			this.tls = newTls;
			return this;
		}

		/**
		 * Sets where the SSL context comes from; it is asked at each handshake.
		 * @param supplier gives the context; the JVM's default unless set
		 * @return this builder
		 */
		public Builder sslContext(Supplier<SSLContext> supplier) {
			this.sslContext = supplier;
			return this;
		}

		/**
		 * Sets the user for AUTH PLAIN or LOGIN (RFC 4954), which is sent inside TLS or
		 * to this machine only. A server that does not take it gets no mail.
		 * @param newUsername the user name
		 * @param newPassword the password
		 * @return this builder
		 */
		public Builder credentials(String newUsername, String newPassword) {
			this.username = newUsername;
			this.password = newPassword;
			return this;
		}

		/**
		 * Sets the name in EHLO.
		 * @param name a domain or an address literal; the connection's own address as a
		 * literal unless set (RFC 5321 §4.1.4)
		 * @return this builder
		 */
		public Builder heloName(String name) {
			boolean word = !name.isEmpty() && name.chars().allMatch((character) -> character > ' ' && character < 0x7F);
			require(word, "heloName", name, "a domain or an address literal");
			this.heloName = name;
			return this;
		}

		/**
		 * Sets how long a connection may take, the look-up of the name not included, and
		 * how long to wait for one of the pool.
		 * @param limit more than zero; 30 seconds unless set
		 * @return this builder
		 */
		public Builder connectTimeout(Duration limit) {
			this.connectTimeout = positive("connectTimeout", limit);
			return this;
		}

		/**
		 * Sets how long the upstream server may take for a reply, or not read what is
		 * sent.
		 * @param limit more than zero; 5 minutes unless set (RFC 5321 §4.5.3.2)
		 * @return this builder
		 */
		public Builder readTimeout(Duration limit) {
			this.readTimeout = positive("readTimeout", limit);
			return this;
		}

		/**
		 * Sets how long one message may take in all.
		 * @param limit more than zero; 10 minutes unless set, as long as a client waits
		 * for the reply to the final dot (RFC 5321 §4.5.3.2.6)
		 * @return this builder
		 */
		public Builder timeout(Duration limit) {
			this.timeout = positive("timeout", limit);
			return this;
		}

		/**
		 * Sets how many connections there may be at once. A message waits for one as long
		 * as the connect timeout; those without work are kept for 30 seconds.
		 * @param size at least 1; 8 unless set
		 * @return this builder
		 */
		public Builder poolSize(int size) {
			require(size > 0, "poolSize", size, "at least 1");
			this.poolSize = size;
			return this;
		}

		/**
		 * Sets how many Received header fields a message may have (RFC 5321 §6.3), that
		 * of this server included.
		 * @param limit at least 1, or -1 for any number; 100 unless set
		 * @return this builder
		 */
		public Builder maxHops(int limit) {
			require(limit > 0 || limit == -1, "maxHops", limit, "at least 1, or -1");
			this.maxHops = limit;
			return this;
		}

		/**
		 * Adds a source of header fields, such as a signer.
		 * @param source gives header fields for each message
		 * @return this builder
		 */
		public Builder headerSource(HeaderSource source) {
			this.headerSources.add(Objects.requireNonNull(source, "source"));
			return this;
		}

		/**
		 * Makes the handler. It connects when it is needed.
		 * @return the handler, to be closed
		 */
		public RelayHandler build() {
			return build(ConnectionPool.IDLE_TIMEOUT);
		}

		RelayHandler build(Duration idleTimeout) {
			RelaySettings settings = new RelaySettings(this.host, this.port, this.tls, this.sslContext, this.username,
					this.password, this.heloName, this.connectTimeout, this.readTimeout, this.timeout, this.poolSize,
					this.maxHops, List.copyOf(this.headerSources));
			return new RelayHandler(settings, idleTimeout);
		}

		private static SSLContext defaultContext() {
			try {
				return SSLContext.getDefault();
			}
			catch (NoSuchAlgorithmException ex) {
				throw new IllegalStateException("There is no default SSL context", ex);
			}
		}

		private static Duration positive(String option, Duration value) {
			require(value.toNanos() > 0, option, value, "more than zero");
			return value;
		}

		private static void require(boolean condition, String option, Object value, String allowed) {
			if (!condition) {
				throw new IllegalArgumentException(option + " cannot be " + value + ": allowed is " + allowed);
			}
		}

	}

}
