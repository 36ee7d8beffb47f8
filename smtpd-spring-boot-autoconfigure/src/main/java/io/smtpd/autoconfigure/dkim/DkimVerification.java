package io.smtpd.autoconfigure.dkim;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What {@link DkimVerifier} found out about a message. Immutable.
 *
 * @param authorDomains the domains of all mailboxes in all From header fields, in lower
 * case and as A-labels, each once; empty when there is none
 * @param signatures the signatures in the order of the message; empty when it has none
 */
public record DkimVerification(List<String> authorDomains, List<Signature> signatures) {

	/**
	 * Copies the lists.
	 */
	public DkimVerification {
		authorDomains = List.copyOf(authorDomains);
		signatures = List.copyOf(signatures);
	}

	/**
	 * Tells whether at least one signature is good.
	 * @return whether one passes
	 */
	public boolean passed() {
		return this.signatures.stream().anyMatch((signature) -> signature.result() == DkimResult.PASS);
	}

	/**
	 * A DKIM-Signature header field and what became of it.
	 *
	 * @param result the result
	 * @param domain the signing domain ({@code d=}) in lower case, or null when the field
	 * is malformed
	 * @param selector the selector ({@code s=}), or null likewise
	 * @param algorithm the algorithm ({@code a=}), or null likewise
	 * @param signaturePrefix the first eight characters of {@code b=}, which tell several
	 * signatures of one domain apart (RFC 6008), or null likewise
	 * @param testing whether the domain only tests DKIM ({@code t=y} in the key record):
	 * a signature that does not pass is then to be taken as none (RFC 6376 §3.6.1)
	 * @param reason why it does not pass, in fixed words, or null when it does
	 */
	public record Signature(DkimResult result, @Nullable String domain, @Nullable String selector,
			@Nullable String algorithm, @Nullable String signaturePrefix, boolean testing, @Nullable String reason) {

	}

}
