package io.smtpd.autoconfigure.dkim;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

import io.smtpd.SmtpServer;
import org.apache.james.jdkim.DKIMVerifier;
import org.apache.james.jdkim.api.SignatureRecord;
import org.apache.james.jdkim.exceptions.FailException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * What others make of our signatures: Apache jDKIM in every build (it has no Ed25519),
 * dkimpy where Debian's python3-dkim is installed.
 */
class DkimSignerInteroperabilityTests {

	private static final String PYTHON = "/usr/bin/python3";

	private static final String DOMAIN = "example.org";

	private static final String RSA_RECORD = TestKeys.record(TestKeys.RSA.getPublic());

	private static final String ED25519_RECORD = TestKeys.record(TestKeys.ED25519.getPublic());

	@ParameterizedTest
	@CsvSource({ "SIMPLE, SIMPLE", "SIMPLE, RELAXED", "RELAXED, SIMPLE", "RELAXED, RELAXED" })
	void jdkimVerifiesRsa(DkimCanonicalization header, DkimCanonicalization body) throws Exception {
		Random random = new Random(6376);
		DkimSigner signer = signer(header, body).build();
		for (int round = 0; round < 40; round++) {
			String message = randomMessage(random);
			if (body == DkimCanonicalization.RELAXED && message.split("\r\n\r\n", 2)[1].isBlank()) {
				message += "not empty\r\n"; // jDKIM 0.5 hashes a CRLF here, against RFC
											// 6376 §3.4.4
			}
			String signed = signer.sign(stream(message)) + message;
			assertThat(jdkim(signed)).as(signed).isTrue();
		}
	}

	@Test
	void jdkimRefusesWhatWasChanged() throws Exception {
		Random random = new Random(8301);
		DkimSigner signer = signer(DkimCanonicalization.RELAXED, DkimCanonicalization.RELAXED).build();
		for (int round = 0; round < 20; round++) {
			String message = randomMessage(random) + "the end\r\n";
			String signed = signer.sign(stream(message)) + message;
			assertThat(jdkim(signed.replace("the end", "the And"))).isFalse();
			assertThat(jdkim(signed.replace("@example.org", "@example.net"))).isFalse();
			assertThat(jdkim("Subject: more\r\n" + signed)).isFalse();
		}
	}

	@Test
	void dkimpyVerifiesBothKeyTypes(@TempDir Path folder) throws Exception {
		assumeTrue(Processes.succeeds(folder, PYTHON, "-c", "import dkim, nacl.signing"),
				"python3-dkim and python3-nacl are not installed");
		Path messages = Files.createDirectory(folder.resolve("messages"));
		Random random = new Random(8463);
		List<String> expected = new ArrayList<>();
		for (int round = 0; round < 40; round++) {
			DkimCanonicalization[] forms = DkimCanonicalization.values();
			DkimSigner signer = signer(forms[round % 2], forms[round / 2 % 2]).expiry(Duration.ofHours(1)).build();
			String message = randomMessage(random) + ((round < 4) ? "the end\r\n" : "");
			String signed = signer.sign(stream(message)) + message;
			write(messages, "%03d-intact".formatted(round), signed);
			expected.add("%03d-intact True True".formatted(round));
			if (round < 4) {
				write(messages, "%03d-octet-of-body".formatted(round), signed.replace("the end", "the And"));
				expected.add("%03d-octet-of-body False False".formatted(round));
				write(messages, "%03d-octet-of-field".formatted(round), signed.replace("From: a", "From: b"));
				expected.add("%03d-octet-of-field False False".formatted(round));
			}
		}
		String script = Path.of(getClass().getResource("verify.py").toURI()).toString();
		String output = Processes.run(folder, PYTHON, script, messages.toString(), "2",
				"r._domainkey." + DOMAIN + "=" + RSA_RECORD, "e._domainkey." + DOMAIN + "=" + ED25519_RECORD);
		assertThat(output.lines()).containsExactlyInAnyOrderElementsOf(expected);
	}

	@Test // the dots that protect others are not part of what is signed (RFC 5321 §4.5.2)
	void aHandlerSignsWhatCameThroughASocket() throws Exception {
		DkimSigner signer = signer(DkimCanonicalization.RELAXED, DkimCanonicalization.RELAXED).build();
		BlockingQueue<String> signed = new LinkedBlockingQueue<>();
		try (SmtpServer server = SmtpServer.builder()
			.listener(SmtpServer.Listener.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
			.messageHandler((peer,
					envelope) -> signed.add(signer.sign(envelope)
							+ new String(envelope.mailData().readAllBytes(), StandardCharsets.ISO_8859_1)))
			.build()
			.start()) {
			InetSocketAddress address = server.localAddress();
			try (Socket socket = new Socket(address.getAddress(), address.getPort());
					BufferedReader in = new BufferedReader(
							new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1))) {
				socket.setSoTimeout(10_000);
				assertThat(in.readLine()).startsWith("220");
				for (String part : List.of("HELO client.example", "MAIL FROM:<a@example.org>",
						"RCPT TO:<b@example.net>", "DATA",
						"From: a@example.org\r\nSubject: a\r\n\r\n..dot\r\n\u00e4 \t\r\n..\r\n\r\n.")) {
					socket.getOutputStream().write((part + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
					assertThat(in.readLine()).matches("(250|354) .*");
				}
			}
		}
		String message = signed.remove();
		assertThat(message).contains("\r\n.dot\r\n").contains("\r\nReceived: from");
		assertThat(jdkim(message)).isTrue();
		assertThat(ReferenceVerifier.verify(message, 1, TestKeys.ED25519.getPublic())).isTrue();
	}

	private static DkimSigner.Builder signer(DkimCanonicalization header, DkimCanonicalization body) {
		return DkimSigner.builder()
			.signature(DOMAIN, "r", DkimKey.of(TestKeys.RSA.getPrivate()))
			.signature(DOMAIN, "e", DkimKey.of(TestKeys.ED25519.getPrivate()))
			.canonicalization(header, body);
	}

	/**
	 * A message as the wire may carry it: fields folded anywhere, bodies of blanks and
	 * empty lines.
	 */
	private static String randomMessage(Random random) {
		StringBuilder message = new StringBuilder();
		String[] names = { "To", "to", "SUBJECT", "Date", "X-Other", "Received", "List-Id", "Content-Type" };
		int fields = random.nextInt(8);
		int from = random.nextInt(fields + 1);
		for (int i = 0; i <= fields; i++) {
			if (i == from) {
				message.append("From: a@example.org\r\n");
			}
			else {
				message.append(names[random.nextInt(names.length)]).append(":");
				message.append(randomText(random, 20, "ab:; \t")).append("x");
				for (int folds = random.nextInt(3); folds > 0; folds--) {
					message.append("\r\n").append(random.nextBoolean() ? " " : "\t");
					message.append(randomText(random, 6, "c \t")).append("y").append(randomText(random, 2, " \t"));
				}
				message.append("\r\n");
			}
		}
		message.append("\r\n");
		for (int lines = random.nextInt(12); lines > 0; lines--) {
			message.append(randomText(random, random.nextInt(3) * 5, "ab.= \t")).append("\r\n");
		}
		return message.toString();
	}

	private static String randomText(Random random, int maxLength, String alphabet) {
		StringBuilder text = new StringBuilder();
		for (int i = random.nextInt(maxLength + 1); i > 0; i--) {
			text.append(alphabet.charAt(random.nextInt(alphabet.length())));
		}
		return text.toString();
	}

	private static boolean jdkim(String message) throws IOException {
		DKIMVerifier verifier = new DKIMVerifier(
				(methods, selector, domain) -> List.of(selector.toString().equals("r") ? RSA_RECORD : ED25519_RECORD));
		try {
			// of its two signatures jDKIM knows the first
			List<SignatureRecord> good = verifier.verify(stream(message));
			return good.size() == 1 && good.get(0).getSelector().toString().equals("r");
		}
		catch (FailException ex) {
			return false;
		}
	}

	private static InputStream stream(String message) {
		return new ByteArrayInputStream(message.getBytes(StandardCharsets.ISO_8859_1));
	}

	private static void write(Path folder, String name, String message) throws IOException {
		Files.write(folder.resolve(name), message.getBytes(StandardCharsets.ISO_8859_1));
	}

}
