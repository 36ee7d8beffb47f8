package io.smtpd.autoconfigure.dkim;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import io.smtpd.Envelope;
import io.smtpd.SmtpException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class DkimSignerTests {

	private static final DkimKey RSA = DkimKey.of(TestKeys.RSA.getPrivate());

	private static final DkimKey ED25519 = DkimKey.of(TestKeys.ED25519.getPrivate());

	private static final Clock CLOCK = Clock.fixed(Instant.ofEpochSecond(1528637909), ZoneOffset.UTC);

	@Test // proves the verifier that the other tests rest on
	void referenceVerifierVerifiesTheExampleOfRfc8463() throws Exception {
		String message = Rfc8463Example.SIGNATURES + Rfc8463Example.MESSAGE;
		assertThat(ReferenceVerifier.verify(message, 0, Rfc8463Example.ed25519Public())).isTrue();
		assertThat(ReferenceVerifier.verify(message, 1, Rfc8463Example.rsaPublic())).isTrue();
		String changed = message.replace("Joe.", "Moe.");
		assertThat(ReferenceVerifier.verify(changed, 0, Rfc8463Example.ed25519Public())).isFalse();
		String changedHeader = message.replace("dinner", "supper");
		assertThat(ReferenceVerifier.verify(changedHeader, 0, Rfc8463Example.ed25519Public())).isFalse();
		assertThat(ReferenceVerifier.verify(changedHeader, 1, Rfc8463Example.rsaPublic())).isFalse();
	}

	@Test
	void signsTheExampleOfRfc8463WithItsKeys() throws Exception {
		DkimSigner signer = DkimSigner.builder()
			.signature("football.example.com", "brisbane", DkimKey.parse(Rfc8463Example.ed25519Key()))
			.signature("football.example.com", "test",
					DkimKey.parse(Rfc8463Example.RSA_KEY.getBytes(StandardCharsets.US_ASCII)))
			.clock(CLOCK)
			.build();
		String message = signed(signer, Rfc8463Example.MESSAGE);
		assertThat(ReferenceVerifier.count(message)).isEqualTo(2);
		assertThat(ReferenceVerifier.tags(message, 0)).containsEntry("v", "1")
			.containsEntry("a", "ed25519-sha256")
			.containsEntry("c", "relaxed/relaxed")
			.containsEntry("d", "football.example.com")
			.containsEntry("s", "brisbane")
			.containsEntry("t", "1528637909")
			.containsEntry("bh", "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=")
			.doesNotContainKeys("i", "l", "x", "q");
		assertThat(ReferenceVerifier.tags(message, 1)).containsEntry("a", "rsa-sha256").containsEntry("s", "test");
		assertThat(ReferenceVerifier.verify(message, 0, Rfc8463Example.ed25519Public())).isTrue();
		assertThat(ReferenceVerifier.verify(message, 1, Rfc8463Example.rsaPublic())).isTrue();
	}

	@Test // RFC 6376 §5.4.1, §8.15
	void namesTheRecommendedFieldsAndThoseThatMustNotBeAdded() throws Exception {
		String message = signed(signer().build(), """
				Received: from client.example
				Return-Path: <joe@example.org>
				Subject: a
				From: joe@example.org
				To: suzie@example.net
				List-Id: <a.example.org>
				List-Id: <b.example.org>
				X-Mailer: c

				body
				""");
		assertThat(ReferenceVerifier.tags(message, 0)).containsEntry("h",
				"from:from:reply-to:subject:subject:to:to:cc:list-id:list-id");
	}

	@ParameterizedTest
	@ValueSource(strings = { "From: eve@other.example", "Subject: b", "Reply-To: eve@other.example",
			"Cc: eve@other.example", "To: x@example.net", "Date: Fri, 11 Jul 2003 21:00:37 -0700" })
	void anAddedFieldBreaksTheSignature(String added) throws Exception {
		String message = signed(signer().build(),
				"From: joe@example.org\nTo: a@example.net\nSubject: a\nDate: Fri, 11 Jul 2003 21:00:37 -0700\n\nbody\n");
		assertThat(verify(message)).isTrue();
		assertThat(verify(added + "\r\n" + message)).isFalse();
		assertThat(verify(message.replaceFirst("\r\n\r\n", "\r\n" + added + "\r\n\r\n"))).isFalse();
	}

	@Test
	void whatAServerAddsOnTheWayDoesNotBreakTheSignature() throws Exception {
		String message = signed(signer().build(), "From: joe@example.org\nSubject: a\n\nbody\n");
		assertThat(
				verify("Received: from a\r\nMessage-ID: <a@b>\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700\r\n" + message))
			.isTrue();
	}

	@Test
	void theFieldsCanBeChosen() throws Exception {
		DkimSigner signer = signer().signedFields(List.of("X-Ticket", "Subject"))
			.oversignedFields(List.of("Date"))
			.build();
		String message = signed(signer, "From: joe@example.org\nX-Ticket: 1\nX-Ticket: 2\nTo: a@b\n\nbody\n");
		assertThat(ReferenceVerifier.tags(message, 0)).containsEntry("h", "from:from:x-ticket:x-ticket:date");
		assertThat(verify(message)).isTrue();
		assertThat(verify(message.replace("X-Ticket: 2", "X-Ticket: 3"))).isFalse();
		assertThatIllegalArgumentException().isThrownBy(() -> signer().signedFields(List.of("to;d=evil")));
	}

	@ParameterizedTest
	@CsvSource({ "SIMPLE, SIMPLE", "SIMPLE, RELAXED", "RELAXED, SIMPLE", "RELAXED, RELAXED" })
	void everyCanonicalization(DkimCanonicalization header, DkimCanonicalization body) throws Exception {
		DkimSigner signer = signer().canonicalization(header, body).build();
		String message = signed(signer, "FROM :  joe@example.org\nSubject: a\n\tb  \n c\n\n body \t x \n\n\n");
		assertThat(verify(message)).isTrue();
		assertThat(ReferenceVerifier.verify(message, 1, TestKeys.ED25519.getPublic())).isTrue();
		assertThat(verify(message.replace("body \t x", "body x"))).isEqualTo(body == DkimCanonicalization.RELAXED);
		assertThat(verify(message.replace("\tb  ", " b"))).isEqualTo(header == DkimCanonicalization.RELAXED);
		assertThat(verify(message.replace("body", "Body"))).isFalse();
	}

	@Test
	void expiry() throws Exception {
		String message = signed(signer().expiry(Duration.ofDays(7)).clock(CLOCK).build(), "From: a@example.org\n\n");
		assertThat(ReferenceVerifier.tags(message, 0)).containsEntry("t", "1528637909")
			.containsEntry("x", "1529242709");
		assertThat(verify(message)).isTrue();
		assertThatIllegalArgumentException().isThrownBy(() -> signer().expiry(Duration.ofMillis(999)));
	}

	@ParameterizedTest
	@CsvSource({ "a@example.org, example.org", "a@EXAMPLE.ORG, example.org", "a@sub.example.org, sub.example.org",
			"a@deep.sub.example.org, sub.example.org", "a@other.example.org, example.org", "a@example.net,",
			"a@notexample.org,", "a@org,", "Nobody:;," })
	void theFromDomainChoosesTheKey(String from, String domain) throws Exception {
		DkimSigner.Builder builder = DkimSigner.builder()
			.signature("example.org", "s1", ED25519)
			.signature("Sub.Example.ORG", "s2", ED25519);
		assertDomain(builder.build(), from, domain);
		assertDomain(builder.defaultDomain("example.org").build(), from, (domain != null) ? domain : "example.org");
	}

	private static void assertDomain(DkimSigner signer, String from, String domain) throws IOException {
		String message = signed(signer, "From: " + from + "\n\nbody\n");
		if (domain == null) {
			assertThat(message).doesNotContain("DKIM-Signature");
		}
		else {
			assertThat(ReferenceVerifier.tags(message, 0)).containsEntry("d", domain);
		}
	}

	@Test // RFC 5322 §3.6
	void aMessageWithoutFromOrWithTwoIsNotSigned() throws Exception {
		DkimSigner signer = signer().defaultDomain("example.org").build();
		assertThat(sign(signer, "To: a@example.org\n\nbody\n")).isEmpty();
		assertThat(sign(signer, "From: a@example.org\nFrom: b@example.org\n\nbody\n")).isEmpty();
		assertThat(sign(signer, "Subject: a\n\nFrom: a@example.org\n")).isEmpty();
		assertThat(sign(signer, "")).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "From: a@example.org", "From: a@example.org\n", "From: a@example.org\n\n",
			"From: a@example.org\n\n\n\n", "From: a@example.org\n\nbody", "From: a@example.org\n\nbody \n \n",
			"From:\n a@example.org\nno field at all\nSubject: a\n\nbody\n", " odd\nFrom: a@example.org\n\nbody\n",
			"From: a@example.org\nSubject:\n\n.\n..\n", "From: a@example.org\nSubject: a\n \n b\n\nbody\n" })
	void oddMessages(String text) throws Exception {
		for (DkimCanonicalization canonicalization : DkimCanonicalization.values()) {
			DkimSigner signer = signer().canonicalization(canonicalization, canonicalization).build();
			String message = signed(signer, text);
			assertThat(verify(message.endsWith("\r\n") ? message : message + "\r\n")).as(message).isTrue();
		}
	}

	@Test
	void bareLineEndsAreSignedAsTheOctetsTheyAre() throws Exception {
		String message = "From: a@example.org\r\nSubject: a\nFrom: b\rc\r\n\r\na\nb\r c \n\r\n";
		String signed = sign(signer().build(), message) + message;
		assertThat(ReferenceVerifier.tags(signed, 0)).containsEntry("h", "from:from:reply-to:subject:subject:cc");
		assertThat(verify(signed)).isTrue();
		assertThat(verify(signed.replace("a\nb", "a\r\nb"))).isFalse();
	}

	@Test // RFC 6532
	void utf8InTheHeaderIsSignedAsItIs() throws Exception {
		byte[] message = "From: J\u00f6 <j\u00f6@b\u00fccher.example>\r\nSubject: \u65e5\u672c\r\n\r\n\u00e4\r\n"
			.getBytes(StandardCharsets.UTF_8);
		DkimSigner signer = DkimSigner.builder().signature("b\u00fccher.example", "s", ED25519).build();
		String fields = signer.sign(Envelope.of("", List.of("a@b"), message));
		String signed = fields + new String(message, StandardCharsets.ISO_8859_1);
		assertThat(ReferenceVerifier.tags(signed, 0)).containsEntry("d", "xn--bcher-kva.example");
		assertThat(ReferenceVerifier.verify(signed, 0, TestKeys.ED25519.getPublic())).isTrue();
	}

	@Test // RFC 5322 §2.1.1
	void fieldsAreFoldedAndEndInCrlf() throws Exception {
		String longName = "a-long-label.".repeat(15) + "example";
		DkimSigner signer = DkimSigner.builder()
			.signature(longName, "selector", RSA)
			.signature(longName, "other", ED25519)
			.expiry(Duration.ofDays(1))
			.build();
		String fields = sign(signer,
				"From: a@" + longName + "\n" + "References: <a@b>\nList-Id: <c>\n".repeat(40) + "\n");
		assertThat(fields).endsWith("\r\n").isASCII();
		assertThat(fields.split("\r\n"))
			.allSatisfy(
					(line) -> assertThat(line).matches("DKIM-Signature: v=1;.*|\t[!-~].*").doesNotContain("\n", "\r"))
			.filteredOn((line) -> !line.contains(longName))
			.allSatisfy((line) -> assertThat(line.replace("\t", "        ").length()).isLessThanOrEqualTo(78));
	}

	@Test
	void aHeaderBeyondReasonIsRefused() {
		DkimSigner signer = signer().build();
		for (String header : List.of("Subject: " + "a".repeat(1024 * 1024), "To:\n".repeat(20_000))) {
			assertThatExceptionOfType(SmtpException.class)
				.isThrownBy(() -> sign(signer, "From: a@example.org\n" + header + "\n\n"))
				.satisfies((ex) -> assertThat(ex.reply().code()).isEqualTo(552));
		}
	}

	@Test
	void onlyFieldsThatAreSignedCountAgainstTheLimit() throws Exception {
		String message = signed(signer().build(),
				"X-Large: " + "a".repeat(3_000_000) + "\n" + "a".repeat(3_000_000) + "\nFrom: a@example.org\n\nb\n");
		assertThat(verify(message)).isTrue();
	}

	@Test
	void theKeyIsAskedForAtEachSigning() throws Exception {
		List<DkimKey> keys = List.of(ED25519, RSA);
		int[] calls = new int[1];
		DkimSigner signer = DkimSigner.builder().signature("example.org", "s", () -> keys.get(calls[0]++)).build();
		assertThat(sign(signer, "From: a@example.org\n\n")).contains("a=ed25519-sha256");
		assertThat(sign(signer, "From: a@example.org\n\n")).contains("a=rsa-sha256");
	}

	@Test
	void manyThreadsMaySignAtOnce() throws Exception {
		DkimSigner signer = signer().build();
		ExecutorService executor = Executors.newFixedThreadPool(8);
		try {
			List<Callable<Boolean>> tasks = IntStream.range(0, 200)
				.<Callable<Boolean>>mapToObj((i) -> () -> verify(
						signed(signer, "From: a@example.org\nSubject: " + i + "\n\nbody " + i + "\n")))
				.toList();
			for (Future<Boolean> result : executor.invokeAll(tasks)) {
				assertThat(result.get()).isTrue();
			}
		}
		finally {
			executor.shutdown();
		}
	}

	@Test
	void theBuilderRefusesWhatCannotWork() {
		DkimSigner.Builder builder = DkimSigner.builder();
		assertThatIllegalArgumentException().isThrownBy(builder::build).withMessageContaining("at least one signature");
		assertThatIllegalArgumentException().isThrownBy(() -> builder.signature("exam ple", "s", RSA))
			.withMessage("DKIM domain is 'exam ple' but must be a name of the DNS such as example.org");
		assertThatIllegalArgumentException().isThrownBy(() -> builder.signature("example.org", "s;l=0", RSA))
			.withMessageStartingWith("DKIM selector is 's;l=0'");
		assertThatIllegalArgumentException().isThrownBy(() -> builder.signature("example.org", "", RSA));
		builder.signature("example.org", "s", RSA);
		assertThatIllegalArgumentException().isThrownBy(() -> builder.signature("Example.org", "S", ED25519))
			.withMessageContaining("is there already");
		assertThatIllegalArgumentException().isThrownBy(() -> builder.defaultDomain("example.net").build())
			.withMessage("DKIM default domain 'example.net' has no signature; those that have one: [example.org]");
	}

	private static DkimSigner.Builder signer() {
		return DkimSigner.builder().signature("example.org", "r", RSA).signature("example.org", "e", ED25519);
	}

	private static boolean verify(String message) throws Exception {
		return ReferenceVerifier.verify(message, 0, TestKeys.RSA.getPublic());
	}

	/** Puts the signatures on top; the text's lines may end in LF. */
	private static String signed(DkimSigner signer, String text) throws IOException {
		return sign(signer, text) + (text.contains("\r") ? text : text.replace("\n", "\r\n"));
	}

	private static String sign(DkimSigner signer, String text) throws IOException {
		String message = text.contains("\r") ? text : text.replace("\n", "\r\n");
		return signer.sign(new ByteArrayInputStream(message.getBytes(StandardCharsets.ISO_8859_1)));
	}

}
