package io.smtpd;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.smtpd.Peer.Protocol;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The readers and writers of single lines: they throw nothing but their refusal, and
 * agree with slow ones that are written differently.
 */
class SyntaxFuzzTests {

	private static final InetSocketAddress ADDRESS = new InetSocketAddress(InetAddress.getLoopbackAddress(), 25);

	private static final Peer PEER = new Peer("s1", "default", ADDRESS, ADDRESS, "old.example.org", Protocol.ESMTP,
			null, null);

	private static final Pattern XTEXT = Pattern.compile("(?:[ -*,-~]|\\+(?:[2-689A-F][0-9A-F]|7[0-9A-E]))*+");

	private static final Pattern REPLY_LINE = Pattern
		.compile("[2-5][0-5][0-9][ -][^\\x00-\\x1F\\x7F-\\x9F\\u2028\\u2029]*");

	private static final Pattern TRACE_LINE = Pattern
		.compile("Received: from [!-~]+ \\(\\[[0-9A-Fa-f:.IPv]+]\\)\r\n\tby mx with (ESMTPA?|SMTP|UTF8SMTPA?) id [!-~]+"
				+ "(\r\n\tfor <[^\\x00-\\x1F\\x7F]+>)?;\r\n\tWed, 4 Mar 2026 05:06:07 \\+0000\r\n");

	@TestFactory
	Stream<DynamicTest> mutatedInputs() {
		return Mutations.of(this);
	}

	static Stream<Named<byte[]>> paths() {
		return Stream.of(FuzzSeeds.lines("MAIL FROM:"), FuzzSeeds.lines("RCPT TO:"),
				FuzzSeeds.of("<a@[IPv6:1:2:3::4.5.6.7]>", "<@a.b,@c:\"x\\\" y\"@[1.2.3.4]> SIZE=1 BODY=8BITMIME X",
						"<\u00c3\u00a4@\u00c3\u00b6> SMTPUTF8", "<a@[IPv6:::]>", "<a@[IPv6:::ffff:1.2.3.4]>",
						"<Postmaster>"))
			.flatMap((seeds) -> seeds);
	}

	/** RFC 5321 §4.1.2. */
	@MethodSource("paths")
	@FuzzTest
	void path(byte[] input) {
		String text = text(input);
		if (!text.chars().allMatch(SyntaxFuzzTests::mayStandInALine)) {
			return; // no such line is ever parsed
		}
		for (boolean reverse : new boolean[] { true, false }) {
			SmtpGrammar.Path expected = SmtpGrammar.path(text, reverse);
			PathParser parser = new PathParser(text, 0);
			try {
				String path = reverse ? parser.reversePath() : parser.forwardPath();
				assertThat(expected).as("path of %s", text).isNotNull();
				assertThat(path).isEqualTo(expected.mailbox());
			}
			catch (SmtpException ex) {
				assertThat(ex.reply().code()).isEqualTo(501);
				assertThat(expected).as("path of %s", text).isNull();
				continue;
			}
			parameters(parser, expected.rest());
		}
	}

	private static void parameters(PathParser parser, String rest) {
		Map<String, String> expected = new LinkedHashMap<>();
		boolean good = SmtpGrammar.areParameters(rest);
		for (String parameter : good ? rest.split(" ") : new String[0]) {
			String[] parts = parameter.split("=", 2);
			good &= parameter.isEmpty()
					|| expected.put(parts[0].toUpperCase(Locale.ROOT), (parts.length > 1) ? parts[1] : "") == null;
		}
		try {
			assertThat(parser.parameters()).as(rest).isEqualTo(expected);
			assertThat(good).as(rest).isTrue();
		}
		catch (SmtpException ex) {
			assertThat(ex.reply().code()).isEqualTo(501);
			assertThat(good).as(rest).isFalse();
		}
	}

	static Stream<Named<byte[]>> names() {
		return Stream
			.of(FuzzSeeds.lines("EHLO "), FuzzSeeds.lines("HELO "),
					FuzzSeeds.of("[IPv6:1:2:3::4.5.6.7]", "[::1]", "a_b-c.d."))
			.flatMap((seeds) -> seeds);
	}

	/** RFC 5321 §4.1.1.1, §4.1.3. */
	@MethodSource("names")
	@FuzzTest
	void heloName(byte[] input) throws UnknownHostException {
		String name = text(input);
		assertThat(PathParser.isHeloName(name)).as(name).isEqualTo(SmtpGrammar.isHeloName(name));
		InetAddress ipv4 = AddressLiteral.parseIpv4(name);
		assertThat(ipv4 != null).as(name).isEqualTo(SmtpGrammar.isIpv4(name));
		InetAddress ipv6 = AddressLiteral.parseIpv6(name);
		assertThat(ipv6 != null).as(name).isEqualTo(SmtpGrammar.isIpv6(name));
		if (ipv6 != null) {
			assertThat(ipv6).isEqualTo(InetAddress.getByName("[" + name + "]")); // no
																					// look-up
		}
	}

	static Stream<Named<byte[]>> commands() {
		return FuzzSeeds.lines("");
	}

	/** RFC 5321 §2.4, §4.1.1. */
	@MethodSource("commands")
	@FuzzTest
	void commandLine(byte[] input) {
		String line = text(input);
		String stripped = line.replaceAll("[ \\t]*+\\z", "");
		String[] words = stripped.split(" ", 2);
		try {
			CommandLine command = CommandLine.parse(line);
			assertThat(words[0]).as(line).isNotEmpty();
			String known = Arrays.stream(Verb.values())
				.map(Verb::name)
				.filter((name) -> words[0].matches("(?i)" + name))
				.findFirst()
				.orElse(Verb.UNKNOWN);
			assertThat(command.verbName()).as(line).isEqualTo(known);
			assertThat(command.argument()).as(line).isEqualTo((words.length > 1) ? words[1] : "");
			if (known.equals("AUTH") || known.equals(Verb.UNKNOWN)) { // it may be a
																		// secret
				assertThat(command.toString()).isIn("AUTH (hidden)", "(unknown command)");
			}
		}
		catch (SmtpException ex) {
			assertThat(ex.reply()).isEqualTo(Replies.EMPTY_COMMAND);
			assertThat(words[0]).as(line).isEmpty();
		}
	}

	static Stream<Named<byte[]>> attributes() {
		return Stream
			.of(FuzzSeeds.lines("XCLIENT "),
					FuzzSeeds.of("NAME=a ADDR=IPV6:2001:db8::1 PORT=1 PROTO=ESMTP HELO=b LOGIN=c+20d",
							"DESTADDR=1.2.3.4 DESTPORT=65535 LOGIN=[UNAVAILABLE]", "LOGIN=+C3+A4"))
			.flatMap((seeds) -> seeds);
	}

	/** Postfix's XCLIENT_README; RFC 3461 §4. */
	@MethodSource("attributes")
	@FuzzTest
	void xclient(byte[] input) throws UnknownHostException {
		String argument = text(input);
		String decoded = Xtext.decode(argument);
		assertThat(decoded).as("xtext %s", argument).isEqualTo(xtext(argument));
		Map<String, String> values = new LinkedHashMap<>();
		for (String item : argument.split(" ")) {
			String[] parts = item.split("=", 2);
			values.put(parts[0].toUpperCase(Locale.ROOT), (parts.length > 1) ? xtext(parts[1]) : null);
		}
		Peer peer;
		try {
			peer = Xclient.apply(argument, PEER);
		}
		catch (SmtpException ex) {
			assertThat(ex.reply().code()).isEqualTo(501);
			return;
		}
		assertThat(values.values()).as(argument).doesNotContainNull();
		assertThat(peer.heloName()).isEqualTo(known(values, "HELO"));
		assertThat(peer.heloName() == null || SmtpGrammar.isHeloName(peer.heloName())).isTrue();
		assertThat((peer.principal() != null) ? peer.principal().getName() : null).isEqualTo(known(values, "LOGIN"));
		address(peer.remoteAddress(), values, "ADDR", "PORT");
		address(peer.localAddress(), values, "DESTADDR", "DESTPORT");
	}

	private static void address(InetSocketAddress actual, Map<String, String> values, String address, String port)
			throws UnknownHostException {
		if (known(values, address) != null) {
			String text = known(values, address).toUpperCase(Locale.ROOT).replaceFirst("^IPV6:", "");
			assertThat(SmtpGrammar.isIpv4(text) || SmtpGrammar.isIpv6(text)).as(text).isTrue();
			assertThat(actual.getAddress())
				.isEqualTo(InetAddress.getByName(text.contains(":") ? "[" + text + "]" : text));
		}
		else {
			assertThat(actual.getAddress().isAnyLocalAddress()).isEqualTo(values.containsKey(address));
		}
		if (known(values, port) != null) {
			assertThat(String.valueOf(actual.getPort())).isEqualTo(known(values, port));
		}
		else {
			assertThat(actual.getPort()).isEqualTo(values.containsKey(port) ? 0 : ADDRESS.getPort());
		}
	}

	private static String known(Map<String, String> values, String name) {
		String value = values.get(name);
		return (value == null || value.matches("(?i)\\[(UNAVAILABLE|TEMPUNAVAIL)]")) ? null : value;
	}

	private static String xtext(String encoded) {
		if (!XTEXT.matcher(encoded).matches()) {
			return null;
		}
		StringBuilder octets = new StringBuilder();
		for (int i = 0; i < encoded.length(); i++) {
			if (encoded.charAt(i) == '+') {
				octets.append((char) Integer.parseInt(encoded.substring(i + 1, i + 3), 16));
				i += 2;
			}
			else {
				octets.append(encoded.charAt(i));
			}
		}
		byte[] raw = octets.toString().getBytes(StandardCharsets.ISO_8859_1);
		String text = new String(raw, StandardCharsets.UTF_8);
		boolean utf8 = Arrays.equals(text.getBytes(StandardCharsets.UTF_8), raw);
		return (utf8 && text.chars().allMatch(SyntaxFuzzTests::mayStandInALine)) ? text : null;
	}

	static Stream<Named<byte[]>> traces() {
		return FuzzSeeds.of("client.example.org\nFROM\n<a@example.org>", "[IPv6:::1]\nA\n<\"a b\"@[1.2.3.4]>",
				"a_b.\n\n<\u00c3\u00a4@\u00c3\u00b6>", "a\nLOGIN=x+0D+0A ADDR=1.2.3.4 HELO=a\n<Postmaster>");
	}

	/**
	 * What the gates let through (HELO's name, a path, XCLIENT's attributes) is one
	 * header field (RFC 5322 §2.2.3) with no line longer than 998 octets.
	 */
	@MethodSource("traces")
	@FuzzTest
	void traceLine(byte[] input) {
		String[] parts = text(input).split("\n", 3);
		Peer peer = PEER;
		Envelope envelope = envelope();
		if (PathParser.isHeloName(parts[0])) {
			peer = peer.greeted(parts[0], Protocol.ESMTP);
		}
		try {
			peer = (parts.length > 1) ? Xclient.apply(parts[1], peer) : peer;
		}
		catch (SmtpException ex) {
			// refused, so it stays as it is
		}
		try {
			// lines with control characters do not get as far as the parser
			boolean line = parts.length > 2 && parts[2].chars().allMatch(SyntaxFuzzTests::mayStandInALine);
			envelope = line ? envelope(new PathParser(parts[2], 0).forwardPath()) : envelope;
		}
		catch (SmtpException ex) {
			// refused likewise
		}
		String field = new TraceLine("mx").of(peer, envelope, Instant.parse("2026-03-04T05:06:07Z"));
		assertThat(TRACE_LINE.matcher(field).matches()).as(field).isTrue();
		assertThat(field.lines()).allMatch((line) -> line.getBytes(StandardCharsets.UTF_8).length <= 998);
	}

	private static Envelope envelope(String... forwardPaths) {
		return Envelope.of("", List.of(forwardPaths), new byte[0]);
	}

	static Stream<Named<byte[]>> replies() {
		return FuzzSeeds.of("\u0000\u00fa\u0001one\ntwo", "\u0001\u00fa\u0000" + "x y".repeat(300),
				"\u0002\u0037\u0001\u00c3\u00a4\u00f0\u009f\u0098\u0080\r250 2.0.0 Ok".repeat(20),
				"\u0001\u00b0\u0000\n");
	}

	/** RFC 5321 §4.2, §4.5.3.1.5, RFC 6531 §3.7.4.2: no text can become another reply. */
	@MethodSource("replies")
	@FuzzTest
	void reply(byte[] input) {
		if (input.length < 3) {
			return;
		}
		int code = (input[0] & 3) * 256 + (input[1] & 0xFF);
		boolean utf8 = (input[2] & 1) != 0;
		String status = ((input[2] & 2) != 0) ? code / 100 + ".1." + (input[2] & 0xFF) : null;
		String[] lines = text(Arrays.copyOfRange(input, 3, input.length)).split("\n", -1);
		SmtpReply reply;
		try {
			reply = SmtpReply.of(code, status, lines);
		}
		catch (IllegalArgumentException ex) {
			assertThat(code < 200 || code > 559 || code / 10 % 10 > 5 || (status != null && code / 100 == 3))
				.as(ex.getMessage())
				.isTrue();
			return;
		}
		ReplyBuffer buffer = new ReplyBuffer();
		buffer.append(reply, utf8);
		buffer.append(Replies.OK, false);
		byte[] octets = Arrays.copyOf(buffer.octets(), buffer.length());
		String written = new String(octets, StandardCharsets.UTF_8);
		assertThat(written).endsWith("\r\n250 2.0.0 Ok\r\n");
		check(written.substring(0, written.length() - 16), code, status, utf8, lines);
	}

	private static void check(String written, int code, String status, boolean utf8, String[] lines) {
		String[] replyLines = written.split("\r\n", -1);
		StringBuilder text = new StringBuilder();
		for (int i = 0; i < replyLines.length; i++) {
			String line = replyLines[i];
			assertThat(REPLY_LINE.matcher(line).matches()).as(line).isTrue();
			assertThat(line.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(510);
			String start = code + ((i < replyLines.length - 1) ? "-" : " ") + ((status != null) ? status + " " : "");
			assertThat(line).startsWith(start);
			text.append(line.substring(start.length()));
		}
		String expected = Stream.of(lines).collect(Collectors.joining());
		expected = expected.replaceAll("[\\x00-\\x1F\\x7F-\\x9F\\u2028\\u2029]", " ");
		if (!utf8) {
			expected = expected.chars()
				.mapToObj((character) -> (character < 0x80) ? String.valueOf((char) character) : "?")
				.collect(Collectors.joining());
		}
		assertThat(text.toString()).isEqualTo(expected);
	}

	private static boolean mayStandInALine(int character) {
		return (character >= ' ' || character == '\t') && character != 0x7F && !LineReader.breaksLines(character);
	}

	/** What is not UTF-8 never gets as far as the parsers. */
	private static String text(byte[] input) {
		return new String(Arrays.copyOf(input, Math.min(input.length, 1500)), StandardCharsets.UTF_8);
	}

}
