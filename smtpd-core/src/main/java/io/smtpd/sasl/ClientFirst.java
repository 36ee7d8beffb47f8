package io.smtpd.sasl;

/**
 * The client's first message of SCRAM (RFC 5802 §7, client-first-message).
 *
 * @param header what precedes the bare message
 * @param username the user name, unescaped
 * @param nonce the client's part of the nonce
 */
record ClientFirst(Gs2Header header, String username, String nonce) {

	private static final int MAX_LENGTH = 2048;

	/** More than any client has, and the challenge still fits into a reply line. */
	private static final int MAX_NONCE = 256;

	static ClientFirst parse(String message) {
		if (message.length() > MAX_LENGTH) {
			throw ClientMessage.malformed();
		}
		Gs2Header header = Gs2Header.parse(message);
		String[] attributes = header.rest().split(",", -1);
		// an extension that the client insists on (m=) would be in front: refused here
		if (attributes.length < 2 || !attributes[1].startsWith("r=") || attributes[1].length() == 2
				|| attributes[1].length() > 2 + MAX_NONCE
				|| !attributes[1].chars().allMatch((character) -> character > ' ' && character < 0x7F)) {
			throw ClientMessage.malformed();
		}
		String username = Gs2Header.saslName('n', attributes[0]);
		for (int i = 2; i < attributes.length; i++) {
			requireExtension(attributes[i]);
		}
		return new ClientFirst(header, username, attributes[1].substring(2));
	}

	/** RFC 5802 §7: extensions that are not known are passed over. */
	static void requireExtension(String attribute) {
		if (attribute.length() < 3 || !Gs2Header.isLetter(attribute.charAt(0)) || attribute.charAt(0) == 'm'
				|| attribute.charAt(1) != '=' || attribute.indexOf('\0') >= 0) {
			throw ClientMessage.malformed();
		}
	}

	String bare() {
		return this.header.rest();
	}

}
