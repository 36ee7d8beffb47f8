package io.smtpd.relay;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

import io.smtpd.Envelope;
import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;
import org.jspecify.annotations.Nullable;

/**
 * A mail transaction with the upstream server (RFC 5321 §3.3): all recipients or none.
 * Until the final dot is written the server cannot have accepted anything, and it is
 * written only when every recipient was accepted.
 */
final class UpstreamTransaction {

	/**
	 * So many commands go out before their replies are read, so that neither side waits
	 * for the other with full buffers (RFC 2920 §3.1).
	 */
	private static final int GROUP = 50;

	private static final int BLOCK_OCTETS = 16 * 1024;

	private static final byte[] FINAL_DOT = { '.', '\r', '\n' };

	private final UpstreamConnection upstream;

	private @Nullable SmtpReply refusal;

	UpstreamTransaction(UpstreamConnection upstream) {
		this.upstream = upstream;
	}

	/**
	 * Sends a message.
	 * @param headerFields what to put on top of it
	 * @param asciiHeader whether the header is ASCII, those fields included
	 * @return the server's reply to the final dot: it has the message now
	 * @throws SmtpException when it is refused
	 * @throws UpstreamException when the server cannot be talked to
	 */
	SmtpReply send(Envelope envelope, byte[] headerFields, boolean asciiHeader) throws IOException {
		List<String> commands = EnvelopeCommands.of(this.upstream, envelope, headerFields.length + envelope.size(),
				asciiHeader);
		SmtpReply goAhead = exchange(commands, "DATA");
		if (this.refusal != null) {
			if (goAhead != null && goAhead.code() < 400) {
				this.upstream.abort(); // or the others would get the message
			}
			throw refused(this.refusal);
		}
		if (goAhead == null || goAhead.code() != 354) {
			throw refused((goAhead != null) ? goAhead : RelayReplies.BAD_REPLY);
		}
		try {
			writeData(envelope, headerFields);
		}
		catch (UpstreamException ex) {
			if (!this.upstream.isOpen()) {
				throw ex;
			}
			SmtpReply parting = this.upstream.read(); // why it takes no more, perhaps
			this.upstream.abort();
			throw RelayReplies.refusal(parting);
		}
		SmtpReply reply = this.upstream.reply();
		if (reply.code() >= 300) {
			throw refused(reply);
		}
		return reply;
	}

	/**
	 * Asks whether a recipient would be accepted.
	 * @throws SmtpException when it would not
	 * @throws UpstreamException when the server cannot be talked to
	 */
	void verify(String reversePath, String forwardPath) throws IOException {
		SmtpReply reset = exchange(EnvelopeCommands.of(this.upstream, reversePath, forwardPath), "RSET");
		if (this.refusal != null) {
			throw refused(this.refusal);
		}
		if (reset == null || reset.code() >= 300) {
			this.upstream.abort();
		}
	}

	/**
	 * Sends commands, as many at once as the server takes, and then a last one; the first
	 * refusal is remembered.
	 * @return the reply to the last command, or null when a refusal came before it
	 */
	private @Nullable SmtpReply exchange(List<String> commands, String last) throws IOException {
		int most = this.upstream.offers("PIPELINING") ? GROUP : 1; // RFC 2920
		for (int from = 0; from < commands.size(); from += most) {
			List<String> group = commands.subList(from, Math.min(from + most, commands.size()));
			boolean withLast = most > 1 && from + most >= commands.size();
			for (String command : group) {
				this.upstream.command(command);
			}
			if (withLast) {
				this.upstream.command(last);
			}
			SmtpReply lastReply = readReplies(group.size(), withLast);
			if (withLast || this.refusal != null) {
				return lastReply;
			}
		}
		return this.upstream.ask(last);
	}

	private @Nullable SmtpReply readReplies(int count, boolean withLast) throws IOException {
		try {
			for (int i = 0; i < count; i++) {
				SmtpReply reply = this.upstream.reply();
				if (reply.code() >= 300 && this.refusal == null) {
					this.refusal = reply;
				}
			}
			return withLast ? this.upstream.reply() : null;
		}
		catch (UpstreamException ex) {
			if (this.refusal == null) {
				throw ex;
			}
			this.upstream.abort(); // some refuse and hang up, and the refusal is what
									// counts
			return null;
		}
	}

	/** The refusal to throw, for a reply that should have been another. */
	private SmtpException refused(SmtpReply reply) {
		if (!reply.isRefusal()) {
			this.upstream.abort(); // we no longer know where the other side is
		}
		return RelayReplies.refusal(reply);
	}

	private void writeData(Envelope envelope, byte[] headerFields) throws IOException {
		OutputStream target = this.upstream.data();
		DotEncoder encoder = new DotEncoder(target);
		try (InputStream data = envelope.mailData()) {
			encoder.write(headerFields, 0, headerFields.length);
			byte[] block = new byte[BLOCK_OCTETS];
			int count = data.read(block);
			while (count >= 0) {
				encoder.write(block, 0, count);
				count = data.read(block);
			}
			encoder.finish();
		}
		catch (SmtpException ex) {
			this.upstream.abort(); // without the final dot there is no message
			throw ex;
		}
		target.write(FINAL_DOT);
		target.flush();
	}

}
