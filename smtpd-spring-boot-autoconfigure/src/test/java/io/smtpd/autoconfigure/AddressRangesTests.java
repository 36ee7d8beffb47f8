package io.smtpd.autoconfigure;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class AddressRangesTests {

	@ParameterizedTest
	@CsvSource(textBlock = """
			192.0.2.10             , 192.0.2.10             , true
			192.0.2.10             , 192.0.2.11             , false
			10.0.0.0/8             , 10.255.255.255         , true
			10.0.0.0/8             , 11.0.0.0               , false
			10.1.2.3/8             , 10.200.0.1             , true
			0.0.0.0/0              , 203.0.113.9            , true
			0.0.0.0/0              , 2001:db8::1            , false
			::/0                   , 2001:db8::1            , true
			::/0                   , 203.0.113.9            , false
			192.0.2.10/32          , 192.0.2.10             , true
			2001:db8::10           , 2001:db8:0:0:0:0:0:10  , true
			2001:db8::/32          , 2001:db8:ffff::1       , true
			2001:DB8::/32          , 2001:db9::1            , false
			::1                    , ::1                    , true
			::1                    , 127.0.0.1              , false
			::ffff:192.0.2.10      , 192.0.2.10             , true
			::ffff:192.0.2.10      , 192.0.2.11             , false
			::ffff:10.0.0.0/104    , 10.9.9.9               , true
			::ffff:10.0.0.0/104    , 11.9.9.9               , false
			192.0.2.10             , ::ffff:192.0.2.10      , true
			' 192.0.2.10 '         , 192.0.2.10             , true
			""")
	void addressIsInRange(String range, String address, boolean contained) throws Exception {
		assertThat(AddressRanges.of(List.of(range)).test(InetAddress.getByName(address))).isEqualTo(contained);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "localhost", "proxy.example.org", "10.0.0.0/33", "2001:db8::/129", "10.0.0.256",
			"10.0.0", "10", "010.0.0.1", "0x0a.0.0.1", "10.0.0.0/255.0.0.0", "10.0.0.0/", "/8", "*", "10.*.0.0",
			"10.0-1.0.0", "10.0.0.1-10.0.0.9", "fe80::1%eth0", "[::1]", "10.0.0.1:25", "all", "10.0.0.0/-1",
			"10.0.0.0/ 8", "1.2.3.4;", "10.0.0.0/4294967296", "10.0.0.0/4294967304", "::/3223726186", "::1\u0001" })
	void whatIsNeitherAddressNorRangeIsRefused(String range) {
		assertThat(AddressRanges.firstMalformed(List.of("192.0.2.1", range))).isEqualTo(range);
		assertThatIllegalArgumentException().isThrownBy(() -> AddressRanges.of(List.of(range)))
			.withMessage("'" + range + "' is neither an address nor a CIDR range");
	}

	/** A link-local client has the interface in its address, which is not part of it. */
	@Test
	void zoneOfAClientDoesNotCount() throws Exception {
		byte[] octets = InetAddress.getByName("fe80::1").getAddress();
		InetAddress client = Inet6Address.getByAddress(null, octets, 1);
		assertThat(AddressRanges.of(List.of("fe80::/10")).test(client)).isTrue();
	}

	@Test
	void oneOfSeveralRangesIsEnough() throws Exception {
		AddressRanges ranges = AddressRanges.of(List.of("192.0.2.0/24", "2001:db8::/32"));
		assertThat(ranges.test(InetAddress.getByName("192.0.2.7"))).isTrue();
		assertThat(ranges.test(InetAddress.getByName("2001:db8::7"))).isTrue();
		assertThat(ranges.test(InetAddress.getByName("198.51.100.7"))).isFalse();
	}

	@Test
	void nobodyIsInNoRanges() throws Exception {
		assertThat(AddressRanges.of(List.of()).test(InetAddress.getByName("127.0.0.1"))).isFalse();
	}

}
