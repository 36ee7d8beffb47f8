package io.smtpd.relay;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.smtpd.SmtpReply;
import org.jspecify.annotations.Nullable;

/**
 * Reads replies (RFC 5321 §4.2), within bounds: the upstream is not trusted with our
 * memory.
 */
final class ReplyReader {

	/** Four times what §4.5.3.1.5 allows. */
	static final int MOST_LINE_OCTETS = 2048;

	static final int MOST_LINES = 100;

	private static final Pattern ENHANCED_STATUS = Pattern.compile("([245]\\.\\d{1,3}\\.\\d{1,3})(?: .*)?",
			Pattern.DOTALL);

	private final InputStream in;

	private final byte[] buffer = new byte[MOST_LINE_OCTETS];

	private int position;

	private int limit;

	ReplyReader(InputStream in) {
		this.in = in;
	}

	/** Whether there is more than the replies that were read. */
	boolean hasInput() throws IOException {
		return this.position < this.limit || this.in.available() > 0;
	}

	/**
	 * Reads a reply, all its lines.
	 * @return the reply, its code one that we could give ourselves
	 * @throws UpstreamException when what comes is no reply
	 * @throws IOException when nothing comes
	 */
	SmtpReply read() throws IOException {
		String code = "";
		List<String> texts = new ArrayList<>(1);
		boolean more = true;
		while (more) {
			String line = readLine();
			if (!isReplyLine(line) || texts.size() == MOST_LINES || !line.startsWith(code)) {
				throw malformed();
			}
			code = line.substring(0, 3);
			more = line.length() > 3 && line.charAt(3) == '-';
			texts.add((line.length() > 3) ? line.substring(4) : "");
		}
		return reply(Integer.parseInt(code), texts);
	}

	private static boolean isReplyLine(String line) {
		return line.length() >= 3 && line.charAt(0) >= '2' && line.charAt(0) <= '5' && isDigit(line.charAt(1))
				&& isDigit(line.charAt(2)) && (line.length() == 3 || line.charAt(3) == ' ' || line.charAt(3) == '-');
	}

	private static boolean isDigit(char character) {
		return character >= '0' && character <= '9';
	}

	private static SmtpReply reply(int code, List<String> texts) {
		String status = enhancedStatus(code, texts.get(0));
		List<String> lines = (status != null) ? texts.stream().map((text) -> without(status, text)).toList() : texts;
		// 571 and its like are seen; the first digit tells all that there is to know
		// (§4.3.2)
		int known = (code / 10 % 10 > 5) ? code / 100 * 100 + 50 : code;
		return new SmtpReply(known, status, lines);
	}

	/** RFC 2034 §4 has it in every line. */
	private static String without(String status, String text) {
		if (text.equals(status)) {
			return "";
		}
		return text.startsWith(status + " ") ? text.substring(status.length() + 1) : text;
	}

	private static @Nullable String enhancedStatus(int code, String text) {
		Matcher matcher = ENHANCED_STATUS.matcher(text);
		return (matcher.matches() && text.charAt(0) - '0' == code / 100) ? matcher.group(1) : null;
	}

	/** Reads a line; that some servers leave out the CR does no harm here. */
	private String readLine() throws IOException {
		int scanned = 0;
		while (true) {
			for (int at = this.position + scanned; at < this.limit; at++) {
				if (this.buffer[at] == '\n') {
					int end = (at > this.position && this.buffer[at - 1] == '\r') ? at - 1 : at;
					String line = new String(this.buffer, this.position, end - this.position, StandardCharsets.UTF_8);
					this.position = at + 1;
					return line;
				}
			}
			scanned = this.limit - this.position;
			if (scanned == this.buffer.length) {
				throw malformed();
			}
			System.arraycopy(this.buffer, this.position, this.buffer, 0, scanned);
			this.position = 0;
			this.limit = scanned;
			int count = this.in.read(this.buffer, this.limit, this.buffer.length - this.limit);
			if (count < 0) {
				throw new EOFException("The upstream server closed the connection");
			}
			this.limit += count;
		}
	}

	private static UpstreamException malformed() {
		return new UpstreamException(RelayReplies.BAD_REPLY, null);
	}

}
