package io.smtpd.autoconfigure.dkim;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

import io.smtpd.SmtpException;

/**
 * Reads a message once, in pieces: first its header, of which it keeps the fields that
 * are asked for, then its body. Only CRLF ends a line; a line of the header that is no
 * field and continues none is passed over. Not thread-safe.
 */
final class HeaderReader {

	/** More than any message has that is to be read by a person. */
	static final int MAX_KEPT_OCTETS = 1024 * 1024;

	/** What a field takes beside its octets: many short ones must not fill the heap. */
	private static final int FIELD_OVERHEAD = 64;

	private static final int MAX_NAME_OCTETS = 128;

	private final InputStream source;

	private final Predicate<String> kept;

	private final byte[] buffer = new byte[16 * 1024];

	private int position;

	private int limit;

	private final List<HeaderField> fields = new ArrayList<>();

	private final ByteArrayOutputStream field = new ByteArrayOutputStream(512);

	private Part part = Part.NAME;

	private String name = "";

	private int keptOctets;

	/**
	 * Makes a reader.
	 * @param kept tells by its name in lower case whether a field is kept
	 */
	HeaderReader(InputStream source, Predicate<String> kept) {
		this.source = source;
		this.kept = kept;
	}

	/**
	 * Reads up to and with the empty line that ends the header, or to the end of the
	 * message.
	 * @return the fields, in the order of the message
	 * @throws SmtpException with 552 when the fields are too long to be kept
	 */
	List<HeaderField> readHeader() throws IOException {
		boolean lineStart = true;
		int previous = -1;
		while (fill()) {
			byte octet = this.buffer[this.position++];
			if (lineStart && octet != ' ' && octet != '\t') {
				endField();
			}
			lineStart = previous == '\r' && octet == '\n';
			if (take(octet, lineStart)) {
				return this.fields;
			}
			previous = octet;
		}
		if (!lineStart && this.part == Part.VALUE) {
			this.field.writeBytes(new byte[] { '\r', '\n' }); // the wire gives it one
		}
		endField();
		return this.fields;
	}

	/**
	 * Feeds what is left of the message to its target.
	 */
	void readBody(Body target) throws IOException {
		while (fill()) {
			target.accept(this.buffer, this.position, this.limit);
			this.position = this.limit;
		}
	}

	/** Takes one octet, and tells whether the header has ended with it. */
	private boolean take(byte octet, boolean lineEnd) {
		switch (this.part) {
			case NAME -> {
				this.field.write(octet);
				if (octet == ':') {
					endName();
				}
				else if (lineEnd) {
					this.part = Part.SKIPPED;
					return this.field.size() == 2; // nothing but CRLF
				}
				else if (this.field.size() > MAX_NAME_OCTETS) {
					this.part = Part.SKIPPED;
				}
			}
			case VALUE -> {
				this.field.write(octet);
				keep(1);
			}
			case SKIPPED -> {
				// neither kept nor counted
			}
		}
		return false;
	}

	private void endName() {
		String text = this.field.toString(StandardCharsets.ISO_8859_1);
		// RFC 5322 §4.5: white space before the colon is obsolete, but no other name
		this.name = text.substring(0, text.length() - 1).stripTrailing().toLowerCase(Locale.ROOT);
		this.part = this.kept.test(this.name) ? Part.VALUE : Part.SKIPPED;
		if (this.part == Part.VALUE) {
			keep(this.field.size() + FIELD_OVERHEAD);
		}
	}

	private void keep(int octets) {
		this.keptOctets += octets;
		if (this.keptOctets > MAX_KEPT_OCTETS) {
			throw new SmtpException(552, "5.3.4", "Message header too long");
		}
	}

	private void endField() {
		if (this.part == Part.VALUE) {
			this.fields.add(new HeaderField(this.name, this.field.toByteArray()));
		}
		this.field.reset();
		this.part = Part.NAME;
	}

	private boolean fill() throws IOException {
		if (this.position == this.limit) {
			this.position = 0;
			this.limit = Math.max(0, this.source.read(this.buffer));
		}
		return this.position < this.limit;
	}

	/** Takes the body in pieces. */
	@FunctionalInterface
	interface Body {

		void accept(byte[] octets, int from, int to);

	}

	/** Where in a field the reader is. */
	private enum Part {

		NAME, VALUE, SKIPPED

	}

}
