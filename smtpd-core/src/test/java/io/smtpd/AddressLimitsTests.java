package io.smtpd;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

import io.smtpd.SessionListener.Limit;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** What counts as one client, and how many connections it has. */
class AddressLimitsTests {

	private static final SmtpLimits TWO = SmtpLimits.defaults().maxConnectionsPerAddress(2);

	@Test
	void ipv4AddressIsAClient() throws UnknownHostException {
		AddressLimits limits = new AddressLimits(TWO, null);
		assertThat(limits.connected(address("192.0.2.1"))).isNull();
		assertThat(limits.connected(address("192.0.2.1"))).isNull();
		assertThat(limits.connected(address("192.0.2.1"))).isEqualTo(Limit.MAX_CONNECTIONS_PER_ADDRESS);
		assertThat(limits.connected(address("192.0.2.2"))).isNull();
		assertThat(limits.connected(address("::ffff:192.0.2.2"))).as("the same, written as IPv6").isNull();
		assertThat(limits.connected(address("192.0.2.2"))).isEqualTo(Limit.MAX_CONNECTIONS_PER_ADDRESS);
	}

	@Test
	void ipv6NetworkOf64BitsIsAClient() throws UnknownHostException {
		AddressLimits limits = new AddressLimits(TWO, null);
		assertThat(limits.connected(address("2001:db8:0:1::1"))).isNull();
		assertThat(limits.connected(address("2001:db8:0:1:ffff::2"))).isNull();
		assertThat(limits.connected(address("2001:db8:0:1:8000::3"))).isEqualTo(Limit.MAX_CONNECTIONS_PER_ADDRESS);
		assertThat(limits.connected(address("2001:db8:0:2::1"))).as("another network").isNull();
		assertThat(AddressLimits.client(address("2001:db8:0:1::1"))).isEqualTo("20010db800000001/64");
	}

	/** A refused connection takes no place, and an ended one gives its place back. */
	@Test
	void placeIsFreeAgainAfterwards() throws UnknownHostException {
		AddressLimits limits = new AddressLimits(TWO, null);
		InetAddress client = address("192.0.2.1");
		for (int i = 0; i < 100; i++) {
			assertThat(limits.connected(client)).isNull();
			assertThat(limits.connected(client)).isNull();
			assertThat(limits.connected(client)).isNotNull();
			assertThat(limits.connected(client)).isNotNull();
			limits.disconnected(client);
			limits.disconnected(client);
		}
	}

	@Test
	void refusalByTheRateTakesNoPlaceEither() throws UnknownHostException {
		List<Boolean> answers = new ArrayList<>(List.of(false, false, false, true));
		AddressLimits limits = new AddressLimits(TWO.maxConnectionsPerAddress(1).connectionRate(5),
				(limit, client, perMinute) -> answers.remove(0));
		InetAddress client = address("192.0.2.1");
		for (int i = 0; i < 3; i++) {
			assertThat(limits.connected(client)).isEqualTo(Limit.CONNECTION_RATE);
		}
		assertThat(limits.connected(client)).isNull();
	}

	@Test
	void trustedNetworksAreExemptButCounted() throws UnknownHostException {
		AddressLimits limits = new AddressLimits(
				TWO.messageRate(1).connectionRate(1).authFailureRate(1).trustedNetworks((address) -> true),
				(limit, client, perMinute) -> false);
		InetAddress client = address("192.0.2.1");
		for (int i = 0; i < 10; i++) {
			assertThat(limits.connected(client)).isNull();
			assertThat(limits.mayBeginMessage(client)).isTrue();
			assertThat(limits.mayFailToAuthenticate(client)).isTrue();
		}
		limits.limits(TWO);
		assertThat(limits.connected(client)).isEqualTo(Limit.MAX_CONNECTIONS_PER_ADDRESS);
		for (int i = 0; i < 9; i++) {
			limits.disconnected(client);
		}
		assertThat(limits.connected(client)).isNull();
	}

	private static InetAddress address(String literal) throws UnknownHostException {
		return InetAddress.getByName(literal);
	}

}
