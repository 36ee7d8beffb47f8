package io.smtpd.sasl;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

import io.smtpd.SmtpException;

/** What a client may send at all: strict UTF-8, names of a sane length. */
final class ClientMessage {

	/** Octets of an identity; RFC 4616 §2 asks for no more. */
	static final int MAX_NAME = 255;

	/** Octets of a password: more than RFC 4616 §2 asks, as tokens serve as passwords. */
	static final int MAX_PASSWORD = 4096;

	private ClientMessage() {
	}

	/** The one complaint about a message; never quotes it, since it may hold a secret. */
	static SmtpException malformed() {
		return new SmtpException(501, "5.5.2", "Malformed authentication message");
	}

	static String utf8(byte[] octets, int from, int to) {
		try {
			// a new decoder reports what String would replace
			return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(octets, from, to - from)).toString();
		}
		catch (CharacterCodingException ex) {
			throw malformed();
		}
	}

	/** An identity, possibly empty. No control characters: names end up in logs. */
	static String name(byte[] octets, int from, int to) {
		if (to - from > MAX_NAME) {
			throw malformed();
		}
		return name(utf8(octets, from, to));
	}

	static String name(String name) {
		if (name.length() > MAX_NAME || name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME
				|| name.codePoints().anyMatch(Character::isISOControl)) {
			throw malformed();
		}
		return name;
	}

	static String requiredName(byte[] octets, int from, int to) {
		if (from == to) {
			throw malformed();
		}
		return name(octets, from, to);
	}

	static String password(byte[] octets, int from, int to) {
		if (from == to || to - from > MAX_PASSWORD) {
			throw malformed();
		}
		for (int i = from; i < to; i++) {
			if (octets[i] == 0) {
				throw malformed();
			}
		}
		return utf8(octets, from, to);
	}

}
