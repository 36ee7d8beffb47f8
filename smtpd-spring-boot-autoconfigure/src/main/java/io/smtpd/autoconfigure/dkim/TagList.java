package io.smtpd.autoconfigure.dkim;

import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The {@code tag=value} pairs of a signature or a key record (RFC 6376 §3.2). Immutable.
 */
final class TagList {

	private final Map<String, String> tags;

	private TagList(Map<String, String> tags) {
		this.tags = tags;
	}

	/**
	 * Reads a list.
	 * @return the list, or null when it is malformed or names a tag twice
	 */
	static @Nullable TagList parse(String text) {
		Map<String, String> tags = new LinkedHashMap<>();
		String[] specs = text.split(";", -1);
		for (int i = 0; i < specs.length; i++) {
			String spec = specs[i];
			if (spec.isBlank() && i == specs.length - 1) {
				break;
			}
			int equals = spec.indexOf('=');
			String name = (equals > 0) ? spec.substring(0, equals).strip() : "";
			if (!name.matches("[A-Za-z][A-Za-z0-9_]*")
					|| tags.putIfAbsent(name, spec.substring(equals + 1).strip()) != null) {
				return null;
			}
		}
		return new TagList(tags);
	}

	/** Returns the value as it stands, or null without the tag. */
	@Nullable String get(String name) {
		return this.tags.get(name);
	}

	/** Returns the value, or another without the tag. */
	String get(String name, String otherwise) {
		return this.tags.getOrDefault(name, otherwise);
	}

	/** Returns the value without the white space that folding put into it, or null. */
	@Nullable String getUnfolded(String name) {
		String value = this.tags.get(name);
		return (value != null) ? value.replaceAll("[ \t\r\n]+", "") : null;
	}

	/** Returns whether the tag is the first of the list. */
	boolean startsWith(String name) {
		return !this.tags.isEmpty() && this.tags.keySet().iterator().next().equals(name);
	}

}
