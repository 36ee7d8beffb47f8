package io.smtpd.autoconfigure.dkim;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import io.smtpd.autoconfigure.dkim.SmtpDkimProperties.Signature;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;
import org.springframework.validation.Errors;

/** What values the properties may have; the keys are looked at later. */
final class SmtpDkimPropertiesChecks {

	private final Errors errors;

	private final Set<String> selectors = new HashSet<>();

	SmtpDkimPropertiesChecks(Errors errors) {
		this.errors = errors;
	}

	void check(SmtpDkimProperties properties) {
		List<Signature> signatures = properties.getSignatures();
		complainUnless(!signatures.isEmpty(), "signatures",
				"is missing: signing needs at least one, with smtpd.dkim.signatures[0].domain, .selector and .private-key");
		for (int i = 0; i < signatures.size(); i++) {
			signature("signatures[" + i + "].", signatures.get(i));
		}
		if (!signatures.isEmpty()) {
			defaultDomain(properties.getDefaultDomain(), signatures);
		}
		complainUnless(properties.getHeaderCanonicalization() != null, "headerCanonicalization",
				"must be relaxed or simple");
		complainUnless(properties.getBodyCanonicalization() != null, "bodyCanonicalization",
				"must be relaxed or simple");
		complainIfRefused("signedFields", properties.getSignedFields(), DkimSigner.builder()::signedFields);
		complainIfRefused("oversignedFields", properties.getOversignedFields(), DkimSigner.builder()::oversignedFields);
		complainUnless(properties.getExpiry() == null || properties.getExpiry().toSeconds() >= 1, "expiry",
				"must be a duration of at least 1s such as 14d");
	}

	private void signature(String field, Signature signature) {
		String domain = name(signature.getDomain());
		complainUnless(domain != null, field + "domain",
				"must be the domain that signs, such as example.org: its DNS has the public key");
		String selector = name(signature.getSelector());
		complainUnless(selector != null, field + "selector",
				"must be the selector of the public key, such as mail2026 for a DNS record at "
						+ "mail2026._domainkey.example.org");
		complainUnless(StringUtils.hasText(signature.getPrivateKey()), field + "privateKey",
				"must be the location of a PEM file with the private key, such as file:/etc/dkim/mail2026.pem");
		if (domain != null && selector != null) {
			complainUnless(this.selectors.add(selector + "._domainkey." + domain), field + "selector",
					"is used for this domain already: two signatures need two keys, and so two selectors");
		}
	}

	private void defaultDomain(@Nullable String domain, List<Signature> signatures) {
		Set<String> domains = signatures.stream()
			.map((signature) -> name(signature.getDomain()))
			.filter(Objects::nonNull)
			.collect(Collectors.toSet());
		complainUnless(!StringUtils.hasText(domain) || domains.contains(name(domain)), "defaultDomain",
				"must be a domain that has a signature; there are " + domains);
	}

	private void complainIfRefused(String field, List<String> names, Consumer<List<String>> taker) {
		try {
			taker.accept(names);
		}
		catch (IllegalArgumentException ex) {
			complainUnless(false, field, "must be a list of names such as From,Subject: " + ex.getMessage());
		}
	}

	private static @Nullable String name(@Nullable String text) {
		return StringUtils.hasText(text) ? FromDomain.normalized(text) : null;
	}

	private void complainUnless(boolean allowed, String field, String rule) {
		if (!allowed) {
			this.errors.rejectValue(field, "smtpd", rule);
		}
	}

}
