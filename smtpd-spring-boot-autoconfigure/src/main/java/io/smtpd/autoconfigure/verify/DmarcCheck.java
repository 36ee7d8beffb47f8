package io.smtpd.autoconfigure.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import io.smtpd.autoconfigure.dkim.DkimResult;
import io.smtpd.autoconfigure.dkim.DkimVerification;
import io.smtpd.autoconfigure.verify.AuthenticationResults.Dmarc;
import io.smtpd.autoconfigure.verify.AuthenticationResults.Spf;
import io.smtpd.autoconfigure.verify.DnsResolver.RecordType;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates DMARC for one message (RFC 9989 §5.3). With mailboxes of several domains in
 * From each domain is asked, and the strictest answer counts (RFC 7489 §6.6.1). Used by
 * one thread.
 */
final class DmarcCheck {

	/** Each may cost nine look-ups. */
	private static final int MAX_AUTHOR_DOMAINS = 5;

	private final DnsResolver dns;

	private final Spf spf;

	private final List<DkimVerification.Signature> signatures;

	DmarcCheck(DnsResolver dns, Spf spf, List<DkimVerification.Signature> signatures) {
		this.dns = dns;
		this.spf = spf;
		this.signatures = signatures;
	}

	Dmarc result(List<String> authorDomains) {
		if (authorDomains.isEmpty()) {
			return new Dmarc(DmarcResult.PERMERROR, null, null, null, "no domain in From");
		}
		if (authorDomains.size() > MAX_AUTHOR_DOMAINS) {
			return new Dmarc(DmarcResult.PERMERROR, authorDomains.get(0), null, null, "too many domains in From");
		}
		Dmarc strictest = null;
		for (String domain : authorDomains) {
			Dmarc dmarc = result(domain);
			strictest = (strictest == null || rank(dmarc) > rank(strictest)) ? dmarc : strictest;
		}
		return Objects.requireNonNull(strictest);
	}

	private static int rank(Dmarc dmarc) {
		return switch (dmarc.result()) {
			case PASS -> 0;
			case NONE -> 1;
			case TEMPERROR -> 3;
			default -> (dmarc.policy() == DmarcPolicy.REJECT) ? 4 : 2;
		};
	}

	private Dmarc result(String authorDomain) {
		try {
			DmarcTree tree = DmarcTree.walk(this.dns, authorDomain);
			String policyDomain = tree.policyDomain();
			DmarcRecord policy = tree.records().get(policyDomain);
			if (policy == null) {
				return new Dmarc(DmarcResult.NONE, authorDomain, null, null, null);
			}
			String organizational = tree.organizationalDomain();
			DmarcPolicy applied = policy.applied(published(policy, policyDomain, authorDomain));
			if (aligned(authorDomain, organizational, policy, false)) {
				return new Dmarc(DmarcResult.PASS, authorDomain, policyDomain, applied, null);
			}
			// RFC 7489 §6.6.2: what may pass another time has not failed
			boolean unsure = aligned(authorDomain, organizational, policy, true);
			return new Dmarc(unsure ? DmarcResult.TEMPERROR : DmarcResult.FAIL, authorDomain, policyDomain, applied,
					unsure ? "SPF or DKIM could not be verified" : null);
		}
		catch (DnsException ex) {
			return new Dmarc(DmarcResult.TEMPERROR, authorDomain, null, null, "DNS unavailable");
		}
	}

	/** RFC 9989 §4.7: sp and np are for what is below the domain of the record. */
	private DmarcPolicy published(DmarcRecord policy, String policyDomain, String authorDomain) throws DnsException {
		if (policyDomain.equals(authorDomain)) {
			return policy.policy();
		}
		if (policy.nonExistentPolicy() == policy.subdomainPolicy()
				|| this.dns.lookup(authorDomain, RecordType.A).nameExists()) {
			return policy.subdomainPolicy();
		}
		return policy.nonExistentPolicy();
	}

	/**
	 * Tells whether an identifier is aligned that passes or, when asked for, one that
	 * could not be verified.
	 */
	private boolean aligned(String authorDomain, String organizational, DmarcRecord policy, boolean unsure)
			throws DnsException {
		SpfResult spfWanted = unsure ? SpfResult.TEMPERROR : SpfResult.PASS;
		if (this.spf.result() == spfWanted
				&& aligned(authorDomain, organizational, this.spf.domain(), policy.strictSpf())) {
			return true;
		}
		DkimResult dkimWanted = unsure ? DkimResult.TEMPERROR : DkimResult.PASS;
		List<@Nullable String> signers = new ArrayList<>();
		for (DkimVerification.Signature signature : this.signatures) {
			if (signature.result() == dkimWanted && !signers.contains(signature.domain())) {
				signers.add(signature.domain());
			}
		}
		for (String signer : signers) {
			if (aligned(authorDomain, organizational, signer, policy.strictDkim())) {
				return true;
			}
		}
		return false;
	}

	/** RFC 9989 §4.4.1, §4.4.2, §4.10.2; asks only where the answer may be yes. */
	private boolean aligned(String authorDomain, String organizational, @Nullable String identifier, boolean strict)
			throws DnsException {
		if (identifier == null || identifier.equals(authorDomain)) {
			return identifier != null;
		}
		boolean candidate = identifier.equals(organizational) || identifier.endsWith("." + organizational);
		return !strict && candidate
				&& DmarcTree.walk(this.dns, identifier).organizationalDomain().equals(organizational);
	}

}
