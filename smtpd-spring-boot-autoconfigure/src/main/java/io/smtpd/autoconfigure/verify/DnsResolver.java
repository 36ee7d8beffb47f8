package io.smtpd.autoconfigure.verify;

import java.util.List;

/**
 * Asks the DNS. The starter makes one of dnsjava where that is on the class path; a bean
 * of this type takes its place. Must be thread-safe, must answer or fail within a few
 * seconds, and should cache.
 */
@FunctionalInterface
public interface DnsResolver {

	/**
	 * Asks for the records of one type, following aliases (CNAME).
	 * @param name the domain name, without a dot at its end
	 * @param type the type of the records
	 * @return the answer, empty when there is no such record
	 * @throws DnsException when there is no answer now
	 */
	Answer lookup(String name, RecordType type) throws DnsException;

	/**
	 * The types of records that are asked for.
	 */
	enum RecordType {

		/** IPv4 addresses, as text. */
		A,

		/** IPv6 addresses, as text. */
		AAAA,

		/** Names of mail exchangers, the most preferred first. */
		MX,

		/** Names of an address. */
		PTR,

		/** Texts, the strings of each record joined, a character for an octet. */
		TXT

	}

	/**
	 * An answer. Immutable.
	 *
	 * @param nameExists false when there is no such name (NXDOMAIN)
	 * @param values the records, empty when the name has none of the type
	 */
	record Answer(boolean nameExists, List<String> values) {

		/** There is no such name. */
		public static final Answer NO_SUCH_NAME = new Answer(false, List.of());

		/** The name has no record of the type. */
		public static final Answer NO_DATA = new Answer(true, List.of());

		/**
		 * Copies the values.
		 */
		public Answer {
			values = List.copyOf(values);
		}

		/**
		 * Makes an answer.
		 * @param values the records
		 * @return the answer
		 */
		public static Answer of(String... values) {
			return new Answer(true, List.of(values));
		}

	}

}
