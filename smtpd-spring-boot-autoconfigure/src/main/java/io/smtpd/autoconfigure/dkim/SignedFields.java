package io.smtpd.autoconfigure.dkim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Decides which header fields of a message are signed and how often each is named in
 * {@code h=} (RFC 6376 §5.4, §8.15). Immutable.
 */
final class SignedFields {

	static final String FROM = "from";

	/** RFC 6376 §5.4.1, and what decides how a message is shown, threaded and left. */
	static final List<String> DEFAULT_SIGNED = List.of(FROM, "sender", "reply-to", "subject", "date", "message-id",
			"to", "cc", "mime-version", "content-type", "content-transfer-encoding", "resent-date", "resent-from",
			"resent-to", "resent-cc", "in-reply-to", "references", "list-id", "list-help", "list-unsubscribe",
			"list-unsubscribe-post", "list-subscribe", "list-post", "list-owner", "list-archive");

	/** What no server adds on the way but someone who wants to deceive. */
	static final List<String> DEFAULT_OVERSIGNED = List.of(FROM, "reply-to", "subject", "cc");

	/** What RFC 5322 §3.6 and RFC 2045 allow once. */
	private static final Set<String> ONCE_ONLY = Set.of(FROM, "sender", "reply-to", "subject", "date", "message-id",
			"to", "cc", "mime-version", "content-type", "content-transfer-encoding", "in-reply-to", "references");

	private final Set<String> names = new LinkedHashSet<>();

	private final Set<String> oversigned = new LinkedHashSet<>();

	SignedFields(Collection<String> signed, Collection<String> oversigned) {
		this.names.add(FROM);
		this.names.addAll(signed);
		this.names.addAll(oversigned);
		this.oversigned.add(FROM);
		this.oversigned.addAll(oversigned);
	}

	/** Returns the names of all fields that matter, in lower case. */
	Set<String> names() {
		return this.names;
	}

	/** Returns what {@code h=} says for a message. */
	List<String> names(List<HeaderField> header) {
		List<String> result = new ArrayList<>();
		for (String name : this.names) {
			long count = header.stream().filter((field) -> field.name().equals(name)).count();
			boolean once = count > 0 && ONCE_ONLY.contains(name);
			long named = (once || this.oversigned.contains(name)) ? count + 1 : count;
			for (long i = 0; i < named; i++) {
				result.add(name);
			}
		}
		return result;
	}

	/**
	 * Returns the fields in the order in which they are hashed: that of their names, and
	 * of one name from the last in the message to the first (RFC 6376 §5.4.2).
	 */
	List<HeaderField> hashed(List<HeaderField> header) {
		List<HeaderField> result = new ArrayList<>(header.size());
		for (String name : this.names) {
			for (int i = header.size() - 1; i >= 0; i--) {
				if (header.get(i).name().equals(name)) {
					result.add(header.get(i));
				}
			}
		}
		return result;
	}

}
