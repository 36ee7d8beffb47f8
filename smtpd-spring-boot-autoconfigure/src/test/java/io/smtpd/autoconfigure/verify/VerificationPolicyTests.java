package io.smtpd.autoconfigure.verify;

import java.util.List;
import java.util.Locale;

import io.smtpd.SmtpException;
import io.smtpd.autoconfigure.dkim.DkimResult;
import io.smtpd.autoconfigure.dkim.DkimVerification;
import io.smtpd.autoconfigure.verify.AuthenticationResults.Dmarc;
import io.smtpd.autoconfigure.verify.AuthenticationResults.Spf;
import io.smtpd.autoconfigure.verify.AuthenticationResults.Spf.Identity;
import io.smtpd.autoconfigure.verify.SmtpVerifyProperties.Mode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/** RFC 7372. */
class VerificationPolicyTests {

	private static final VerificationPolicy ENFORCE = new VerificationPolicy(Mode.ENFORCE, Mode.ENFORCE, Mode.ENFORCE);

	private static final String GOOD = "pass,pass,pass,none";

	@ParameterizedTest(name = "spf={0} dkim={1} dmarc={2} p={3}: {4}")
	@CsvSource(textBlock = """
			pass,      pass,      pass,      none,       accepted
			none,      pass,      none,      none,       accepted
			neutral,   pass,      pass,      reject,     accepted
			softfail,  pass,      pass,      reject,     accepted
			permerror, pass,      pass,      reject,     accepted
			fail,      pass,      pass,      reject,     550 5.7.23
			temperror, pass,      pass,      reject,     451 4.7.24
			pass,      fail,      pass,      reject,     550 5.7.20
			pass,      policy,    pass,      reject,     550 5.7.20
			pass,      none,      pass,      reject,     550 5.7.20
			pass,      temperror, pass,      reject,     451 4.7.5
			pass,      pass,      fail,      none,       accepted
			pass,      pass,      fail,      quarantine, accepted
			pass,      pass,      fail,      reject,     550 5.7.1
			pass,      pass,      temperror, reject,     451 4.4.3
			pass,      pass,      permerror, ,           550 5.7.1
			fail,      fail,      pass,      none,       550 5.7.26
			fail,      none,      fail,      reject,     550 5.7.26
			temperror, fail,      pass,      none,       550 5.7.20
			temperror, temperror, temperror, none,       451 4.7.24
			""")
	void enforcedResultsRefuse(String spf, String dkim, String dmarc, String policy, String reply) {
		assertThat(reply(ENFORCE, results(spf, dkim, dmarc, policy))).startsWith(reply);
	}

	@ParameterizedTest
	@EnumSource(value = Mode.class, names = { "OFF", "ANNOTATE" })
	void whatIsNotEnforcedRefusesNothing(Mode mode) {
		AuthenticationResults worst = results("fail", "fail", "fail", "reject");
		assertThat(reply(new VerificationPolicy(mode, mode, mode), worst)).isEqualTo("accepted");
		assertThat(reply(new VerificationPolicy(mode, mode, Mode.ENFORCE), worst)).startsWith("550 5.7.1 ");
		assertThat(reply(new VerificationPolicy(mode, Mode.ENFORCE, mode), worst)).startsWith("550 5.7.20 ");
		assertThat(reply(new VerificationPolicy(Mode.ENFORCE, mode, mode), worst)).startsWith("550 5.7.23 ");
	}

	@Test
	void oneGoodSignatureIsEnough() {
		AuthenticationResults results = new AuthenticationResults("mx", null,
				new DkimVerification(List.of(), List.of(signature("fail"), signature("pass"))), null);
		assertThat(reply(ENFORCE, results)).isEqualTo("accepted");
	}

	@Test
	void replyToSeveralFailuresNamesEach() {
		assertThat(reply(ENFORCE, results("fail", "fail", "fail", "reject")))
			.isEqualTo("550 5.7.26 SPF validation failed: this client may not send for example.org"
					+ " / No passing DKIM signature found"
					+ " / DMARC policy of example.org refuses this message from a.example.org");
	}

	@Test
	void dmarcAsksForBothOthers() {
		assertThat(new VerificationPolicy(Mode.OFF, Mode.OFF, Mode.ANNOTATE))
			.matches((policy) -> policy.needsSpf() && policy.needsDkim());
		assertThat(new VerificationPolicy(Mode.ANNOTATE, Mode.OFF, Mode.OFF))
			.matches((policy) -> policy.needsSpf() && !policy.needsDkim());
	}

	/** RFC 8601 §2.2, §2.7. */
	@Test
	void resultsAreWrittenAsAHeaderField() {
		AuthenticationResults results = new AuthenticationResults("mx.example.org",
				new Spf(SpfResult.PERMERROR, Identity.HELO, "b\u00fc \"x\\.example", "malformed record"),
				new DkimVerification(List.of(),
						List.of(signature("pass"),
								new DkimVerification.Signature(DkimResult.NEUTRAL, null, null, null, null, true,
										"malformed signature"))),
				new Dmarc(DmarcResult.FAIL, "a.example.org", "example.org", DmarcPolicy.REJECT, null));
		assertThat(results.headerField()).isEqualTo("""
				Authentication-Results: mx.example.org;
					spf=permerror (malformed record)
					 smtp.helo="b? \\"x\\\\.example";
					dkim=pass
					 header.d=example.org
					 header.s=s
					 header.a=rsa-sha256
					 header.b="abcd/fgh";
					dkim=neutral (testing) (malformed signature);
					dmarc=fail (p=reject)
					 header.from=a.example.org
				""".replace("\n", "\r\n"));
	}

	@Test
	void serverWithoutNameIsQuoted() {
		assertThat(new AuthenticationResults("[IPv6:2001:db8::1]", null, null, null).headerField())
			.isEqualTo("Authentication-Results: \"[IPv6:2001:db8::1]\"; none\r\n");
		assertThat(results(GOOD.split(",")).headerField()).startsWith("Authentication-Results: mx;\r\n\tspf=pass");
	}

	private static String reply(VerificationPolicy policy, AuthenticationResults results) {
		try {
			policy.enforce(results);
			return "accepted";
		}
		catch (SmtpException ex) {
			return ex.reply().toString();
		}
	}

	private static AuthenticationResults results(String... words) {
		List<DkimVerification.Signature> signatures = words[1].equals("none") ? List.of()
				: List.of(signature(words[1]));
		return new AuthenticationResults("mx",
				new Spf(SpfResult.valueOf(upper(words[0])), Identity.MAILFROM, "example.org", null),
				new DkimVerification(List.of("example.org"), signatures),
				new Dmarc(DmarcResult.valueOf(upper(words[2])), "a.example.org", "example.org",
						(words[3] != null) ? DmarcPolicy.valueOf(upper(words[3])) : null, null));
	}

	private static DkimVerification.Signature signature(String result) {
		return new DkimVerification.Signature(DkimResult.valueOf(upper(result)), "example.org", "s", "rsa-sha256",
				"abcd/fgh", false, null);
	}

	private static String upper(String word) {
		return word.toUpperCase(Locale.ROOT);
	}

}
