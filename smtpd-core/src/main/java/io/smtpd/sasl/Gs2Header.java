package io.smtpd.sasl;

import org.jspecify.annotations.Nullable;

/**
 * The beginning of a message of the GS2 family (RFC 5801 §4, RFC 5802 §7):
 * {@code ("p=" cb-name / "n" / "y") "," ["a=" saslname] ","}.
 *
 * @param flag {@code p}, {@code n} or {@code y}
 * @param bindingType the name of the channel binding with {@code p}, else null
 * @param authorizationId whom to act as, empty when not given
 * @param text the header as it was sent, both commas included
 * @param rest what follows it
 */
record Gs2Header(char flag, @Nullable String bindingType, String authorizationId, String text, String rest) {

	static Gs2Header parse(String message) {
		int first = message.indexOf(',');
		int second = message.indexOf(',', first + 1);
		if (first < 1 || second < 0) {
			throw ClientMessage.malformed();
		}
		String binding = message.substring(0, first);
		String type = null;
		if (binding.startsWith("p=") && binding.length() > 2
				&& binding.chars().skip(2).allMatch(Gs2Header::isBindingNameCharacter)) {
			type = binding.substring(2);
		}
		else if (!binding.equals("n") && !binding.equals("y")) {
			throw ClientMessage.malformed();
		}
		String authorization = message.substring(first + 1, second);
		return new Gs2Header(binding.charAt(0), type, authorization.isEmpty() ? "" : saslName('a', authorization),
				message.substring(0, second + 1), message.substring(second + 1));
	}

	/** RFC 5802 §5.1: a comma is {@code =2C}, an equals sign {@code =3D}. */
	static String saslName(char attribute, String text) {
		if (text.length() < 3 || text.charAt(0) != attribute || text.charAt(1) != '=') {
			throw ClientMessage.malformed();
		}
		StringBuilder name = new StringBuilder(text.length());
		for (int i = 2; i < text.length(); i++) {
			char character = text.charAt(i);
			if (character != '=') {
				name.append(character);
				continue;
			}
			if (text.startsWith("=2C", i)) {
				name.append(',');
			}
			else if (text.startsWith("=3D", i)) {
				name.append('=');
			}
			else {
				throw ClientMessage.malformed();
			}
			i += 2;
		}
		return ClientMessage.name(name.toString());
	}

	static boolean isLetter(int character) {
		return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
	}

	private static boolean isBindingNameCharacter(int character) {
		return isLetter(character) || (character >= '0' && character <= '9') || character == '.' || character == '-';
	}

}
