package io.smtpd.autoconfigure;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Ranges that decide whom to trust: what is no address is refused, and what is one holds
 * those addresses that share its leading bits, and no others.
 */
class AddressRangesFuzzTests {

	private static final int MAPPED = 96;

	static Stream<byte[]> ranges() {
		return Stream
			.of("192.0.2.1\n192.0.2.1", "192.0.2.0/24\n192.0.2.255", "10.0.0.0/8\n11.0.0.0",
					"2001:db8::/32\n2001:db8::1", "::ffff:192.0.2.0/120\n192.0.2.7", "0.0.0.0/0\n255.255.255.255",
					"::/0\n::1", "127.1\n127.0.0.1", "192.0.2.0/255.255.255.0\n192.0.2.1", "fe80::1%1\nfe80::1",
					"1-2.0.0.0\n1.0.0.0", "\n", "a.example\n::", "10.0.0.0/4294967304\n192.0.2.1", "::/3223726186\n::1")
			.map((text) -> text.getBytes(StandardCharsets.ISO_8859_1));
	}

	/** RFC 4632, RFC 4291 §2.3. */
	@MethodSource("ranges")
	@FuzzTest
	void range(byte[] input) throws UnknownHostException {
		String[] parts = new String(input, StandardCharsets.UTF_8).split("\n", 2);
		String range = parts[0];
		boolean refused = AddressRanges.firstMalformed(List.of(range)) != null;
		if (refused) {
			assertThatIllegalArgumentException().isThrownBy(() -> AddressRanges.of(List.of(range)));
			return;
		}
		String address = range.strip().trim(); // the library takes control characters
												// off, too
		assertThat(address).matches("[0-9A-Fa-f:.]+(/[0-9]{1,3})?");
		AddressRanges ranges = AddressRanges.of(List.of(range));
		String[] network = address.split("/", 2);
		byte[] octets = address(network[0]).getAddress();
		boolean mapped = network[0].contains(":") && octets.length == 4;
		int bits = (network.length > 1) ? Integer.parseInt(network[1]) - (mapped ? MAPPED : 0) : 8 * octets.length;
		if (bits < 0) {
			return; // more than the mapped addresses
		}
		assertThat(ranges.test(InetAddress.getByAddress(octets))).as(range).isTrue();
		String other = (parts.length > 1) ? parts[1] : "";
		if (other.matches("[0-9A-Fa-f:.]{2,45}") && AddressRanges.firstMalformed(List.of(other)) == null) {
			byte[] tested = address(other).getAddress();
			assertThat(ranges.test(InetAddress.getByAddress(tested))).as("%s holds %s", range, other)
				.isEqualTo(tested.length == octets.length && leading(tested, bits).equals(leading(octets, bits)));
		}
	}

	/** What the range syntax lets through is never a name to be looked up. */
	private static InetAddress address(String text) throws UnknownHostException {
		return InetAddress.getByName(text.contains(":") ? "[" + text + "]" : text);
	}

	private static BigInteger leading(byte[] octets, int bits) {
		return new BigInteger(1, octets).shiftRight(8 * octets.length - bits);
	}

}
