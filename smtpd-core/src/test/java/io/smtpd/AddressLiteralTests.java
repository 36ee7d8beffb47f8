package io.smtpd;

import java.net.InetAddress;
import java.net.UnknownHostException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** RFC 5321 §4.1.3. */
class AddressLiteralTests {

	@ParameterizedTest
	@CsvSource({ "0.0.0.0, 0.0.0.0", "1.2.3.4, 1.2.3.4", "255.255.255.255, 255.255.255.255", "001.02.3.004, 1.2.3.4",
			"IPv6:::, ::", "IPv6:::1, ::1", "ipv6:1::, 1::", "IPV6:2001:db8::1, 2001:db8:0:0:0:0:0:1",
			"IPv6:2001:DB8:0:0:0:0:0:A, 2001:db8::a", "IPv6:1:2:3:4:5:6:7:8, 1:2:3:4:5:6:7:8",
			"IPv6:1:2:3::7:8, 1:2:3:0:0:0:7:8", "IPv6:::ffff:1.2.3.4, ::ffff:1.2.3.4", "IPv6:::1.2.3.4, ::102:304",
			"IPv6:1:2:3:4:5:6:1.2.3.4, 1:2:3:4:5:6:102:304", "IPv6:1::5:1.2.3.4, 1:0:0:0:0:5:102:304",
			"IPv6:00ff:0000::, ff::" })
	void literalIsRead(String content, String address) throws UnknownHostException {
		assertThat(AddressLiteral.parse(content)).isEqualTo(InetAddress.getByName(address));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "localhost", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1",
			"1.2.3.1000", "1.2.3.0004", "-1.2.3.4", "+1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "0x1.2.3.4", "1.2.3.a", "::1",
			"1.2.3.\u0664", "IPv6:", "IPv6: ::1", "IPv6:1.2.3.4", "IPv6:1", "IPv6:1:2:3:4:5:6:7",
			"IPv6:1:2:3:4:5:6:7:8:9", "IPv6:1:2:3:4:5:6:7:8::", "IPv6:1::2::3", "IPv6::::", "IPv6::1:2:3:4:5:6:7",
			"IPv6:1:2:3:4:5:6:7:", "IPv6:12345::", "IPv6:g::", "IPv6:::1%eth0", "IPv6:fe80::1%1", "IPv6:1.2.3.4::",
			"IPv6:::1.2.3", "IPv6:::1.2.3.256", "IPv6:1:2:3:4:5:6:7:1.2.3.4", "IPv6:::1.2.3.4:5", "IPv6:[::1]",
			"IPv6:\uff11::", "IPv4:1.2.3.4", "tag:content" })
	void anythingElseIsNot(String content) {
		assertThat(AddressLiteral.parse(content)).isNull();
	}

}
