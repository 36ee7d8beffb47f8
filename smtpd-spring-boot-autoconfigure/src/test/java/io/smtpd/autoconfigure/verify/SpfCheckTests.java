package io.smtpd.autoconfigure.verify;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;

import io.smtpd.autoconfigure.verify.DnsResolver.RecordType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** RFC 7208. */
class SpfCheckTests {

	private final MapResolver dns = new MapResolver();

	@ParameterizedTest(name = "{0}: {1} is {2}")
	@CsvSource(textBlock = """
			v=spf1 +all,                             203.0.113.9,   PASS
			v=spf1 a -all,                           192.0.2.10,    PASS
			v=spf1 a -all,                           192.0.2.11,    PASS
			v=spf1 a -all,                           192.0.2.65,    FAIL
			v=spf1 a:example.org -all,               192.0.2.10,    FAIL
			v=spf1 mx -all,                          192.0.2.129,   PASS
			v=spf1 mx -all,                          192.0.2.130,   PASS
			v=spf1 mx -all,                          192.0.2.140,   FAIL
			v=spf1 mx:example.org -all,              192.0.2.140,   PASS
			v=spf1 mx mx:example.org -all,           192.0.2.140,   PASS
			v=spf1 mx mx:example.org -all,           192.0.2.65,    FAIL
			v=spf1 mx/30 mx:example.org/30 -all,     192.0.2.131,   PASS
			v=spf1 mx/30 mx:example.org/30 -all,     192.0.2.143,   PASS
			v=spf1 mx/30 mx:example.org/30 -all,     192.0.2.132,   FAIL
			v=spf1 ptr -all,                         192.0.2.65,    PASS
			v=spf1 ptr -all,                         192.0.2.140,   FAIL
			v=spf1 ptr -all,                         10.0.0.4,      FAIL
			v=spf1 ip4:192.0.2.128/28 -all,          192.0.2.65,    FAIL
			v=spf1 ip4:192.0.2.128/28 -all,          192.0.2.129,   PASS
			v=spf1 ip6:2001:db8::/32 ~all,           2001:db8::1,   PASS
			v=spf1 ip6:2001:db8::/32 ~all,           2001:db9::1,   SOFTFAIL
			v=spf1 ip4:0.0.0.0/0 -all,               2001:db8::1,   FAIL
			v=spf1 ?all,                             192.0.2.1,     NEUTRAL
			v=spf1,                                  192.0.2.1,     NEUTRAL
			v=spf10 +all,                            192.0.2.1,     NONE
			""")
	void examplesOfAppendixA1(String policy, String client, SpfResult result) throws Exception {
		appendixA();
		this.dns.with("example.com", RecordType.TXT, "something else", policy);
		assertThat(check(client, "alice@example.com")).isEqualTo(result);
	}

	/** Appendix A.2: one domain's policy stands on that of others. */
	@Test
	void includesAndRedirectsLeadToOtherPolicies() throws Exception {
		appendixA();
		this.dns.with("example.com", RecordType.TXT, "v=spf1 mx -all")
			.with("example.net", RecordType.TXT, "v=spf1 ip4:198.51.100.0/24 -all")
			.with("org.example", RecordType.TXT, "v=spf1 include:example.com include:example.net -all")
			.with("la.org.example", RecordType.TXT, "v=spf1 redirect=org.example");
		assertThat(check("192.0.2.129", "a@la.org.example")).isEqualTo(SpfResult.PASS);
		assertThat(check("198.51.100.7", "a@la.org.example")).isEqualTo(SpfResult.PASS);
		assertThat(check("203.0.113.7", "a@la.org.example")).isEqualTo(SpfResult.FAIL);
	}

	/** Appendix A.3: a user is a name in the DNS. */
	@Test
	void macrosAskForUsers() throws Exception {
		this.dns
			.with("example.com", RecordType.TXT,
					"v=spf1 include:mobile-users._spf.%{d} include:remote-users._spf.%{d} -all")
			.with("mobile-users._spf.example.com", RecordType.TXT, "v=spf1 exists:%{l1r+}.%{d}")
			.with("remote-users._spf.example.com", RecordType.TXT, "v=spf1 exists:%{ir}.%{l1r+}.%{d}")
			.with("mary.mobile-users._spf.example.com", RecordType.A, "127.0.0.2")
			.with("15.15.168.192.joel.remote-users._spf.example.com", RecordType.A, "127.0.0.2");
		assertThat(check("203.0.113.1", "mary@example.com")).isEqualTo(SpfResult.PASS);
		assertThat(check("203.0.113.1", "mary+news@example.com")).isEqualTo(SpfResult.PASS);
		assertThat(check("192.168.15.15", "joel@example.com")).isEqualTo(SpfResult.PASS);
		assertThat(check("192.168.15.16", "joel@example.com")).isEqualTo(SpfResult.FAIL);
	}

	/** RFC 7208 §7.4. */
	@ParameterizedTest
	@CsvSource(textBlock = """
			%{s},                                   strong-bad@email.example.com
			%{o},                                   email.example.com
			%{d4},                                  email.example.com
			%{d2},                                  example.com
			%{d1},                                  com
			%{dr},                                  com.example.email
			%{d2r},                                 example.email
			%{l},                                   strong-bad
			%{l-},                                  strong.bad
			%{lr},                                  strong-bad
			%{lr-},                                 bad.strong
			%{l1r-},                                strong
			%{ir}.%{v}._spf.%{d2},                  3.2.0.192.in-addr._spf.example.com
			%{lr-}.lp._spf.%{d2},                   bad.strong.lp._spf.example.com
			%{lr-}.lp.%{ir}.%{v}._spf.%{d2},        bad.strong.lp.3.2.0.192.in-addr._spf.example.com
			%{ir}.%{v}.%{l1r-}.lp._spf.%{d2},       3.2.0.192.in-addr.strong.lp._spf.example.com
			%{d2}.trusted-domains.example.net,      example.com.trusted-domains.example.net
			%{h}.example,                           client.example.org.example
			%{S}.example,                           strong-bad%40email.example.com.example
			%{p}.example,                           unknown.example
			""")
	void macrosExpand(String macro, String name) throws Exception {
		this.dns.with("email.example.com", RecordType.TXT, "v=spf1 exists:" + macro + " -all");
		check("192.0.2.3", "strong-bad@email.example.com");
		assertThat(this.dns.asked).last().isEqualTo(name + " A");
	}

	@Test
	void addressOfVersion6ExpandsToNibbles() throws Exception {
		this.dns.with("email.example.com", RecordType.TXT, "v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all");
		check("2001:db8::cb01", "a@email.example.com");
		assertThat(this.dns.asked).last()
			.isEqualTo("1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com A");
	}

	@ParameterizedTest
	@ValueSource(strings = { "v=spf1 al", "v=spf1 all:x.example", "v=spf1 all/8", "v=spf1 ip4:192.0.2.300",
			"v=spf1 ip4:192.0.2.0/33", "v=spf1 ip4:192.0.2.0/08", "v=spf1 ip4:localhost", "v=spf1 ip6:192.0.2.1",
			"v=spf1 ip6:.:1", "v=spf1 ip6:1:2", "v=spf1 ip4:1.2.3", "v=spf1 ip6:2001:db8::/129", "v=spf1 include",
			"v=spf1 include:", "v=spf1 a:", "v=spf1 a:example", "v=spf1 a:111.222.33.44", "v=spf1 exists",
			"v=spf1 exists:%{x}.example.com", "v=spf1 exists:%.example", "v=spf1 exists:%{d0}.example.com",
			"v=spf1 exists:%{d.example.com", "v=spf1 redirect=", "v=spf1 redirect=a.example redirect=b.example",
			"v=spf1 exp=a.example exp=b.example", "v=spf1 mx:%{c}.example.com", "v=spf1 ??all", "v=spf1 a/24/64",
			"v=spf1 a//129", "v=spf1 =x", "v=spf1 x=%{d", "v=spf1 a:caf\u00e9.example" })
	void malformedPolicyIsAPermanentErrorEvenBehindAMatch(String policy) throws Exception {
		this.dns.with("example.com", RecordType.TXT, policy.replace("v=spf1 ", "v=spf1 +all "));
		assertThat(check("192.0.2.1", "a@example.com")).isEqualTo(SpfResult.PERMERROR);
	}

	@ParameterizedTest
	@ValueSource(strings = { "a@localhost", "a@[192.0.2.1]", "a@a..example.com", "a@", "a@example.org" })
	void noDomainOrNoPolicyIsNoResult(String sender) throws Exception {
		assertThat(check("192.0.2.1", sender)).isEqualTo(SpfResult.NONE);
	}

	@Test
	void twoPoliciesAreAPermanentError() throws Exception {
		this.dns.with("example.com", RecordType.TXT, "v=spf1 +all", "v=spf1 -all");
		assertThat(check("192.0.2.1", "a@example.com")).isEqualTo(SpfResult.PERMERROR);
	}

	@ParameterizedTest
	@CsvSource({ "include:none.example,PERMERROR", "redirect=none.example,PERMERROR",
			"include:broken.example,TEMPERROR", "a:broken.example,TEMPERROR", "mx:broken.example,TEMPERROR",
			"exists:broken.example,TEMPERROR", "redirect=broken.example,TEMPERROR" })
	void otherPolicyMustBeThere(String term, SpfResult result) throws Exception {
		this.dns.with("example.com", RecordType.TXT, "v=spf1 " + term).broken("broken.example");
		assertThat(check("192.0.2.1", "a@example.com")).isEqualTo(result);
	}

	@Test
	void brokenReverseZoneMatchesNothing() throws Exception { // §5.5
		this.dns.with("example.com", RecordType.TXT, "v=spf1 ptr -all").broken("1.2.0.192.in-addr.arpa");
		assertThat(check("192.0.2.1", "a@example.com")).isEqualTo(SpfResult.FAIL);
	}

	/** RFC 7208 §4.6.4. */
	@Test
	void elevenTermsThatAskAreTooMany() throws Exception {
		StringBuilder policy = new StringBuilder("v=spf1");
		for (int i = 0; i < 10; i++) {
			policy.append(" a:a").append(i).append(".example.com");
			this.dns.with("a" + i + ".example.com", RecordType.A, "203.0.113." + i);
		}
		this.dns.with("ten.example", RecordType.TXT, policy + " -all")
			.with("eleven.example", RecordType.TXT, policy + " mx -all");
		assertThat(check("192.0.2.1", "a@ten.example")).isEqualTo(SpfResult.FAIL);
		assertThat(check("192.0.2.1", "a@eleven.example")).isEqualTo(SpfResult.PERMERROR);
	}

	@Test
	void policyThatIncludesItselfEnds() throws Exception {
		this.dns.with("example.com", RecordType.TXT, "v=spf1 include:example.com -all");
		assertThat(check("192.0.2.1", "a@example.com")).isEqualTo(SpfResult.PERMERROR);
	}

	@Test
	void threeLookupsThatFindNothingAreTooMany() throws Exception {
		this.dns.with("two.example", RecordType.TXT, "v=spf1 a:x1.example.com a:x2.example.com -all")
			.with("three.example", RecordType.TXT, "v=spf1 a:x1.example.com a:x2.example.com mx:x3.example.com -all");
		assertThat(check("192.0.2.1", "a@two.example")).isEqualTo(SpfResult.FAIL);
		assertThat(check("192.0.2.1", "a@three.example")).isEqualTo(SpfResult.PERMERROR);
	}

	@Test
	void elevenExchangersAreTooMany() throws Exception {
		for (int i = 0; i < 11; i++) {
			this.dns.with("mx.example", RecordType.MX, "m" + i + ".example");
			this.dns.with("m" + i + ".example", RecordType.A, "203.0.113." + i);
		}
		this.dns.with("mx.example", RecordType.TXT, "v=spf1 mx -all");
		assertThat(check("192.0.2.1", "a@mx.example")).isEqualTo(SpfResult.PERMERROR);
	}

	@Test
	void longPolicyIsReadInOneGo() throws Exception {
		this.dns.with("example.com", RecordType.TXT, "v=spf1 exists:" + "a.".repeat(20_000) + "! -all")
			.with("example.org", RecordType.TXT, "v=spf1 " + "ip4:203.0.113.1 ".repeat(4000) + "-all");
		assertThat(check("192.0.2.1", "a@example.com")).isEqualTo(SpfResult.PERMERROR);
		assertThat(check("192.0.2.1", "a@example.org")).isEqualTo(SpfResult.FAIL);
	}

	private SpfResult check(String client, String sender) throws UnknownHostException {
		return new SpfCheck(new BoundedResolver(this.dns, Duration.ofMinutes(1)), InetAddress.getByName(client), sender,
				"client.example.org")
			.result();
	}

	/** The zones that the examples share. */
	private void appendixA() {
		this.dns.with("example.com", RecordType.MX, "mail-a.example.com", "mail-b.example.com")
			.with("example.com", RecordType.A, "192.0.2.10", "192.0.2.11")
			.with("amy.example.com", RecordType.A, "192.0.2.65")
			.with("bob.example.com", RecordType.A, "192.0.2.66")
			.with("mail-a.example.com", RecordType.A, "192.0.2.129")
			.with("mail-b.example.com", RecordType.A, "192.0.2.130")
			.with("example.org", RecordType.MX, "mail-c.example.org")
			.with("mail-c.example.org", RecordType.A, "192.0.2.140")
			.with("65.2.0.192.in-addr.arpa", RecordType.PTR, "amy.example.com")
			.with("140.2.0.192.in-addr.arpa", RecordType.PTR, "mail-c.example.org")
			.with("4.0.0.10.in-addr.arpa", RecordType.PTR, "bob.example.com");
	}

}
