package io.smtpd.autoconfigure.verify;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * The look-ups of one message: each question is asked once, and none after the deadline
 * or beyond a number that no honest message needs. A name that cannot be one is not asked
 * for. Not thread-safe.
 */
final class BoundedResolver implements DnsResolver {

	/**
	 * SPF has at most 10 terms of 11 look-ups (RFC 7208 §4.6.4); the rest is DKIM, DMARC.
	 */
	private static final int MAX_LOOKUPS = 250;

	private static final int MAX_NAME = 253;

	private static final int MAX_LABEL = 63;

	private final DnsResolver resolver;

	private final long start = System.nanoTime();

	private final Duration timeout;

	private final Map<Question, Answer> answers = new HashMap<>();

	private final Map<Question, DnsException> failures = new HashMap<>();

	BoundedResolver(DnsResolver resolver, Duration timeout) {
		this.resolver = resolver;
		this.timeout = timeout;
	}

	@Override
	public Answer lookup(String name, RecordType type) throws DnsException {
		if (!askable(name)) {
			return Answer.NO_SUCH_NAME;
		}
		Question question = new Question(name, type);
		Answer known = this.answers.get(question);
		if (known != null) {
			return known;
		}
		DnsException failure = this.failures.get(question);
		if (failure != null) {
			throw failure;
		}
		if (this.answers.size() + this.failures.size() >= MAX_LOOKUPS) {
			throw new DnsException("Too many look-ups for one message", null);
		}
		if (System.nanoTime() - this.start > this.timeout.toNanos()) {
			throw new DnsException("Look-ups for one message took more than " + this.timeout, null);
		}
		try {
			Answer answer = this.resolver.lookup(name, type);
			this.answers.put(question, answer);
			return answer;
		}
		catch (DnsException ex) {
			this.failures.put(question, ex);
			throw ex;
		}
	}

	private static boolean askable(String name) {
		if (name.isEmpty() || name.length() > MAX_NAME) {
			return false;
		}
		int labelStart = 0;
		for (int i = 0; i <= name.length(); i++) {
			if (i == name.length() || name.charAt(i) == '.') {
				if (i == labelStart || i - labelStart > MAX_LABEL) {
					return false;
				}
				labelStart = i + 1;
			}
			else if (name.charAt(i) < ' ' || name.charAt(i) >= 0x7F || name.charAt(i) == '\\') {
				return false;
			}
		}
		return true;
	}

	/** What is asked. */
	private record Question(String name, RecordType type) {

	}

}
