package io.smtpd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;

import io.smtpd.Peer.Protocol;
import io.smtpd.SessionListener.Limit;
import io.smtpd.SessionListener.MessageOutcome;
import io.smtpd.SmtpServer.Phase;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A mail transaction (RFC 5321 §3.3): begun by MAIL, filled by RCPT, ended by the mail
 * data. It is the envelope that the handlers get.
 */
final class Transaction implements Envelope {

	private static final Logger logger = LoggerFactory.getLogger(Session.class);

	/** RFC 5321 §4.5.3.1.10: so many recipients too many are no offence. */
	private static final int OVERSHOOT = 1000;

	private static final byte[] NOTHING = {};

	private final Session session;

	private final Settings settings;

	private final String id;

	private final String reversePath;

	private final Map<String, String> parameters;

	private final List<Recipient> recipients = new ArrayList<>(4);

	private int refusedRecipients;

	private int recipientsOverLimit;

	private @Nullable MailData mailData;

	private byte[] traceLine = NOTHING;

	private Transaction(Session session, String id, String reversePath, Map<String, String> parameters) {
		this.session = session;
		this.settings = session.engine().settings();
		this.id = id;
		this.reversePath = reversePath;
		this.parameters = parameters;
	}

	/** The MAIL command (§4.1.1.2): no transaction unless everything in it is right. */
	static Transaction mail(Session session, String id, String argument) {
		PathParser parser = behind("FROM:", argument, Replies.MAIL_SYNTAX);
		String path = parser.reversePath();
		Map<String, String> parameters = parser.parameters();
		Transaction transaction = new Transaction(session, id, path, Parameters.unmodifiable(parameters));
		transaction.checkParameters(parameters.keySet(), EsmtpExtension::mailParameters,
				(extension, peer) -> extension.checkMail(peer, path, transaction.parameters));
		transaction.checkCharacters(path);
		for (SenderChecker checker : transaction.settings.senderCheckers()) {
			session.callbacks().run(Replies.LOCAL_ERROR, () -> checker.check(session.peer(), path));
		}
		return transaction;
	}

	private static PathParser behind(String keyword, String argument, SmtpReply problem) {
		if (!argument.regionMatches(true, 0, keyword, 0, keyword.length())) {
			throw new SmtpException(problem);
		}
		return new PathParser(argument, keyword.length());
	}

	/** The RCPT command (§4.1.1.3). */
	SmtpReply rcpt(String argument) {
		if (SmtpLimits.exceeds(this.recipients.size() + 1L, this.settings.maxRecipients())) {
			if (this.recipientsOverLimit++ == 0) {
				this.session.limitReached(Limit.MAX_RECIPIENTS);
			}
			return Replies.TOO_MANY_RECIPIENTS;
		}
		this.refusedRecipients++; // until it is accepted
		PathParser parser = behind("TO:", argument, Replies.RCPT_SYNTAX);
		String path = parser.forwardPath();
		Recipient recipient = new Recipient(path, parser.parameters());
		checkParameters(recipient.parameters().keySet(), EsmtpExtension::rcptParameters,
				(extension, peer) -> extension.checkRcpt(peer, path, recipient.parameters()));
		checkCharacters(path);
		for (RecipientChecker checker : this.settings.recipientCheckers()) {
			this.session.callbacks()
				.run(Replies.LOCAL_ERROR, () -> checker.check(this.session.peer(), this.reversePath, path));
		}
		this.refusedRecipients--;
		this.recipients.add(recipient);
		return Replies.RECIPIENT_OK;
	}

	/** A parameter is taken only from an extension that is offered (§4.1.1.11). */
	private void checkParameters(Set<String> keywords, Function<EsmtpExtension, Set<String>> known,
			BiConsumer<EsmtpExtension, Peer> check) {
		if (keywords.isEmpty()) {
			return;
		}
		Peer peer = this.session.peer();
		int found = 0;
		for (EsmtpExtension extension : this.settings.extensions()) {
			int claimed = 0;
			for (String keyword : known.apply(extension)) {
				claimed += keywords.contains(keyword) ? 1 : 0;
			}
			if (claimed > 0 && peer.protocol() != Protocol.SMTP && offers(extension, peer)) {
				found += claimed;
				this.session.callbacks().run(Replies.LOCAL_ERROR, () -> check.accept(extension, peer));
			}
		}
		if (found < keywords.size()) {
			throw new SmtpException(Replies.UNKNOWN_PARAMETER);
		}
	}

	private boolean offers(EsmtpExtension extension, Peer peer) {
		return this.session.callbacks().callNullable(Replies.LOCAL_ERROR, () -> extension.ehloLine(peer)) != null;
	}

	private void checkCharacters(String path) {
		if (!usesUtf8() && !PathParser.isAscii(path)) {
			throw new SmtpException(Replies.NON_ASCII_ADDRESS);
		}
	}

	boolean usesUtf8() {
		return this.parameters.containsKey("SMTPUTF8");
	}

	boolean withinOvershoot() {
		return this.recipientsOverLimit <= OVERSHOOT;
	}

	/** Why mail data cannot follow now, or null when it can (§3.3). */
	@Nullable SmtpReply refusalOfData() {
		if (!this.recipients.isEmpty()) {
			return null;
		}
		boolean refused = this.refusedRecipients > 0 && this.session.peer().protocol() != Protocol.LMTP; // RFC
																											// 2033
																											// §4.2
		return refused ? Replies.NO_VALID_RECIPIENTS : Replies.NO_RCPT;
	}

	/** The DATA command (§4.1.1.4) up to the reply to the final dot. */
	SmtpReply data() throws IOException {
		long startedAt = System.nanoTime();
		MessageOutcome outcome = MessageOutcome.ABORTED;
		try {
			logger.debug("< {}", Replies.START_MAIL_INPUT);
			this.session.connection().write(Replies.START_MAIL_INPUT, false);
			this.session.enter(Phase.DATA);
			MailData data = new MailData(this.session.engine().spool(), this.settings.maxMessageSize());
			this.mailData = data;
			SmtpReply reply = new MailDataReceiver(this.session, data).receive(startedAt);
			if (reply == null) {
				reply = handle();
			}
			outcome = outcomeOf(reply);
			if (this.session.peer().protocol() == Protocol.LMTP) {
				for (int i = 1; i < this.recipients.size(); i++) { // RFC 2033 §4.2
					this.session.connection().write(reply, usesUtf8());
				}
			}
			return reply;
		}
		finally {
			discard();
			Duration elapsed = Duration.ofNanos(System.nanoTime() - startedAt);
			this.session.events().messageEnded(this.session.peer(), this, outcome, elapsed);
		}
	}

	private static MessageOutcome outcomeOf(SmtpReply reply) {
		if (!reply.isRefusal()) {
			return MessageOutcome.ACCEPTED;
		}
		boolean ours = reply.equals(Replies.LOCAL_ERROR) || reply.equals(Replies.SPOOL_FAILED);
		return ours ? MessageOutcome.FAILED : MessageOutcome.REJECTED;
	}

	private SmtpReply handle() throws IOException {
		this.session.enter(Phase.HANDLING);
		// a 250 that waits in the buffer must not be lost if this handler takes its time
		this.session.connection().flush();
		if (this.settings.receivedHeader()) {
			this.traceLine = receivedHeader().getBytes(StandardCharsets.UTF_8);
		}
		try {
			for (MessageHandler handler : this.settings.messageHandlers()) {
				this.session.callbacks().run(Replies.LOCAL_ERROR, () -> handler.handle(this.session.peer(), this));
			}
		}
		catch (SmtpException ex) {
			return ex.reply();
		}
		this.session.messageAccepted();
		return Replies.queued(this.id);
	}

	/** Forgets the mail data; the rest of the envelope stays readable. */
	void discard() {
		if (this.mailData != null) {
			this.mailData.delete();
		}
	}

	@Override
	public String id() {
		return this.id;
	}

	@Override
	public String reversePath() {
		return this.reversePath;
	}

	@Override
	public Map<String, String> parameters() {
		return this.parameters;
	}

	@Override
	public List<Recipient> recipients() {
		return Collections.unmodifiableList(this.recipients);
	}

	@Override
	public long size() {
		return this.traceLine.length + ((this.mailData != null) ? this.mailData.size() : 0);
	}

	@Override
	public InputStream mailData() throws IOException {
		return Objects.requireNonNull(this.mailData, "mail data is complete when a handler runs").open(this.traceLine);
	}

	@Override
	public String receivedHeader() {
		return this.session.engine().traceLine().of(this.session.peer(), this, Instant.now());
	}

	@Override
	public String toString() {
		return "Envelope[" + this.id + "]";
	}

}
