package io.smtpd.autoconfigure.verify;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A DMARC policy record that was read (RFC 9989 §4.7). Immutable.
 *
 * @param policy {@code p=}
 * @param subdomainPolicy {@code sp=}, else {@code p=}
 * @param nonExistentPolicy {@code np=}, else {@code sp=}
 * @param strictDkim whether {@code adkim=s}
 * @param strictSpf whether {@code aspf=s}
 * @param publicSuffix {@code psd=}: true, false or, when that is unknown, null
 * @param testing whether {@code t=y}, or {@code pct=0} as it was written before
 */
record DmarcRecord(DmarcPolicy policy, DmarcPolicy subdomainPolicy, DmarcPolicy nonExistentPolicy, boolean strictDkim,
		boolean strictSpf, @Nullable Boolean publicSuffix, boolean testing) {

	/**
	 * Reads a record.
	 * @return the record, or null when the text is none, or one without a policy
	 */
	static @Nullable DmarcRecord parse(String text) {
		Map<String, String> tags = tags(text);
		if (tags == null) {
			return null;
		}
		boolean reports = tags.getOrDefault("rua", "").toLowerCase(Locale.ROOT).contains("mailto:");
		DmarcPolicy policy = policy(tags.get("p"));
		if (policy == null || malformed(tags, "sp") || malformed(tags, "np")) {
			if (!reports) { // RFC 9989 §4.10.1: else it is one that only wants reports
				return null;
			}
			return record(tags, DmarcPolicy.NONE, DmarcPolicy.NONE, DmarcPolicy.NONE);
		}
		DmarcPolicy subdomains = orElse(policy(tags.get("sp")), policy);
		return record(tags, policy, subdomains, orElse(policy(tags.get("np")), subdomains));
	}

	private static DmarcRecord record(Map<String, String> tags, DmarcPolicy policy, DmarcPolicy subdomains,
			DmarcPolicy nonExistent) {
		String suffix = tags.getOrDefault("psd", "u");
		Boolean publicSuffix = suffix.equalsIgnoreCase("y") ? Boolean.TRUE
				: suffix.equalsIgnoreCase("n") ? Boolean.FALSE : null;
		return new DmarcRecord(policy, subdomains, nonExistent, "s".equalsIgnoreCase(tags.get("adkim")),
				"s".equalsIgnoreCase(tags.get("aspf")), publicSuffix,
				"y".equalsIgnoreCase(tags.get("t")) || "0".equals(tags.get("pct")));
	}

	/** The policy as the domain wants it applied now. */
	DmarcPolicy applied(DmarcPolicy published) {
		if (!this.testing) {
			return published;
		}
		return (published == DmarcPolicy.REJECT) ? DmarcPolicy.QUARANTINE : DmarcPolicy.NONE;
	}

	/** Tags that are unknown or malformed are passed over; the version comes first. */
	private static @Nullable Map<String, String> tags(String text) {
		Map<String, String> tags = new LinkedHashMap<>();
		for (String spec : text.split(";")) {
			int equals = spec.indexOf('=');
			String name = (equals > 0) ? spec.substring(0, equals).strip().toLowerCase(Locale.ROOT) : "";
			String value = spec.substring(equals + 1).strip();
			if (tags.isEmpty() && !(name.equals("v") && value.equals("DMARC1"))) {
				return null;
			}
			tags.putIfAbsent(name, value);
		}
		return tags.isEmpty() ? null : tags;
	}

	private static boolean malformed(Map<String, String> tags, String name) {
		return tags.containsKey(name) && policy(tags.get(name)) == null;
	}

	private static @Nullable DmarcPolicy policy(@Nullable String word) {
		return switch ((word != null) ? word.toLowerCase(Locale.ROOT) : "") {
			case "none" -> DmarcPolicy.NONE;
			case "quarantine" -> DmarcPolicy.QUARANTINE;
			case "reject" -> DmarcPolicy.REJECT;
			default -> null;
		};
	}

	private static DmarcPolicy orElse(@Nullable DmarcPolicy policy, DmarcPolicy otherwise) {
		return (policy != null) ? policy : otherwise;
	}

}
