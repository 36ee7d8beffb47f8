package io.smtpd.autoconfigure.verify;

import java.util.List;

import io.smtpd.SmtpException;
import io.smtpd.autoconfigure.verify.DnsResolver.RecordType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/** RFC 5782. */
class DnsblCheckerTests {

	private static final String IPV6_NIBBLES = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2";

	private final MapResolver dns = new MapResolver();

	private final DnsblChecker checker = new DnsblChecker(this.dns, List.of("one.example", "two.example"));

	@Test
	void listedClientIsRefusedWithTheTextOfTheList() {
		this.dns.with("1.2.0.192.two.example", RecordType.A, "127.0.0.2")
			.with("1.2.0.192.two.example", RecordType.TXT, "See https://two.example/192.0.2.1");
		refused("192.0.2.1", "554 5.7.1 Client 192.0.2.1 is listed in two.example: See https://two.example/192.0.2.1");
	}

	@Test
	void addressOfVersion6IsAskedForInNibbles() {
		this.dns.with(IPV6_NIBBLES + ".one.example", RecordType.A, "127.0.0.4");
		refused("2001:db8::1", "554 5.7.1 Client 2001:db8:0:0:0:0:0:1 is listed in one.example");
		assertThat(this.dns.asked).first().isEqualTo(IPV6_NIBBLES + ".one.example A");
	}

	@Test
	void clientThatIsOnNoListPasses() {
		this.checker.check(Peers.at("192.0.2.1"));
		assertThat(this.dns.asked).containsExactly("1.2.0.192.one.example A", "1.2.0.192.two.example A");
	}

	@Test
	void listThatCannotBeAskedLetsPassButTheNextIsAsked() {
		this.dns.broken("1.2.0.192.one.example").broken("2.2.0.192.one.example");
		this.checker.check(Peers.at("192.0.2.1"));
		this.dns.with("2.2.0.192.two.example", RecordType.A, "127.0.0.2");
		refused("192.0.2.2", "554 5.7.1 Client 192.0.2.2 is listed in two.example");
	}

	@ParameterizedTest
	@ValueSource(strings = { "127.255.255.254", "192.0.2.99" })
	void answerThatIsNoListingLetsPass(String answer) {
		this.dns.with("1.2.0.192.one.example", RecordType.A, answer);
		this.checker.check(Peers.at("192.0.2.1"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "0.0.0.0", "127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "fe80::1" })
	void addressThatIsOnNoListAnywhereIsNotAskedFor(String address) {
		this.checker.check(Peers.at(address));
		assertThat(this.dns.asked).isEmpty();
	}

	@Test
	void zonesMustBeNames() {
		assertThatIllegalArgumentException().isThrownBy(() -> new DnsblChecker(this.dns, List.of()));
		assertThatIllegalArgumentException().isThrownBy(() -> new DnsblChecker(this.dns, List.of("a b.example")))
			.withMessage("DNSBL zone is 'a b.example' but must be a domain name such as dnsbl.example.org");
	}

	private void refused(String address, String reply) {
		assertThatExceptionOfType(SmtpException.class).isThrownBy(() -> this.checker.check(Peers.at(address)))
			.satisfies((ex) -> assertThat(ex.reply()).hasToString(reply));
	}

}
