package io.smtpd;

import java.io.IOException;

import io.smtpd.SessionListener.Limit;
import org.jspecify.annotations.Nullable;

/**
 * Takes the mail data of one message off the wire to its end, whatever becomes of it:
 * only then is the session in step with the client.
 */
final class MailDataReceiver {

	/** So much is read and dropped of a message that is too big, before giving up. */
	private static final long MOST_DROPPED_OCTETS = 64L * 1024 * 1024;

	private final Session session;

	private final Settings settings;

	private final MailData data;

	MailDataReceiver(Session session, MailData data) {
		this.session = session;
		this.settings = session.engine().settings();
		this.data = data;
	}

	/**
	 * Receives.
	 * @param startedAt when DATA was given, as {@link System#nanoTime()}
	 * @return why the message is refused, or null
	 * @throws SmtpException when the session has to end with this reply
	 * @throws ConnectionEndedException when the client is gone
	 */
	@Nullable SmtpReply receive(long startedAt) throws IOException {
		Connection connection = this.session.connection();
		InputBuffer input = connection.input();
		DotDecoder decoder = new DotDecoder(this.data, this.settings.bareLineEndings());
		long lastDeadline = startedAt + this.settings.dataTimeout().toNanos();
		long patience = this.settings.readTimeout().toNanos();
		Pace pace = new Pace(startedAt);
		input.expectMailData();
		int end = -1;
		while (end < 0) {
			if (input.isEmpty()) {
				long now = System.nanoTime();
				checkPace(pace, now);
				long deadline = now + patience;
				connection.fill(false, (deadline - lastDeadline < 0) ? deadline : lastDeadline);
			}
			pace.add(input.length());
			end = decoder.decode(input.octets(), input.position(), input.limit());
			input.consumeTo((end < 0) ? input.limit() : end);
			checkDropped();
		}
		this.data.complete();
		return refusal(decoder);
	}

	private @Nullable SmtpReply refusal(DotDecoder decoder) {
		if (this.data.tooBig()) {
			this.session.limitReached(Limit.MAX_MESSAGE_SIZE);
			return Replies.MESSAGE_TOO_BIG;
		}
		if (decoder.rejected()) {
			return Replies.BARE_LINE_ENDING_IN_DATA;
		}
		if (this.data.spoolFull()) {
			this.session.limitReached(Limit.SPOOL_MAX_SIZE);
		}
		return this.data.spoolFailed() ? Replies.SPOOL_FAILED : null;
	}

	private void checkPace(Pace pace, long now) {
		if (pace.isTooSlow(now, this.session.engine().addressLimits().limits().minDataRate())) {
			this.session.limitReached(Limit.MIN_DATA_RATE);
			throw new SmtpException(Replies.TOO_SLOW);
		}
	}

	private void checkDropped() {
		long most = this.settings.maxMessageSize();
		if (this.data.tooBig() && this.data.size() - most > Math.max(MOST_DROPPED_OCTETS, most)) {
			this.session.limitReached(Limit.MAX_MESSAGE_SIZE);
			this.session.endAfterReply(); // out of step: the rest of the message follows
			throw new SmtpException(Replies.MESSAGE_TOO_BIG);
		}
	}

}
