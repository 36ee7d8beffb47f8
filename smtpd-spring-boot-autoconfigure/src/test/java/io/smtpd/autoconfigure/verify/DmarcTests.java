package io.smtpd.autoconfigure.verify;

import java.util.ArrayList;
import java.util.List;

import io.smtpd.autoconfigure.dkim.DkimResult;
import io.smtpd.autoconfigure.dkim.DkimVerification;
import io.smtpd.autoconfigure.verify.AuthenticationResults.Dmarc;
import io.smtpd.autoconfigure.verify.AuthenticationResults.Spf;
import io.smtpd.autoconfigure.verify.AuthenticationResults.Spf.Identity;
import io.smtpd.autoconfigure.verify.DnsResolver.RecordType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** RFC 9989, and the examples of RFC 7489 appendix B. */
class DmarcTests {

	private static final String NO = "none.invalid";

	private final MapResolver dns = new MapResolver();

	/** RFC 7489 B.1.1, B.1.2: the identifier, the author, relaxed and strict. */
	@ParameterizedTest
	@CsvSource({ "example.com, example.com, PASS, PASS", "child.example.com, example.com, PASS, FAIL",
			"example.com, child.example.com, PASS, FAIL", "example.net, child.example.com, FAIL, FAIL",
			"sample.net, child.example.com, FAIL, FAIL", "notexample.com, example.com, FAIL, FAIL",
			"a.example.com, b.example.com, PASS, FAIL" })
	void identifierMustBeAlignedWithTheAuthor(String identifier, String author, DmarcResult relaxed, DmarcResult strict)
			throws Exception {
		record("example.com", "v=DMARC1; p=reject");
		assertThat(dmarc(author, spf(SpfResult.PASS, identifier)).result()).isEqualTo(relaxed);
		assertThat(dmarc(author, spf(SpfResult.FAIL, NO), dkim(DkimResult.PASS, identifier)).result())
			.isEqualTo(relaxed);
		MapResolver other = new MapResolver().with("_dmarc.example.com", RecordType.TXT,
				"v=DMARC1; p=reject; adkim=s; aspf=s");
		assertThat(new DmarcCheck(other, spf(SpfResult.PASS, identifier), List.of()).result(List.of(author)).result())
			.isEqualTo(strict);
		assertThat(new DmarcCheck(other, spf(SpfResult.FAIL, NO), List.of(dkim(DkimResult.PASS, identifier)))
			.result(List.of(author))
			.result()).isEqualTo(strict);
	}

	/** RFC 7489 B.2: the records of its domain owners. */
	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com                                     | NONE
					v=DMARC1; p=none; rua=mailto:dmarc-feedback@example.com; ruf=mailto:auth-reports@thirdparty.example.net | NONE
					v=DMARC1; p=quarantine; rua=mailto:a@example.com,mailto:b@thirdparty.example.net!10m; pct=25 | QUARANTINE
					v=DMARC1;p=reject                                                                            | REJECT
					V = DMARC1 ; P = Reject ; unknown=x ; malformed                                              | REJECT
					v=DMARC1; p=reject; t=y                                                                      | QUARANTINE
					v=DMARC1; p=reject; pct=0                                                                    | QUARANTINE
					v=DMARC1; p=quarantine; t=y                                                                  | NONE
					v=DMARC1; rua=mailto:a@example.com                                                           | NONE
					v=DMARC1; p=bogus; rua=mailto:a@example.com                                                  | NONE
					""")
	void policyIsApplied(String record, DmarcPolicy policy) {
		record("example.com", record);
		assertThat(dmarc("example.com", spf(SpfResult.FAIL, "example.com")))
			.isEqualTo(new Dmarc(DmarcResult.FAIL, "example.com", "example.com", policy, null));
	}

	@ParameterizedTest
	@ValueSource(strings = { "v=DMARC2; p=reject", "v=dmarc1; p=reject", "p=reject; v=DMARC1", "v=DMARC1", "",
			"v=DMARC1; p=bogus", "v=DMARC1; p=reject; sp=bogus", "v=DMARC1; p=reject; np=bogus", "something else" })
	void whatIsNoPolicyCountsAsNone(String record) {
		record("example.com", record);
		assertThat(dmarc("example.com", spf(SpfResult.FAIL, "example.com")).result()).isEqualTo(DmarcResult.NONE);
	}

	@Test
	void twoRecordsCountAsNone() {
		record("example.com", "v=DMARC1; p=reject");
		record("example.com", "v=DMARC1; p=none");
		assertThat(dmarc("example.com", spf(SpfResult.FAIL, NO)).result()).isEqualTo(DmarcResult.NONE);
	}

	/** RFC 9989 §4.7, sp and np. */
	@Test
	void subdomainsHaveAPolicyOfTheirOwn() {
		record("example.com", "v=DMARC1; p=none; sp=quarantine; np=reject");
		this.dns.with("there.example.com", RecordType.MX, "mx.example.com");
		assertThat(dmarc("example.com", spf(SpfResult.FAIL, NO)).policy()).isEqualTo(DmarcPolicy.NONE);
		assertThat(dmarc("there.example.com", spf(SpfResult.FAIL, NO)).policy()).isEqualTo(DmarcPolicy.QUARANTINE);
		assertThat(dmarc("missing.example.com", spf(SpfResult.FAIL, NO)).policy()).isEqualTo(DmarcPolicy.REJECT);
		record("there.example.com", "v=DMARC1; p=none");
		assertThat(dmarc("there.example.com", spf(SpfResult.FAIL, NO)).policy()).isEqualTo(DmarcPolicy.NONE);
	}

	/** RFC 9989 §4.10. */
	@Test
	void walkUpTheTreeAsksAtMostEightTimes() {
		dmarc("a.b.c.d.e.f.g.h.i.j.mail.example.com", spf(SpfResult.FAIL, NO));
		assertThat(this.dns.asked).containsExactly("_dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com TXT",
				"_dmarc.g.h.i.j.mail.example.com TXT", "_dmarc.h.i.j.mail.example.com TXT",
				"_dmarc.i.j.mail.example.com TXT", "_dmarc.j.mail.example.com TXT", "_dmarc.mail.example.com TXT",
				"_dmarc.example.com TXT", "_dmarc.com TXT");
	}

	/** RFC 9989 §4.10.2. */
	@Test
	void publicSuffixThatSaysSoIsNobodysOrganization() {
		record("co.example", "v=DMARC1; p=reject; psd=y");
		record("mine.co.example", "v=DMARC1; p=reject");
		assertThat(dmarc("mine.co.example", spf(SpfResult.PASS, "theirs.co.example")).result())
			.isEqualTo(DmarcResult.FAIL);
		assertThat(dmarc("mine.co.example", spf(SpfResult.PASS, "mail.mine.co.example")).result())
			.isEqualTo(DmarcResult.PASS);
		assertThat(dmarc("bare.co.example", spf(SpfResult.FAIL, NO)))
			.isEqualTo(new Dmarc(DmarcResult.FAIL, "bare.co.example", "co.example", DmarcPolicy.REJECT, null));
	}

	@Test
	void departmentThatSaysSoIsAnOrganizationOfItsOwn() {
		record("example.com", "v=DMARC1; p=reject");
		record("dept.example.com", "v=DMARC1; p=reject; psd=n");
		assertThat(dmarc("dept.example.com", spf(SpfResult.PASS, "example.com")).result()).isEqualTo(DmarcResult.FAIL);
		assertThat(dmarc("example.com", spf(SpfResult.PASS, "dept.example.com")).result()).isEqualTo(DmarcResult.FAIL);
		assertThat(dmarc("dept.example.com", spf(SpfResult.PASS, "x.dept.example.com")).result())
			.isEqualTo(DmarcResult.PASS);
	}

	@Test
	void identifierOfAStrangerCostsNoLookup() {
		record("example.com", "v=DMARC1; p=reject");
		dmarc("example.com", spf(SpfResult.PASS, "a.b.stranger.example"), dkim(DkimResult.PASS, "x.other.example"));
		assertThat(this.dns.asked).containsExactly("_dmarc.example.com TXT", "_dmarc.com TXT");
	}

	@Test
	void oneGoodSignatureOfSeveralIsEnough() {
		record("example.com", "v=DMARC1; p=reject");
		assertThat(dmarc("example.com", spf(SpfResult.FAIL, "example.com"), dkim(DkimResult.FAIL, "example.com"),
				dkim(DkimResult.PASS, "list.example"), dkim(DkimResult.PASS, "example.com"))
			.result()).isEqualTo(DmarcResult.PASS);
	}

	/** RFC 7489 §6.6.2: what could not be verified may be good. */
	@Test
	void messageThatCannotBeJudgedNowHasNotFailed() {
		record("example.com", "v=DMARC1; p=reject");
		assertThat(dmarc("example.com", spf(SpfResult.TEMPERROR, "example.com")).result())
			.isEqualTo(DmarcResult.TEMPERROR);
		assertThat(dmarc("example.com", spf(SpfResult.FAIL, NO), dkim(DkimResult.TEMPERROR, "example.com")).result())
			.isEqualTo(DmarcResult.TEMPERROR);
		assertThat(dmarc("example.com", spf(SpfResult.TEMPERROR, "other.example")).result())
			.isEqualTo(DmarcResult.FAIL);
		this.dns.broken("_dmarc.broken.example");
		assertThat(dmarc("broken.example", spf(SpfResult.PASS, "broken.example")).result())
			.isEqualTo(DmarcResult.TEMPERROR);
	}

	/** RFC 7489 §6.6.1: a second author must not open the door for the first. */
	@Test
	void strictestOfSeveralAuthorsCounts() {
		record("mine.example", "v=DMARC1; p=none");
		record("bank.example", "v=DMARC1; p=reject");
		DmarcCheck check = new DmarcCheck(this.dns, spf(SpfResult.PASS, "mine.example"), List.of());
		assertThat(check.result(List.of("mine.example", "bank.example", "free.example")))
			.isEqualTo(new Dmarc(DmarcResult.FAIL, "bank.example", "bank.example", DmarcPolicy.REJECT, null));
		assertThat(check.result(List.of("mine.example")).result()).isEqualTo(DmarcResult.PASS);
		assertThat(check.result(List.of()).result()).isEqualTo(DmarcResult.PERMERROR);
		List<String> many = new ArrayList<>();
		for (int i = 0; i < 6; i++) {
			many.add("d" + i + ".example");
		}
		assertThat(check.result(many).result()).isEqualTo(DmarcResult.PERMERROR);
	}

	private void record(String domain, String text) {
		this.dns.with("_dmarc." + domain, RecordType.TXT, text);
	}

	private Dmarc dmarc(String author, Spf spf, DkimVerification.Signature... signatures) {
		return new DmarcCheck(this.dns, spf, List.of(signatures)).result(List.of(author));
	}

	private static Spf spf(SpfResult result, String domain) {
		return new Spf(result, Identity.MAILFROM, domain, null);
	}

	private static DkimVerification.Signature dkim(DkimResult result, String domain) {
		return new DkimVerification.Signature(result, domain, "s", "rsa-sha256", "abcdefgh", false, null);
	}

}
