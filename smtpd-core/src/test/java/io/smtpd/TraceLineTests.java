package io.smtpd;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.NoSuchAlgorithmException;
import java.security.Principal;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;

import io.smtpd.Peer.Protocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** RFC 5321 §4.4. */
class TraceLineTests {

	private static final Instant WHEN = Instant.parse("2026-03-04T05:06:07.890Z");

	@Test
	void lineIsFoldedAndNamesTheOnlyRecipient() throws Exception {
		Peer peer = peer("192.0.2.1", Protocol.ESMTP, false, false);
		assertThat(new TraceLine("mx.example.org").of(peer, envelope(false, "a@example.org"), WHEN))
			.isEqualTo("Received: from client.example.org ([192.0.2.1])\r\n" //
					+ "\tby mx.example.org with ESMTP id s.1\r\n" //
					+ "\tfor <a@example.org>;\r\n" //
					+ "\tWed, 4 Mar 2026 05:06:07 +0000\r\n");
	}

	/** RFC 5321 §7.2: several would be shown to each other, and blind copies to all. */
	@Test
	void severalRecipientsAreNotNamed() throws Exception {
		Peer peer = peer("192.0.2.1", Protocol.ESMTP, false, false);
		assertThat(new TraceLine("mx").of(peer, envelope(false, "a@example.org", "b@example.org"), WHEN))
			.doesNotContain("for <", "a@example.org", "b@example.org")
			.contains("id s.1;\r\n\tWed, ");
	}

	/** RFC 3848, RFC 6531 §3.7.3. */
	@ParameterizedTest
	@CsvSource({ "SMTP, false, false, false, SMTP", "ESMTP, false, false, false, ESMTP",
			"ESMTP, true, false, false, ESMTPS", "ESMTP, false, true, false, ESMTPA",
			"ESMTP, true, true, false, ESMTPSA", "ESMTP, false, false, true, UTF8SMTP",
			"ESMTP, true, false, true, UTF8SMTPS", "ESMTP, false, true, true, UTF8SMTPA",
			"ESMTP, true, true, true, UTF8SMTPSA", "LMTP, false, false, false, LMTP", "LMTP, true, true, false, LMTPSA",
			"LMTP, true, false, true, UTF8LMTPS" })
	void withNamesTheProtocol(Protocol protocol, boolean tls, boolean auth, boolean utf8, String with)
			throws Exception {
		assertThat(new TraceLine("mx").of(peer("192.0.2.1", protocol, tls, auth), envelope(utf8, "a@b"), WHEN))
			.contains(" with " + with + " id ");
	}

	@ParameterizedTest
	@CsvSource({ "192.0.2.1, [192.0.2.1]", "2001:db8::1, [IPv6:2001:db8:0:0:0:0:0:1]", "::1, [IPv6:0:0:0:0:0:0:0:1]",
			"fe80::1%1, [IPv6:fe80:0:0:0:0:0:0:1]" })
	void addressIsALiteral(String address, String literal) throws Exception {
		assertThat(TraceLine.literal(InetAddress.getByName(address))).isEqualTo(literal);
		assertThat(AddressLiteral.parse(literal.substring(1, literal.length() - 1))).isNotNull();
	}

	/** RFC 5322 §3.3: in English, with the zone as a number, whatever the machine's. */
	@Test
	void dateDoesNotDependOnTheMachine() throws Exception {
		Locale before = Locale.getDefault();
		Locale.setDefault(Locale.forLanguageTag("ar-SA-u-nu-arab"));
		try {
			assertThat(new TraceLine("mx").of(peer("192.0.2.1", Protocol.SMTP, false, false), envelope(false, "a@b"),
					WHEN))
				.endsWith(";\r\n\tWed, 4 Mar 2026 05:06:07 +0000\r\n");
		}
		finally {
			Locale.setDefault(before);
		}
	}

	@Test
	void eachSecondHasItsDate() throws Exception {
		TraceLine traceLine = new TraceLine("mx");
		Peer peer = peer("192.0.2.1", Protocol.SMTP, false, false);
		assertThat(traceLine.of(peer, envelope(false, "a@b"), WHEN)).contains(" 05:06:07 ");
		assertThat(traceLine.of(peer, envelope(false, "a@b"), WHEN.plusMillis(109))).contains(" 05:06:07 ");
		assertThat(traceLine.of(peer, envelope(false, "a@b"), WHEN.plusMillis(110))).contains(" 05:06:08 ");
		assertThat(traceLine.of(peer, envelope(false, "a@b"), WHEN)).contains(" 05:06:07 ");
	}

	@Test
	void tlsIsTold() throws Exception {
		SSLSession session = SSLContext.getDefault().createSSLEngine().getSession();
		assertThat(new TraceLine("mx").of(peer("192.0.2.1", Protocol.ESMTP, true, false), envelope(false, "a@b"), WHEN))
			.contains("\r\n\t(version=" + session.getProtocol() + " cipher=" + session.getCipherSuite() + ")\r\n");
	}

	@Test
	void serverPutsItOnTopOfTheDataAndHandlersMayAskForIt() throws IOException {
		try (TestServer server = TestServer.start((builder) -> builder.receivedHeader(true));
				RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354").send("text\r\n.\r\n").expect("250");
			ReceivedMessage message = server.messages().get(0);
			assertThat(message.text())
				.startsWith("Received: from client.example.org ([127.0.0.1])\r\n\tby mx.example.org" + " with ESMTP id "
						+ message.id() + "\r\n\tfor <recipient@example.org>;\r\n\t")
				.endsWith(" +0000\r\ntext\r\n");
		}
		StringBuilder header = new StringBuilder();
		try (TestServer server = TestServer
			.start((builder) -> builder.messageHandler((peer, envelope) -> header.append(envelope.receivedHeader())));
				RawClient client = server.connect()) {
			client.openTransaction().expect("DATA", "354").send("text\r\n.\r\n").expect("250");
			assertThat(server.messages().get(0).text()).isEqualTo("text\r\n");
			assertThat(header).contains(" with ESMTP id " + server.messages().get(0).id()).endsWith("+0000\r\n");
		}
	}

	/** RFC 5321 §7.9, RFC 5322 §2.2: what has a line end in it would be another field. */
	@Test
	void nothingThatAClientSaysBeginsAnotherField() throws IOException {
		String forged = "\r\nX-Forged: yes\r\n\r\nforged";
		String encoded = "+0D+0AX-Forged:+20yes";
		try (TestServer server = TestServer.start((builder) -> builder.receivedHeader(true)
			.xclient((address) -> true)
			.authenticator(Authenticator.passwords((peer, username, password) -> true))
			.authAllowWithoutTls(true)); RawClient client = server.connect()) {
			client.expect("XCLIENT HELO=a" + encoded, "501")
				.expect("XCLIENT LOGIN=a" + encoded, "501")
				.expect("XCLIENT LOGIN=a+C2+85X-Forged:", "501")
				.expect("EHLO a\rX-Forged: yes", "500")
				.expect("EHLO a (X-Forged: yes)", "501")
				.expect("EHLO client.example.org", "250")
				.expect("AUTH PLAIN " + AuthTests.base64("\0tim" + forged + "\0secret"), "501")
				.expect("AUTH PLAIN " + AuthTests.base64("\0tim\0secret"), "235")
				.expect("MAIL FROM:<\"a\rX-Forged: yes\"@example.org>", "500")
				.expect("MAIL FROM:<a@example.org> SIZE=1\nX-Forged: yes", "500")
				.openTransaction()
				.expect("DATA", "354")
				.send("text\r\n.\r\n")
				.expect("250");
			assertThat(server.messages().get(0).text())
				.matches("Received: from client.example.org \\(\\[127.0.0.1]\\)\r\n"
						+ "\tby mx.example.org with ESMTPA id [a-z0-9.]+\r\n\tfor <recipient@example.org>;\r\n"
						+ "\t[A-Za-z0-9,:+ ]+\r\ntext\r\n");
		}
	}

	private static Peer peer(String address, Protocol protocol, boolean tls, boolean auth)
			throws UnknownHostException, NoSuchAlgorithmException {
		InetSocketAddress remote = new InetSocketAddress(InetAddress.getByName(address), 1234);
		SSLSession session = tls ? SSLContext.getDefault().createSSLEngine().getSession() : null;
		Principal principal = auth ? () -> "user" : null;
		return new Peer("s", "default", remote, remote, "client.example.org", protocol, session, principal);
	}

	private static Envelope envelope(boolean utf8, String... recipients) {
		Envelope envelope = Envelope.of("", List.of(recipients), new byte[0]);
		return new Envelope() {

			@Override
			public String id() {
				return "s.1";
			}

			@Override
			public String reversePath() {
				return envelope.reversePath();
			}

			@Override
			public Map<String, String> parameters() {
				return utf8 ? Map.of("SMTPUTF8", "") : Map.of();
			}

			@Override
			public List<Recipient> recipients() {
				return envelope.recipients();
			}

			@Override
			public long size() {
				return 0;
			}

			@Override
			public InputStream mailData() throws IOException {
				return envelope.mailData();
			}

			@Override
			public String receivedHeader() {
				return "";
			}
		};
	}

}
