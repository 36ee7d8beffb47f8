package io.smtpd.autoconfigure.dkim;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * Writes one DKIM-Signature header field (RFC 6376 §3.5), folded to lines of at most 78
 * characters where its values have room for a fold (RFC 5322 §2.1.1). The signature is
 * the last tag, and nothing but its own folds is added when it becomes known: so the
 * field without it is to the octet what a verifier makes of the field with it. Not
 * thread-safe.
 */
final class SignatureField {

	static final String NAME = "dkim-signature";

	private static final int MAX_LINE_LENGTH = 78;

	private final StringBuilder text = new StringBuilder(512).append("DKIM-Signature: v=1;");

	private int lineLength = this.text.length();

	/** Adds a tag that is not broken. */
	SignatureField tag(String name, String value) {
		String tag = name + "=" + value + ";";
		if (this.lineLength + 1 + tag.length() <= MAX_LINE_LENGTH) {
			append(" ");
		}
		else {
			fold();
		}
		append(tag);
		return this;
	}

	/** Adds the names of the header fields that are signed. */
	SignatureField headerFields(List<String> names) {
		fold();
		append("h=");
		for (int i = 0; i < names.size(); i++) {
			String element = names.get(i) + ((i < names.size() - 1) ? ":" : ";");
			if (this.lineLength + element.length() > MAX_LINE_LENGTH) {
				fold();
			}
			append(element);
		}
		return this;
	}

	/** Returns what is signed of this field itself (RFC 6376 §3.7). */
	byte[] canonicalWithoutSignature(DkimCanonicalization canonicalization) {
		fold();
		append("b=");
		byte[] canonical = new HeaderField(NAME, (this.text + "\r\n").getBytes(StandardCharsets.US_ASCII))
			.canonical(canonicalization);
		byte[] result = new byte[canonical.length - 2]; // without its CRLF
		System.arraycopy(canonical, 0, result, 0, result.length);
		return result;
	}

	/** Completes the field, which ends in CRLF. */
	String complete(byte[] signature) {
		String base64 = Base64.getEncoder().encodeToString(signature);
		for (int from = 0; from < base64.length();) {
			int to = Math.min(base64.length(), from + MAX_LINE_LENGTH - this.lineLength);
			append(base64.substring(from, to));
			from = to;
			if (from < base64.length()) {
				fold();
			}
		}
		return this.text.append("\r\n").toString();
	}

	private void append(String part) {
		this.text.append(part);
		this.lineLength += part.length();
	}

	private void fold() {
		this.text.append("\r\n\t");
		this.lineLength = 8; // as wide as a tab is shown
	}

}
