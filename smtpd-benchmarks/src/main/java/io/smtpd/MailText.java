package io.smtpd;

import java.nio.charset.StandardCharsets;

/** Mail data as it comes over the wire. */
final class MailText {

	private MailText() {
	}

	/**
	 * Makes lines of 80 octets; one in ten begins with a dot that protects another.
	 * @param octets how much, about; at least a line
	 * @return the lines and the final dot
	 */
	static byte[] ofAbout(int octets) {
		StringBuilder text = new StringBuilder(octets + 100);
		for (int line = 0; text.length() < octets; line++) {
			text.append((line % 10 == 9) ? ".." : "xx").append("x".repeat(76)).append("\r\n");
		}
		return text.append(".\r\n").toString().getBytes(StandardCharsets.US_ASCII);
	}

}
