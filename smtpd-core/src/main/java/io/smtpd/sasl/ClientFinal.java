package io.smtpd.sasl;

import java.util.Base64;

/**
 * The client's last message of SCRAM (RFC 5802 §7, client-final-message).
 *
 * @param binding the channel binding
 * @param nonce both parts of the nonce
 * @param proof the proof, as long as a key
 * @param withoutProof the message but for the proof
 */
record ClientFinal(byte[] binding, String nonce, byte[] proof, String withoutProof) {

	static ClientFinal parse(String message) {
		String[] attributes = message.split(",", -1);
		int last = attributes.length - 1;
		if (last < 2) {
			throw ClientMessage.malformed();
		}
		byte[] binding = base64(value('c', attributes[0]));
		String nonce = value('r', attributes[1]);
		for (int i = 2; i < last; i++) {
			ClientFirst.requireExtension(attributes[i]);
		}
		byte[] proof = base64(value('p', attributes[last]));
		if (proof.length != ScramKeys.KEY_OCTETS) {
			throw ClientMessage.malformed();
		}
		return new ClientFinal(binding, nonce, proof,
				message.substring(0, message.length() - attributes[last].length() - 1));
	}

	private static String value(char name, String attribute) {
		if (attribute.length() < 3 || attribute.charAt(0) != name || attribute.charAt(1) != '=') {
			throw ClientMessage.malformed();
		}
		return attribute.substring(2);
	}

	private static byte[] base64(String text) {
		try {
			byte[] octets = Base64.getDecoder().decode(text);
			if (Base64.getEncoder().encodeToString(octets).equals(text)) {
				return octets;
			}
		}
		catch (IllegalArgumentException ex) {
			// not even lenient base64
		}
		throw ClientMessage.malformed();
	}

}
