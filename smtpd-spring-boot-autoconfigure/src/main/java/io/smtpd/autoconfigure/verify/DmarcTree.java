package io.smtpd.autoconfigure.verify;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.smtpd.autoconfigure.verify.DnsResolver.RecordType;

/**
 * The DMARC records at a domain and above it (RFC 9989 §4.10): at most eight questions,
 * and no list of public suffixes that grows old. Immutable.
 *
 * @param domain where the walk began
 * @param records the records by domain, from the longest name to the shortest
 */
record DmarcTree(String domain, Map<String, DmarcRecord> records) {

	/** Names with more labels are cut to one less than this in one step. */
	private static final int MAX_LABELS = 8;

	/**
	 * Walks up the tree.
	 * @throws DnsException when a question has no answer now
	 */
	static DmarcTree walk(DnsResolver dns, String domain) throws DnsException {
		Map<String, DmarcRecord> records = new LinkedHashMap<>();
		String name = domain;
		while (!name.isEmpty()) {
			List<DmarcRecord> found = dns.lookup("_dmarc." + name, RecordType.TXT)
				.values()
				.stream()
				.map(DmarcRecord::parse)
				.filter(Objects::nonNull)
				.toList();
			if (found.size() == 1) { // several count as none
				records.put(name, found.get(0));
				if (found.get(0).publicSuffix() != null) {
					break;
				}
			}
			name = parent(name);
		}
		return new DmarcTree(domain, records);
	}

	/** §4.10.2: where the domain that it belongs to is registered. */
	String organizationalDomain() {
		String shortest = this.domain;
		for (Map.Entry<String, DmarcRecord> entry : this.records.entrySet()) {
			String name = entry.getKey();
			Boolean publicSuffix = entry.getValue().publicSuffix();
			if (Boolean.FALSE.equals(publicSuffix)) {
				return name;
			}
			if (Boolean.TRUE.equals(publicSuffix) && !name.equals(this.domain)) {
				String below = this.domain.substring(0, this.domain.length() - name.length() - 1);
				return below.substring(below.lastIndexOf('.') + 1) + "." + name;
			}
			shortest = name;
		}
		return shortest;
	}

	/**
	 * §4.10.1: the record of the domain itself, of its organizational domain or of the
	 * public suffix above that, in this order; the empty string when there is none.
	 */
	String policyDomain() {
		if (this.records.containsKey(this.domain)) {
			return this.domain;
		}
		String organizational = organizationalDomain();
		if (this.records.containsKey(organizational)) {
			return organizational;
		}
		return this.records.entrySet()
			.stream()
			.filter((entry) -> Boolean.TRUE.equals(entry.getValue().publicSuffix()))
			.map(Map.Entry::getKey)
			.findFirst()
			.orElse("");
	}

	private static String parent(String name) {
		String[] labels = name.split("\\.");
		int removed = (labels.length >= MAX_LABELS) ? labels.length - MAX_LABELS + 1 : 1;
		return String.join(".", List.of(labels).subList(removed, labels.length));
	}

}
