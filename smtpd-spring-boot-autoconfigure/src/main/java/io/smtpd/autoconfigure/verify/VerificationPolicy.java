package io.smtpd.autoconfigure.verify;

import java.util.ArrayList;
import java.util.List;

import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;
import io.smtpd.autoconfigure.dkim.DkimResult;
import io.smtpd.autoconfigure.dkim.DkimVerification;
import io.smtpd.autoconfigure.verify.AuthenticationResults.Dmarc;
import io.smtpd.autoconfigure.verify.AuthenticationResults.Spf;
import io.smtpd.autoconfigure.verify.SmtpVerifyProperties.Mode;

/**
 * Decides which results refuse a message (RFC 7372). Immutable.
 *
 * @param spf what is done with SPF
 * @param dkim what is done with DKIM
 * @param dmarc what is done with DMARC
 */
record VerificationPolicy(Mode spf, Mode dkim, Mode dmarc) {

	boolean off() {
		return this.spf == Mode.OFF && this.dkim == Mode.OFF && this.dmarc == Mode.OFF;
	}

	/** DMARC stands on both others (RFC 9989 §4.3), so with it they are asked, too. */
	boolean needsSpf() {
		return this.spf != Mode.OFF || this.dmarc != Mode.OFF;
	}

	boolean needsDkim() {
		return this.dkim != Mode.OFF || this.dmarc != Mode.OFF;
	}

	/**
	 * Refuses the message where a result asks for it.
	 * @throws SmtpException the refusal
	 */
	void enforce(AuthenticationResults results) {
		List<SmtpReply> refusals = new ArrayList<>();
		if (this.spf == Mode.ENFORCE && results.spf() != null) {
			addSpf(results.spf(), refusals);
		}
		if (this.dkim == Mode.ENFORCE && results.dkim() != null) {
			addDkim(results.dkim(), refusals);
		}
		if (this.dmarc == Mode.ENFORCE && results.dmarc() != null) {
			addDmarc(results.dmarc(), refusals);
		}
		List<SmtpReply> lasting = refusals.stream().filter((reply) -> !reply.isTemporary()).toList();
		if (lasting.size() > 1) { // RFC 7372 §3.3
			List<String> lines = lasting.stream().flatMap((reply) -> reply.lines().stream()).toList();
			throw new SmtpException(new SmtpReply(550, "5.7.26", lines));
		}
		if (!lasting.isEmpty()) {
			throw new SmtpException(lasting.get(0));
		}
		if (!refusals.isEmpty()) {
			throw new SmtpException(refusals.get(0));
		}
	}

	private static void addSpf(Spf spf, List<SmtpReply> refusals) {
		if (spf.result() == SpfResult.FAIL) {
			refusals.add(
					SmtpReply.of(550, "5.7.23", "SPF validation failed: this client may not send for " + spf.domain()));
		}
		else if (spf.result() == SpfResult.TEMPERROR) {
			refusals.add(SmtpReply.of(451, "4.7.24", "SPF validation of " + spf.domain() + " is not possible now"));
		}
	}

	private static void addDkim(DkimVerification dkim, List<SmtpReply> refusals) {
		if (dkim.passed()) {
			return;
		}
		if (dkim.signatures().stream().anyMatch((signature) -> signature.result() == DkimResult.TEMPERROR)) {
			refusals.add(SmtpReply.of(451, "4.7.5", "Unable to verify the DKIM signature, key unavailable"));
			return;
		}
		refusals.add(SmtpReply.of(550, "5.7.20", "No passing DKIM signature found"));
	}

	private static void addDmarc(Dmarc dmarc, List<SmtpReply> refusals) {
		if (dmarc.result() == DmarcResult.FAIL && dmarc.policy() == DmarcPolicy.REJECT) {
			refusals.add(SmtpReply.of(550, "5.7.1",
					"DMARC policy of " + dmarc.policyDomain() + " refuses this message from " + dmarc.authorDomain()));
		}
		else if (dmarc.result() == DmarcResult.TEMPERROR) {
			refusals.add(SmtpReply.of(451, "4.4.3", "DMARC evaluation is not possible now, DNS unavailable"));
		}
		else if (dmarc.result() == DmarcResult.PERMERROR) { // RFC 7489 §6.6.1
			refusals.add(SmtpReply.of(550, "5.7.1", "Message must have one From header field with a valid domain"));
		}
	}

}
