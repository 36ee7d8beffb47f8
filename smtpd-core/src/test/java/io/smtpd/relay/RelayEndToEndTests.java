package io.smtpd.relay;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import javax.management.JMException;
import javax.management.ObjectName;

import io.smtpd.relay.ReceivingServer.Mail;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/** From a client through a server with a relay to another server: nothing changes. */
@Timeout(60)
class RelayEndToEndTests {

	private static final String ACCEPTED = "250 2.0.0 Ok: queued as ";

	static Stream<byte[]> messages() {
		return Stream
			.of("Subject: dots\r\n\r\n.\r\n..\r\n.a\r\n...\r\n.\r\n", "\r\n", "Subject: no body\r\n", "",
					"Subject: long\r\n\r\n" + "x".repeat(100_000) + "\r\n", "\r\n.\r\n",
					"Subject: 8-bit\r\n\r\n\u00e4\u00f6\u00fc\u00df \u0080\u00ff\r\n",
					"Subject: \0\u0001\u007f\r\n\r\n\0\r\n")
			.map((text) -> text.getBytes(StandardCharsets.ISO_8859_1));
	}

	@ParameterizedTest
	@MethodSource("messages")
	void octetsArriveAsTheyWereSent(byte[] message) throws IOException {
		try (ReceivingServer upstream = new ReceivingServer();
				RelayingServer server = new RelayingServer(upstream.relay("127.0.0.1").build())) {
			assertThat(server.deliver(" BODY=8BITMIME", List.of("a@example.org", "b@example.org"), stuffed(message)))
				.startsWith(ACCEPTED);
			Mail mail = upstream.mails().get(0);
			assertThat(mail.octets()).isEqualTo(message);
			assertThat(mail.envelope().reversePath()).isEqualTo("sender@client.example");
			assertThat(mail.envelope().recipients()).extracting("forwardPath")
				.containsExactly("a@example.org", "b@example.org");
			assertThat(mail.envelope().parameters()).containsEntry("BODY", "8BITMIME")
				.containsEntry("SIZE", String.valueOf(message.length));
		}
	}

	@Test
	void internationalizedMailArrives() throws IOException {
		byte[] message = "Subject: \u4f60\u597d\r\n\r\n\u00e4\r\n".getBytes(StandardCharsets.UTF_8);
		try (ReceivingServer upstream = new ReceivingServer();
				RelayingServer server = new RelayingServer(upstream.relay("127.0.0.1").build())) {
			assertThat(server.deliver(" SMTPUTF8", List.of("j\u00f6rg@example.org"), message)).startsWith(ACCEPTED);
			Mail mail = upstream.mails().get(0);
			assertThat(mail.octets()).isEqualTo(message);
			assertThat(mail.envelope().recipients().get(0).forwardPath()).isEqualTo("j\u00f6rg@example.org");
			assertThat(mail.envelope().parameters()).containsKey("SMTPUTF8");
		}
	}

	@Test
	void traceLineOfTheFrontServerGoesWithTheMessage() throws IOException {
		try (ReceivingServer upstream = new ReceivingServer();
				RelayingServer server = new RelayingServer(upstream.relay("127.0.0.1").build(),
						(builder) -> builder.receivedHeader(true))) {
			assertThat(server.deliver("a@example.org")).startsWith(ACCEPTED);
			assertThat(upstream.mails().get(0).octets()).asString(StandardCharsets.US_ASCII)
				.startsWith("Received: from client.example ")
				.endsWith(new String(RelayingServer.MESSAGE, StandardCharsets.US_ASCII));
		}
	}

	@Test
	void twentyMegabytesArriveAsTheyWereSent() throws IOException {
		byte[] message = randomLines(20 << 20);
		try (ReceivingServer upstream = new ReceivingServer();
				RelayingServer server = new RelayingServer(upstream.relay("127.0.0.1").build())) {
			assertThat(server.deliver("", List.of("a@example.org"), stuffed(message))).startsWith(ACCEPTED);
			assertThat(Arrays.equals(upstream.mails().get(0).octets(), message)).isTrue();
		}
	}

	@Test
	void messageIsNotHeldInMemory() throws Exception {
		try (ScriptedUpstream upstream = ScriptedUpstream.playing((talk) -> {
			talk.greet();
			talk.acceptEnvelope(1);
			talk.dropData();
			talk.say("250 ok");
		}); RelayHandler relay = upstream.relay().build()) {
			long before = allocatedOctets();
			relay.handle(Envelopes.PEER, Envelopes.large(100 << 20));
			assertThat(allocatedOctets() - before).isLessThan(2 << 20);
		}
	}

	/** What this thread took from the heap so far. */
	private static long allocatedOctets() throws JMException {
		return (long) ManagementFactory.getPlatformMBeanServer()
			.invoke(new ObjectName("java.lang:type=Threading"), "getThreadAllocatedBytes",
					new Object[] { Thread.currentThread().getId() }, new String[] { "long" });
	}

	private static byte[] randomLines(int length) {
		byte[] octets = new byte[length];
		new Random(42).nextBytes(octets);
		for (int i = 0; i < length; i++) {
			if (octets[i] == '\r' || octets[i] == '\n') {
				octets[i] = '.';
			}
		}
		for (int i = 70; i < length - 1; i += 72) {
			octets[i] = '\r';
			octets[i + 1] = '\n';
		}
		octets[length - 2] = '\r';
		octets[length - 1] = '\n';
		octets[length - 3] = 'x';
		return octets;
	}

	/** The client's own dots (RFC 5321 §4.5.2). */
	private static byte[] stuffed(byte[] message) {
		ByteArrayOutputStream target = new ByteArrayOutputStream(message.length + 1000);
		int last = '\n';
		for (byte octet : message) {
			if (octet == '.' && last == '\n') {
				target.write('.');
			}
			target.write(octet);
			last = octet;
		}
		return target.toByteArray();
	}

}
