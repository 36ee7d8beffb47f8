package io.smtpd.autoconfigure.verify;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * TXT records of strangers: refused in one way or read, and what was read says the same
 * when it is written again.
 */
class PolicyFuzzTests {

	static Stream<byte[]> spfRecords() {
		return Stream
			.of("v=spf1 -all", "v=spf1 a mx:b.example/24//64 ip4:192.0.2.0/24 ip6:2001:db8::/32 ~all",
					"v=spf1 include:%{d2r+-}.b.example exists:%{ir}.%{v}._spf.%{d}.a ?ptr redirect=_spf.example.org",
					"v=spf1 exp=%{o}.example.org x=%%%_%- +all", "V=SPF1", "v=spf1 a/33", "v=spf1 ip6:::/129",
					"v=spf1 a/0//0 ip6:::ffff:192.0.2.1/128")
			.map((text) -> text.getBytes(StandardCharsets.ISO_8859_1));
	}

	/** RFC 7208 §12. */
	@MethodSource("spfRecords")
	@FuzzTest
	void spfRecord(byte[] input) throws SpfException {
		String text = new String(input, StandardCharsets.UTF_8);
		assertThat(SpfRecord.isRecord(text)).isEqualTo(text.matches("(?is)v=spf1( .*)?"));
		if (!SpfRecord.isRecord(text)) {
			return;
		}
		SpfRecord record;
		try {
			record = SpfRecord.parse(text);
		}
		catch (SpfException ex) {
			assertThat(ex.result()).isEqualTo(SpfResult.PERMERROR);
			return;
		}
		assertThat(text).matches("(?i)v=spf1(?: +[!-~]+)* *"); // §4.5, §12: ASCII and
																// blanks
		assertThat(record.mechanisms()).allMatch((mechanism) -> mechanism.ipv4Prefix() >= 0
				&& mechanism.ipv4Prefix() <= 32 && mechanism.ipv6Prefix() >= 0 && mechanism.ipv6Prefix() <= 128);
		assertThat(record.mechanisms()).extracting(SpfRecord.Mechanism::name)
			.isSubsetOf("all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists");
		assertThat(SpfRecord.parse(written(record))).isEqualTo(record);
	}

	private static String written(SpfRecord record) {
		String mechanisms = record.mechanisms().stream().map(PolicyFuzzTests::written).collect(Collectors.joining());
		return "v=spf1" + mechanisms + ((record.redirect() != null) ? " redirect=" + record.redirect() : "");
	}

	private static String written(SpfRecord.Mechanism mechanism) {
		String qualifier = switch (mechanism.qualifier()) {
			case FAIL -> "-";
			case SOFTFAIL -> "~";
			case NEUTRAL -> "?";
			default -> "+";
		};
		String prefixes = switch (mechanism.name()) {
			case "a", "mx" -> "/" + mechanism.ipv4Prefix() + "//" + mechanism.ipv6Prefix();
			case "ip4" -> "/" + mechanism.ipv4Prefix();
			case "ip6" -> "/" + mechanism.ipv6Prefix();
			default -> "";
		};
		return " " + qualifier + mechanism.name() + ((mechanism.value() != null) ? ":" + mechanism.value() : "")
				+ prefixes;
	}

	static Stream<byte[]> dmarcRecords() {
		return Stream
			.of("v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=r; psd=y; t=y; rua=mailto:a@b.example",
					"v=DMARC1;p=x;rua=MAILTO:a@b", "v=DMARC1", "v=dmarc1; p=none", "p=none; v=DMARC1", ";", "")
			.map((text) -> text.getBytes(StandardCharsets.ISO_8859_1));
	}

	/** RFC 9989 §4.7, §4.10.1. */
	@MethodSource("dmarcRecords")
	@FuzzTest
	void dmarcRecord(byte[] input) {
		String text = new String(input, StandardCharsets.UTF_8);
		DmarcRecord record = DmarcRecord.parse(text);
		if (record == null) {
			return;
		}
		String[] version = text.split(";")[0].split("=", 2);
		assertThat(version[0].strip()).isEqualToIgnoringCase("v");
		assertThat(version[1].strip()).isEqualTo("DMARC1");
		assertThat(record.policy()).isIn(List.of(DmarcPolicy.values()));
		if (record.policy() != DmarcPolicy.NONE) {
			assertThat(text.toLowerCase(Locale.ROOT)).contains(record.policy().name().toLowerCase(Locale.ROOT));
		}
		for (DmarcPolicy policy : DmarcPolicy.values()) { // never stricter than published
			assertThat(record.applied(policy).compareTo(policy)).isLessThanOrEqualTo(0);
		}
	}

}
