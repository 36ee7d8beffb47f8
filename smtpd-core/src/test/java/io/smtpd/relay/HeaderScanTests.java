package io.smtpd.relay;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** In the table / stands for CRLF. */
class HeaderScanTests {

	@ParameterizedTest
	@CsvSource({ "'',0,true", "Received: x//,1,true", "received: x/RECEIVED: y//,2,true", "Received : x//,1,true",
			"Received-SPF: x//,0,true", "X-Received: x//,0,true", "Subject: x/ Received: y//,0,true",
			"Receive: x//,0,true", "Received: x//Received: body/,1,true", "/Received: body/,0,true",
			"Received: x,1,true", "Subject: \u00e9//,0,false", "Subject: x//\u00e9/,0,true" })
	void onlyTheHeaderIsLookedAt(String message, int hops, boolean ascii) throws IOException {
		byte[] octets = message.replace("/", "\r\n").getBytes(StandardCharsets.UTF_8);
		assertThat(HeaderScan.of(new ByteArrayInputStream(octets))).isEqualTo(new HeaderScan(hops, ascii));
		assertThat(HeaderScan.of(oneByOne(octets))).isEqualTo(new HeaderScan(hops, ascii));
	}

	private static FilterInputStream oneByOne(byte[] octets) {
		return new FilterInputStream(new ByteArrayInputStream(octets)) {
			@Override
			public int read(byte[] target, int from, int length) throws IOException {
				return super.read(target, from, Math.min(1, length));
			}
		};
	}

}
