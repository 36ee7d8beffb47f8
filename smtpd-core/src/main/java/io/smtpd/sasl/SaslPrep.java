package io.smtpd.sasl;

import java.text.Normalizer;

/**
 * SASLprep (RFC 4013), the profile of stringprep (RFC 3454) for user names and passwords.
 * Unassigned characters are taken, since what was unassigned in Unicode 3.2 is in daily
 * use now.
 */
final class SaslPrep {

	private SaslPrep() {
	}

	/** The exception never quotes the text: it may be a password. */
	static String prepare(String text) {
		StringBuilder mapped = new StringBuilder(text.length());
		text.codePoints().forEach((character) -> {
			if (isOtherSpace(character)) {
				mapped.append(' ');
			}
			else if (!isMappedToNothing(character)) {
				mapped.appendCodePoint(character);
			}
		});
		String prepared = Normalizer.normalize(mapped, Normalizer.Form.NFKC);
		if (prepared.isEmpty()) {
			throw new IllegalArgumentException("SASLprep (RFC 4013) leaves nothing of the text");
		}
		if (prepared.codePoints().anyMatch(SaslPrep::isProhibited)) {
			throw new IllegalArgumentException("The text has a character that SASLprep prohibits (RFC 4013 §2.3)");
		}
		if (!isOneDirection(prepared)) {
			throw new IllegalArgumentException("The text mixes directions (RFC 3454 §6)");
		}
		return prepared;
	}

	/** RFC 3454 C.1.2. */
	private static boolean isOtherSpace(int character) {
		return character == 0xA0 || character == 0x1680 || within(character, 0x2000, 0x200B) || character == 0x202F
				|| character == 0x205F || character == 0x3000;
	}

	/** RFC 3454 B.1. */
	private static boolean isMappedToNothing(int character) {
		return character == 0xAD || character == 0x34F || character == 0x1806 || within(character, 0x180B, 0x180D)
				|| character == 0x200C || character == 0x200D || character == 0x2060
				|| within(character, 0xFE00, 0xFE0F) || character == 0xFEFF;
	}

	/** RFC 3454 C.2 to C.9; most of them by what Java knows about the character. */
	private static boolean isProhibited(int character) {
		return switch (Character.getType(character)) {
			case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE,
					Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
				true;
			default -> (character & 0xFFFE) == 0xFFFE || within(character, 0xFDD0, 0xFDEF) || character == 0x180E
					|| character == 0x340 || character == 0x341 || within(character, 0x2FF0, 0x2FFB)
					|| within(character, 0xFFF9, 0xFFFD) || within(character, 0xE0000, 0xE007F);
		};
	}

	/** RFC 3454 §6: text with a right-to-left character begins and ends with one. */
	private static boolean isOneDirection(String text) {
		if (text.codePoints().noneMatch(SaslPrep::isRightToLeft)) {
			return true;
		}
		return text.codePoints()
			.noneMatch((character) -> Character.getDirectionality(character) == Character.DIRECTIONALITY_LEFT_TO_RIGHT)
				&& isRightToLeft(text.codePointAt(0)) && isRightToLeft(text.codePointBefore(text.length()));
	}

	private static boolean isRightToLeft(int character) {
		byte direction = Character.getDirectionality(character);
		return direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT
				|| direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC;
	}

	private static boolean within(int character, int first, int last) {
		return character >= first && character <= last;
	}

}
