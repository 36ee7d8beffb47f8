package io.smtpd;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;

/** Decodes xtext (RFC 3461 §4). */
final class Xtext {

	private Xtext() {
	}

	/**
	 * Decodes.
	 * @return the text, or null when it is malformed, not UTF-8 or has control characters
	 */
	static @Nullable String decode(String encoded) {
		ByteArrayOutputStream octets = new ByteArrayOutputStream(encoded.length());
		for (int i = 0; i < encoded.length(); i++) {
			char character = encoded.charAt(i);
			int octet = character;
			if (character == '+') {
				octet = (i + 2 < encoded.length()) ? hex(encoded.charAt(i + 1)) * 16 + hex(encoded.charAt(i + 2)) : -1;
				i += 2;
			}
			if (octet < ' ' || octet == 0x7F || character >= 0x7F) {
				return null;
			}
			octets.write(octet);
		}
		try {
			String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(octets.toByteArray())).toString();
			return text.chars().anyMatch(LineReader::breaksLines) ? null : text;
		}
		catch (CharacterCodingException ex) {
			return null;
		}
	}

	/** The value of a digit; a bad one makes the octet negative. */
	private static int hex(char digit) {
		if (digit >= '0' && digit <= '9') {
			return digit - '0';
		}
		return (digit >= 'A' && digit <= 'F') ? digit - 'A' + 10 : -1000;
	}

}
