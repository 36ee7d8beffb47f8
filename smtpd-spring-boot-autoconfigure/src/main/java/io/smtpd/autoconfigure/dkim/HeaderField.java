package io.smtpd.autoconfigure.dkim;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A header field as it stands in the message.
 *
 * @param name the name in lower case
 * @param octets the whole field, folds and the CRLF at its end included
 */
record HeaderField(String name, byte[] octets) {

	/**
	 * Returns the field as it is hashed, with its CRLF (RFC 6376 §3.4.1, §3.4.2).
	 */
	byte[] canonical(DkimCanonicalization canonicalization) {
		return (canonicalization == DkimCanonicalization.RELAXED) ? relaxed() : this.octets;
	}

	private byte[] relaxed() {
		ByteArrayOutputStream result = new ByteArrayOutputStream(this.octets.length);
		result.writeBytes(this.name.getBytes(StandardCharsets.US_ASCII));
		result.write(':');
		boolean pendingSpace = false;
		boolean started = false;
		for (int i = valueStart(); i < this.octets.length; i++) {
			byte octet = this.octets[i];
			if (isCrlf(i)) {
				i++; // an unfolded field has no CRLF but the one at its end
			}
			else if (octet == ' ' || octet == '\t') {
				pendingSpace = started;
			}
			else {
				if (pendingSpace) {
					result.write(' ');
					pendingSpace = false;
				}
				result.write(octet);
				started = true;
			}
		}
		result.write('\r');
		result.write('\n');
		return result.toByteArray();
	}

	/** Returns what follows the colon, unfolded (RFC 5322 §2.2.3). */
	String unfoldedValue() {
		int start = valueStart();
		return new String(this.octets, start, this.octets.length - start, StandardCharsets.UTF_8).replace("\r\n", "");
	}

	private int valueStart() {
		int colon = 0;
		while (this.octets[colon] != ':') {
			colon++;
		}
		return colon + 1;
	}

	private boolean isCrlf(int index) {
		return this.octets[index] == '\r' && index + 1 < this.octets.length && this.octets[index + 1] == '\n';
	}

}
