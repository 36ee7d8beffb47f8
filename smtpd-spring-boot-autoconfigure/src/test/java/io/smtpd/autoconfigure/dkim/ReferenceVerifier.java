package io.smtpd.autoconfigure.dkim;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Verifies a signature word by word as RFC 6376 describes it, with regular expressions
 * over the whole message: slow, plain, and nothing of it shared with the signer. That it
 * is right itself is shown with the message of RFC 8463 appendix A.
 */
final class ReferenceVerifier {

	private ReferenceVerifier() {
	}

	/** Returns the tags of the n-th signature. */
	static Map<String, String> tags(String message, int index) {
		return parseTags(signatures(message).get(index));
	}

	static int count(String message) {
		return signatures(message).size();
	}

	/**
	 * Tells whether the n-th signature of a message is good.
	 * @param message the message, one character an octet
	 */
	static boolean verify(String message, int index, PublicKey key) throws GeneralSecurityException {
		String field = signatures(message).get(index);
		Map<String, String> tags = parseTags(field);
		String[] canonicalization = tags.get("c").split("/");
		int end = message.indexOf("\r\n\r\n");
		String body = (end >= 0) ? message.substring(end + 4) : "";
		MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
		byte[] bodyHash = sha256.digest(octets(body(body, canonicalization[1])));
		if (!Base64.getEncoder().encodeToString(bodyHash).equals(tags.get("bh"))) {
			return false;
		}
		byte[] data = octets(headerData(message, field, tags.get("h"), canonicalization[0]));
		boolean rsa = tags.get("a").equals("rsa-sha256");
		Signature signature = Signature.getInstance(rsa ? "SHA256withRSA" : "Ed25519");
		signature.initVerify(key);
		signature.update(rsa ? data : sha256.digest(data));
		return signature.verify(Base64.getDecoder().decode(tags.get("b")));
	}

	private static String headerData(String message, String signatureField, String names, String canonicalization) {
		Map<String, Deque<String>> byName = new HashMap<>();
		for (String field : fields(message)) {
			byName.computeIfAbsent(name(field), (name) -> new ArrayDeque<>()).push(field);
		}
		StringBuilder data = new StringBuilder();
		for (String name : names.split(":")) {
			Deque<String> left = byName.getOrDefault(name.toLowerCase(Locale.ROOT), new ArrayDeque<>());
			if (!left.isEmpty()) {
				data.append(header(left.pop(), canonicalization));
			}
		}
		String unsigned = signatureField.replaceFirst("(?s)([;\\s]b\\s*=)[^;]*", "$1");
		return data + header(unsigned, canonicalization).replaceFirst("\r\n\\z", "");
	}

	static String header(String field, String canonicalization) {
		if (canonicalization.equals("simple")) {
			return field;
		}
		String value = field.substring(field.indexOf(':') + 1)
			.replaceAll("\r\n(?=[ \t])", "")
			.replaceAll("[ \t]+", " ")
			.replaceAll(" (?=\r\n\\z)", "")
			.replaceFirst("\\A ", "");
		return name(field) + ":" + (value.endsWith("\r\n") ? value : value.stripTrailing() + "\r\n");
	}

	static String body(String body, String canonicalization) {
		String result = body;
		if (canonicalization.equals("relaxed")) {
			result = result.replaceAll("[ \t]+", " ").replaceAll(" (?=\r\n)", "").replaceAll(" \\z", "");
		}
		result = result.replaceFirst("(\r\n)+\\z", "");
		return (result.isEmpty() && canonicalization.equals("relaxed")) ? "" : result + "\r\n";
	}

	private static List<String> signatures(String message) {
		return fields(message).stream().filter((field) -> name(field).equals("dkim-signature")).toList();
	}

	private static List<String> fields(String message) {
		String header = message.split("\r\n\r\n", 2)[0] + "\r\n";
		List<String> result = new ArrayList<>();
		for (String field : header.split("(?<=\r\n)(?![ \t])")) {
			if (field.contains(":")) {
				result.add(field);
			}
		}
		return result;
	}

	private static String name(String field) {
		return field.substring(0, field.indexOf(':')).replaceAll("[ \t]+\\z", "").toLowerCase(Locale.ROOT);
	}

	private static Map<String, String> parseTags(String field) {
		Map<String, String> tags = new LinkedHashMap<>();
		for (String tag : field.substring(field.indexOf(':') + 1).split(";")) {
			if (!tag.isBlank()) {
				int equals = tag.indexOf('=');
				tags.put(tag.substring(0, equals).strip(), tag.substring(equals + 1).replaceAll("\\s+", ""));
			}
		}
		return tags;
	}

	private static byte[] octets(String text) {
		return text.getBytes(StandardCharsets.ISO_8859_1);
	}

}
