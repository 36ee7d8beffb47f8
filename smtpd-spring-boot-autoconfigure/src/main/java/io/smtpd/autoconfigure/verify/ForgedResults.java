package io.smtpd.autoconfigure.verify;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * Finds the Authentication-Results header fields that claim to come from this server, or
 * from nobody that can be read: whoever wrote them, it was not this server (RFC 8601 §5).
 * Reads the header and no more. Not thread-safe.
 */
final class ForgedResults {

	private static final String NAME = "authentication-results";

	/** More than a name and the comments before it need. */
	private static final int MAX_KEPT = 2048;

	private final InputStream source;

	private final String serverId;

	private final OctetRanges ranges = new OctetRanges();

	private final StringBuilder field = new StringBuilder();

	private long fieldStart;

	private ForgedResults(InputStream source, String serverId) {
		this.source = source;
		this.serverId = serverId;
	}

	/**
	 * Finds the fields.
	 * @param source the mail data, read beyond the header and not closed
	 * @return where in the mail data they are
	 */
	static OctetRanges find(InputStream source, String serverId) throws IOException {
		return new ForgedResults(source, serverId).find();
	}

	private OctetRanges find() throws IOException {
		byte[] buffer = new byte[8192];
		long position = 0;
		int previous = -1;
		boolean lineStart = true;
		for (int count = this.source.read(buffer); count >= 0; count = this.source.read(buffer)) {
			for (int i = 0; i < count; i++, position++) {
				byte octet = buffer[i];
				if (lineStart && octet != ' ' && octet != '\t') {
					endField(position);
				}
				lineStart = previous == '\r' && octet == '\n';
				if (this.field.length() < MAX_KEPT) {
					this.field.append((char) (octet & 0xFF));
				}
				if (lineStart && this.field.length() == 2) {
					return this.ranges; // the empty line after the header
				}
				previous = octet;
			}
		}
		endField(position);
		return this.ranges;
	}

	private void endField(long end) {
		int colon = this.field.indexOf(":");
		if (colon >= NAME.length()
				&& this.field.substring(0, colon).stripTrailing().toLowerCase(Locale.ROOT).equals(NAME)) {
			String claimed = serverId(this.field.substring(colon + 1));
			if (claimed == null || claimed.equalsIgnoreCase(this.serverId)) {
				this.ranges.add(this.fieldStart, end);
			}
		}
		this.field.setLength(0);
		this.fieldStart = end;
	}

	/** Returns the {@code authserv-id} (RFC 8601 §2.2), or null when there is none. */
	static @Nullable String serverId(String value) {
		int start = skipCfws(value, 0);
		if (start < 0 || start == value.length()) {
			return null;
		}
		StringBuilder id = new StringBuilder();
		int i = start;
		if (value.charAt(i) == '"') {
			for (i++; i < value.length() && value.charAt(i) != '"'; i++) {
				if (value.charAt(i) == '\\') {
					i++;
				}
				if (i < value.length() && "\r\n".indexOf(value.charAt(i)) < 0) {
					id.append(value.charAt(i));
				}
			}
			i++;
		}
		else {
			for (; i < value.length() && " \t\r\n;(".indexOf(value.charAt(i)) < 0; i++) {
				id.append(value.charAt(i));
			}
		}
		// a name that ends with a dot is the same name
		String name = new String(id.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
		return (id.isEmpty() || i > value.length()) ? null
				: name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
	}

	/** Returns where white space and comments end, or -1 when a comment does not. */
	private static int skipCfws(String value, int from) {
		int depth = 0;
		int i = from;
		for (; i < value.length(); i++) {
			char c = value.charAt(i);
			if (c == '\\' && depth > 0) {
				i++;
			}
			else if (c == '(') {
				depth++;
			}
			else if (c == ')' && depth > 0) {
				depth--;
			}
			else if (depth == 0 && " \t\r\n".indexOf(c) < 0) {
				return i;
			}
		}
		return (depth == 0) ? value.length() : -1;
	}

}
