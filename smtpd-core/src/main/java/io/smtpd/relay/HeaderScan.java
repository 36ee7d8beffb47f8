package io.smtpd.relay;

import java.io.IOException;
import java.io.InputStream;

/**
 * What a relay must know about a message's header before it sends anything: how often the
 * message was relayed (RFC 5321 §6.3), and whether the header is more than ASCII (RFC
 * 6532). Nothing of it is kept, however long it is.
 *
 * @param hops how many Received header fields there are
 * @param ascii whether there is no other octet than ASCII
 */
record HeaderScan(int hops, boolean ascii) {

	private static final String FIELD_NAME = "received";

	private static final int BLOCK_OCTETS = 8192;

	/** In a line that does not begin with the name. */
	private static final int OTHER = -1;

	static HeaderScan of(InputStream mailData) throws IOException {
		Scanner scanner = new Scanner();
		byte[] block = new byte[BLOCK_OCTETS];
		int count = mailData.read(block);
		while (count >= 0 && scanner.scan(block, count)) {
			count = mailData.read(block);
		}
		return new HeaderScan(scanner.hops, scanner.ascii);
	}

	/** The state between two blocks. */
	private static final class Scanner {

		private int hops;

		private boolean ascii = true;

		private boolean emptyLine = true;

		/** How much of the name this line began with. */
		private int matched;

		/** Takes a block; returns whether the header goes on behind it. */
		boolean scan(byte[] block, int count) {
			for (int i = 0; i < count; i++) {
				byte octet = block[i];
				if (octet == '\n') {
					if (this.emptyLine) {
						return false;
					}
					this.emptyLine = true;
					this.matched = 0;
				}
				else if (octet != '\r') {
					this.emptyLine = false;
					this.ascii &= octet >= 0;
					if (this.matched != OTHER) {
						match(octet);
					}
				}
			}
			return true;
		}

		private void match(byte octet) {
			if (this.matched < FIELD_NAME.length()) {
				boolean same = (octet | 0x20) == FIELD_NAME.charAt(this.matched);
				this.matched = same ? this.matched + 1 : OTHER;
			}
			else if (octet != ' ' && octet != '\t') { // RFC 5322 §4.5 lets blanks stand
				this.hops += (octet == ':') ? 1 : 0;
				this.matched = OTHER;
			}
		}

	}

}
