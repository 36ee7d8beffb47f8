package io.smtpd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.smtpd.SmtpServer.Listener;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is read as octets and not as lines, compared with slow readers that see all of the
 * input at once.
 */
class StreamFuzzTests {

	private static final Pattern PROXY_V1 = Pattern
		.compile("PROXY (?:UNKNOWN(?: [^\n]*)?|(TCP4|TCP6) ([^ \n]+) ([^ \n]+) ([^ \n]+) ([^ \n]+))\r\n");

	private static final byte[] V2_SIGNATURE = "\r\n\r\n\0\r\nQUIT\n".getBytes(StandardCharsets.ISO_8859_1);

	private static final int LONGEST_V1 = 107;

	@TempDir
	static Path directory;

	private static Spool spool;

	private static InMemorySession proxied;

	private static final List<Peer> PEERS = new ArrayList<>();

	@BeforeAll
	static void open() throws IOException {
		spool = Spool.open(directory, 64, -1);
		proxied = new InMemorySession(directory, (draft) -> {
			draft.listeners.add(Listener.of(25).proxyProtocol((address) -> true));
			draft.connectionCheckers.add(PEERS::add);
		});
	}

	@AfterAll
	static void close() {
		proxied.close();
		spool.close();
	}

	@TestFactory
	Stream<DynamicTest> mutatedInputs() {
		return Mutations.of(this);
	}

	static Stream<Named<byte[]>> mails() {
		return FuzzSeeds.of(".\r\n", "a\r\n.\r\nQUIT\r\n", "..a\r\n.b\r\n.\r\n", "a\n.\nb\r.\rc\r\n.\n.\r\n.\r\n",
				".\r\r\n.\r\n", "\r\n\r\n.\r", "Subject: x\r\n\r\n" + "text ".repeat(40) + "\r\n..\r\n.\r\nNOOP\r\n",
				"\r\r\n.\r\n", "a".repeat(70) + "\r\n.\r\n");
	}

	/** RFC 5321 §4.5.2, in memory and in a file, in pieces and in one. */
	@MethodSource("mails")
	@FuzzTest
	void mailData(byte[] input) throws IOException {
		String text = new String(input, StandardCharsets.ISO_8859_1);
		// the first line that is a dot; lines end with CRLF and nothing else
		int end = text.startsWith(".\r\n") ? 0 : text.indexOf("\r\n.\r\n") + 2;
		boolean ended = text.startsWith(".\r\n") || end > 1;
		String data = ended ? text.substring(0, end) : text;
		boolean bare = data.replace("\r\n", "").matches("(?s).*[\r\n].*");
		int most = text.length() + 1 - (Arrays.hashCode(input) & 3);
		for (BareLineEndings treatment : BareLineEndings.values()) {
			MailData target = new MailData(spool, Math.max(0, most));
			DotDecoder decoder = new DotDecoder(target, treatment);
			assertThat(decode(decoder, input)).isEqualTo(ended ? end + 3 : -1);
			target.complete();
			if (ended) {
				assertThat(decoder.rejected()).isEqualTo(bare && treatment == BareLineEndings.REJECT);
				String expected = ("\r\n" + data).replace("\r\n.", "\r\n").substring(2);
				assertThat(target.size()).isEqualTo(expected.length());
				assertThat(target.tooBig()).isEqualTo(expected.length() > Math.max(0, most));
				if (!decoder.rejected() && !target.tooBig()) {
					assertThat(read(target, input)).isEqualTo("Trace: x\r\n" + expected);
				}
			}
			target.delete();
		}
	}

	private static int decode(DotDecoder decoder, byte[] input) {
		Random random = new Random(Arrays.hashCode(input));
		int from = 0;
		while (from < input.length) {
			int to = from + 1 + random.nextInt(Math.min(40, input.length - from));
			int end = decoder.decode(input, from, to);
			if (end >= 0) {
				return end;
			}
			from = to;
		}
		return -1;
	}

	private static String read(MailData data, byte[] input) throws IOException {
		ByteArrayOutputStream read = new ByteArrayOutputStream();
		try (InputStream in = data.open("Trace: x\r\n".getBytes(StandardCharsets.US_ASCII))) {
			byte[] buffer = new byte[1 + (input.length & 31)];
			int count = in.read(buffer, 0, buffer.length);
			read.write(buffer, 0, count);
			read.write(in.readNBytes(3));
			in.transferTo(read);
			assertThat(in.read()).isEqualTo(-1);
		}
		return read.toString(StandardCharsets.ISO_8859_1);
	}

	static Stream<Named<byte[]>> headers() {
		String v2 = new String(V2_SIGNATURE, StandardCharsets.ISO_8859_1);
		return FuzzSeeds.of("PROXY TCP4 192.0.2.1 192.0.2.2 1234 25\r\nQUIT\r\n", "PROXY UNKNOWN\r\nEHLO a\r\nQUIT\r\n",
				"PROXY TCP6 2001:db8::1 ::1 65535 0\r\nNOOP\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 01234 25\r\nQUIT\r\n",
				"PROXY UNKNOWN ffff:f x y\r\n", "EHLO a\r\n",
				v2 + "!\u0011\0\u000c\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0001\u0002\0\u0019QUIT\r\n",
				v2 + "!\u0011\0\u0010\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0001\u0002\0\u0019\u0004\0\u0001xQUIT\r\n",
				v2 + "!!\0\u0024" + "\u0020\u0001\r\u00b8".repeat(8) + "\u0001\u0002\0\u0019QUIT\r\n",
				v2 + " \0\0\0QUIT\r\n", v2 + "!\0\0\u0004abcdQUIT\r\n", v2 + "!1\0\0QUIT\r\n", v2 + "\"\u0011\0\0");
	}

	/** The PROXY protocol, versions 1 and 2; what is behind the header is the session. */
	@MethodSource("headers")
	@FuzzTest
	void proxyHeader(byte[] input) throws IOException {
		Header expected = (input.length >= 6 && input[0] == 'P') ? v1(input) : v2(input);
		PEERS.clear();
		byte[] written = proxied.run(new Segments(input, new Random(Arrays.hashCode(input))));
		String text = new String(written, StandardCharsets.ISO_8859_1);
		if (expected.equals(Header.INCOMPLETE)) {
			assertThat(text).isEmpty();
			return;
		}
		if (expected.equals(Header.MALFORMED)) {
			assertThat(text).isEqualTo("421 4.7.0 Connections are accepted from a proxy only\r\n");
			assertThat(PEERS).isEmpty();
			return;
		}
		byte[] behind = Arrays.copyOfRange(input, expected.length(), input.length);
		new DialogueObserver(behind, written).check(proxied);
		if (expected.source() != null) {
			assertThat(PEERS).extracting(Peer::remoteAddress).containsExactly(expected.source());
			assertThat(PEERS).extracting(Peer::localAddress).containsExactly(expected.destination());
		}
		else {
			assertThat(PEERS).extracting((peer) -> peer.remoteAddress().getAddress().isLoopbackAddress())
				.containsExactly(true);
		}
	}

	private static Header v1(byte[] input) throws UnknownHostException {
		String text = new String(input, StandardCharsets.ISO_8859_1);
		if (!text.startsWith("PROXY ")) {
			return Header.MALFORMED;
		}
		int end = text.indexOf('\n') + 1;
		if (end == 0 || end > LONGEST_V1) {
			return (input.length < LONGEST_V1) ? Header.INCOMPLETE : Header.MALFORMED;
		}
		Matcher matcher = PROXY_V1.matcher(text.substring(0, end));
		if (!matcher.matches()) {
			return Header.MALFORMED;
		}
		if (matcher.group(1) == null) {
			return new Header(end, null, null);
		}
		boolean ipv6 = matcher.group(1).equals("TCP6");
		for (int i = 2; i < 4; i++) {
			String address = matcher.group(i);
			if (!(ipv6 ? SmtpGrammar.isIpv6(address) : SmtpGrammar.isIpv4(address))
					|| !matcher.group(i + 2).matches("0|[1-9]\\d{0,4}")
					|| Integer.parseInt(matcher.group(i + 2)) > 65535) {
				return Header.MALFORMED;
			}
		}
		return new Header(end, address(matcher.group(2), matcher.group(4)),
				address(matcher.group(3), matcher.group(5)));
	}

	private static InetSocketAddress address(String address, String port) throws UnknownHostException {
		InetAddress parsed = InetAddress.getByName(address.contains(":") ? "[" + address + "]" : address);
		return new InetSocketAddress(parsed, Integer.parseInt(port));
	}

	private static Header v2(byte[] input) throws UnknownHostException {
		if (input.length < 6) {
			return Header.INCOMPLETE;
		}
		if (!Arrays.equals(input, 0, 6, V2_SIGNATURE, 0, 6)) {
			return Header.MALFORMED;
		}
		if (input.length < 16) {
			return Header.INCOMPLETE;
		}
		int length = (input[14] & 0xFF) * 256 + (input[15] & 0xFF);
		int versionAndCommand = input[12] & 0xFF;
		int family = input[13] & 0xFF;
		boolean local = versionAndCommand == 0x20;
		int addresses = local ? 0 : switch (family) {
			case 0x11 -> 12;
			case 0x21 -> 36;
			default -> 0;
		};
		boolean known = local || List.of(0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32).contains(family);
		if (!Arrays.equals(input, 0, 12, V2_SIGNATURE, 0, 12) || (!local && versionAndCommand != 0x21) || !known
				|| length < addresses) {
			return Header.MALFORMED;
		}
		if (input.length < 16 + length) {
			return Header.INCOMPLETE;
		}
		if (addresses == 0) {
			return new Header(16 + length, null, null);
		}
		int octets = (addresses - 4) / 2;
		ByteBuffer ports = ByteBuffer.wrap(input, 16 + 2 * octets, 4);
		return new Header(16 + length,
				new InetSocketAddress(InetAddress.getByAddress(Arrays.copyOfRange(input, 16, 16 + octets)),
						ports.getShort() & 0xFFFF),
				new InetSocketAddress(InetAddress.getByAddress(Arrays.copyOfRange(input, 16 + octets, 16 + 2 * octets)),
						ports.getShort() & 0xFFFF));
	}

	/** How long a header is and what it says; null addresses for none. */
	private record Header(int length, InetSocketAddress source, InetSocketAddress destination) {

		private static final Header MALFORMED = new Header(-1, null, null);

		private static final Header INCOMPLETE = new Header(-2, null, null);

	}

}
