package io.smtpd.autoconfigure.dkim;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;

import io.smtpd.Envelope;
import org.apache.james.jdkim.DKIMVerifier;
import org.apache.james.jdkim.exceptions.FailException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** RFC 6376 §6, RFC 8301, RFC 8463. */
class DkimVerifierTests {

	private static final String PYTHON = "/usr/bin/python3";

	private static final String MESSAGE = "From: a@example.org\r\nSubject: x\r\n\r\nHello\r\nworld\r\n";

	private static final String TAGS = "v=1; a=rsa-sha256; c=simple/simple; d=example.org; s=r; h=from; ";

	private final Map<String, String> records = new HashMap<>(
			Map.of("r._domainkey.example.org", TestKeys.record(TestKeys.RSA.getPublic()), "e._domainkey.example.org",
					TestKeys.record(TestKeys.ED25519.getPublic())));

	private final DkimVerifier verifier = new DkimVerifier(this::keyRecords,
			Clock.fixed(Instant.ofEpochSecond(1_800_000_000), ZoneOffset.UTC));

	/** RFC 8463 appendix A.3. */
	@Test
	void exampleOfRfc8463HasTwoGoodSignatures() throws Exception {
		this.records.put("brisbane._domainkey.football.example.com", TestKeys.record(Rfc8463Example.ed25519Public()));
		this.records.put("test._domainkey.football.example.com", TestKeys.record(Rfc8463Example.rsaPublic()));
		DkimVerification verification = verify(Rfc8463Example.SIGNATURES + Rfc8463Example.MESSAGE);
		assertThat(verification.authorDomains()).containsExactly("football.example.com");
		assertThat(verification.passed()).isTrue();
		assertThat(verification.signatures()).containsExactly(
				new DkimVerification.Signature(DkimResult.PASS, "football.example.com", "brisbane", "ed25519-sha256",
						"/gCrinpc", false, null),
				new DkimVerification.Signature(DkimResult.PASS, "football.example.com", "test", "rsa-sha256",
						"F45dVWDf", false, null));
		assertThat(verify(Rfc8463Example.SIGNATURES + Rfc8463Example.MESSAGE.replace("game", "Game")).signatures())
			.extracting(DkimVerification.Signature::result)
			.containsExactly(DkimResult.FAIL, DkimResult.FAIL);
	}

	/** RFC 6376 appendix A.2: simple canonicalization, and a subdomain as identity. */
	@Test
	void exampleOfRfc6376IsGood() throws Exception {
		this.records.put("brisbane._domainkey.example.com", """
				v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt
				IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi
				tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB""");
		String message = """
				DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;
				      c=simple/simple; q=dns/txt; i=joe@football.example.com;
				      h=Received : From : To : Subject : Date : Message-ID;
				      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
				      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB
				      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut
				      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV
				      4bmp/YzhwvcubU4=;
				Received: from client1.football.example.com  [192.0.2.1]
				      by submitserver.example.com with SUBMISSION;
				      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)
				From: Joe SixPack <joe@football.example.com>
				To: Suzie Q <suzie@shopping.example.net>
				Subject: Is dinner ready?
				Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
				Message-ID: <20030712040037.46341.5F8J@football.example.com>

				Hi.

				We lost the game. Are you hungry yet?

				Joe.
				""".replace("\n", "\r\n");
		assertThat(only(message).result()).isEqualTo(DkimResult.PASS);
		assertThat(only(message.replace("[192.0.2.1]", "[192.0.2.2]")).result()).isEqualTo(DkimResult.FAIL);
		this.records.put("brisbane._domainkey.example.com",
				this.records.get("brisbane._domainkey.example.com") + "; t=s");
		assertThat(only(message).reason()).isEqualTo("key not for subdomains");
	}

	@Test
	void messageWithoutSignatureHasAuthorsOnly() throws Exception {
		DkimVerification verification = verify(
				"From: a@one.example, b@two.example\r\nfrom : <c@three.example>\r\n\r\nx\r\n");
		assertThat(verification.signatures()).isEmpty();
		assertThat(verification.passed()).isFalse();
		assertThat(verification.authorDomains()).containsExactly("one.example", "two.example", "three.example");
	}

	/** The tags of the signature, changed in one place, and what becomes of it. */
	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			v=1;           | v=2;                | NEUTRAL   | malformed signature
			v=1;           | v=1; v=1;           | NEUTRAL   | malformed signature
			v=1;           | v=1; %;             | NEUTRAL   | malformed signature
			a=rsa-sha256   | a=rsa-md5           | NEUTRAL   | unknown algorithm
			a=rsa-sha256   | a=rsa-sha1          | POLICY    | SHA-1
			a=rsa-sha256   | a=ed25519-sha256    | PERMERROR | key of another type
			c=simple       | c=complex           | NEUTRAL   | unknown canonicalization
			d=example.org; |                     | NEUTRAL   | no d= in the signature
			d=example.org; | d=-;                | NEUTRAL   | malformed name in the signature
			d=example.org; | d=example.net;      | PERMERROR | no key for signature
			d=example.org; | d=example.org; i=@example.com;  | PERMERROR | identity of another domain
			d=example.org; | d=example.org; i=@xexample.org; | PERMERROR | identity of another domain
			d=example.org; | d=example.org; q=http;          | NEUTRAL   | unknown query method
			d=example.org; | d=example.org; l=x;             | NEUTRAL   | no number in l=
			d=example.org; | d=example.org; t=5; x=5;        | NEUTRAL   | expires before it was made
			d=example.org; | d=example.org; x=1800000000;    | FAIL      | signature expired
			h=from;        | h=subject;          | PERMERROR | From field not signed
			""")
	void signatureThatIsNoGoodHasAReason(String tag, String replacement, DkimResult result, String reason)
			throws Exception {
		String tags = TAGS.replace(tag, (replacement != null) ? replacement : "");
		DkimVerification.Signature signature = only(sign(tags, MESSAGE, TestKeys.RSA));
		assertThat(signature.result()).isEqualTo(result);
		assertThat(signature.reason()).isEqualTo(reason);
	}

	@ParameterizedTest
	@ValueSource(strings = { "x=1800000001; ", "i=joe@sub.example.org; ", "q=dns/txt; ", "l=14; ", "z=From:x|y; ",
			"unknown=1; ", "\r\n\tt = 1 ; " })
	void signatureWithFurtherTagsIsGood(String tag) throws Exception {
		assertThat(only(sign(TAGS + tag, MESSAGE, TestKeys.RSA)).reason()).isNull();
	}

	/** RFC 6376 §8.2: what is added to the end would pass as signed. */
	@ParameterizedTest
	@CsvSource({ "l=5, POLICY", "l=0, POLICY", "l=15, FAIL", "l=99999999999999999999999, FAIL" })
	void lengthMustBeThatOfTheWholeBody(String length, DkimResult result) throws Exception {
		assertThat(only(sign(TAGS + length + "; ", MESSAGE, TestKeys.RSA)).result()).isEqualTo(result);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			v=DKIM2; p=KEY              | PERMERROR | malformed key record
			p=KEY; v=DKIM1              | PERMERROR | malformed key record
			v=DKIM1; k=rsa              | PERMERROR | malformed key record
			something else              | PERMERROR | malformed key record
			v=DKIM1; p=                 | PERMERROR | key revoked
			v=DKIM1; k=ed25519; p=KEY   | PERMERROR | key of another type
			v=DKIM1; h=sha1; p=KEY      | PERMERROR | key not for sha256
			v=DKIM1; s=tlsrpt; p=KEY    | PERMERROR | key not for mail
			v=DKIM1; p=!!!              | PERMERROR | malformed key
			v=DKIM1; p=AAAA             | PERMERROR | malformed key
			""")
	void keyMustFitTheSignature(String record, DkimResult result, String reason) throws Exception {
		this.records.put("r._domainkey.example.org", record.replace("KEY", base64(TestKeys.RSA)));
		DkimVerification.Signature signature = only(sign(TAGS, MESSAGE, TestKeys.RSA));
		assertThat(signature.result()).isEqualTo(result);
		assertThat(signature.reason()).isEqualTo(reason);
	}

	@ParameterizedTest
	@ValueSource(strings = { "p=KEY", "v=DKIM1;p=KEY;", "v=DKIM1; h=sha1 : sha256; s=email; n=a note; p=KEY; t=s" })
	void keyMayBeWrittenInManyWays(String record) throws Exception {
		this.records.put("r._domainkey.example.org", record.replace("KEY", base64(TestKeys.RSA)));
		assertThat(only(sign(TAGS, MESSAGE, TestKeys.RSA)).reason()).isNull();
	}

	@Test // RFC 6376 erratum 3017
	void rsaKeyMayStandThereWithoutItsAlgorithm() throws Exception {
		for (int bits : new int[] { 1024, 2048 }) {
			KeyPair pair = TestKeys.generate("RSA", bits);
			byte[] wrapped = pair.getPublic().getEncoded();
			byte[] bare = Arrays.copyOfRange(wrapped, (bits == 1024) ? 22 : 24, wrapped.length);
			this.records.put("r._domainkey.example.org", "p=" + Base64.getEncoder().encodeToString(bare));
			assertThat(only(sign(TAGS, MESSAGE, pair)).reason()).isNull();
		}
	}

	@Test // RFC 8301 §3.2
	void smallRsaKeyIsNotTrusted() throws Exception {
		KeyPair small = TestKeys.generate("RSA", 768);
		assertThat(((RSAPublicKey) small.getPublic()).getModulus().bitLength()).isEqualTo(768);
		this.records.put("r._domainkey.example.org", TestKeys.record(small.getPublic()));
		DkimVerification.Signature signature = only(sign(TAGS, MESSAGE, small));
		assertThat(signature.result()).isEqualTo(DkimResult.POLICY);
		assertThat(signature.reason()).isEqualTo("key of 768 bits");
	}

	@Test
	void keyThatCannotBeHadNowIsATemporaryError() throws Exception {
		this.records.put("r._domainkey.example.org", "unavailable");
		assertThat(only(sign(TAGS, MESSAGE, TestKeys.RSA)).result()).isEqualTo(DkimResult.TEMPERROR);
	}

	@Test // RFC 6376 §3.6.1
	void domainThatTestsIsTold() throws Exception {
		this.records.compute("r._domainkey.example.org", (name, record) -> record + "; t=y");
		assertThat(only(sign(TAGS, MESSAGE, TestKeys.RSA)).testing()).isTrue();
		assertThat(only(sign(TAGS, MESSAGE, TestKeys.RSA).replace("world", "moon")))
			.extracting(DkimVerification.Signature::result, DkimVerification.Signature::testing)
			.containsExactly(DkimResult.FAIL, true);
	}

	@Test
	void signatureOfAnotherKeyIsNoGood() throws Exception {
		assertThat(only(sign(TAGS, MESSAGE, TestKeys.generate("RSA", 2048))).reason())
			.isEqualTo("signature does not fit");
	}

	/** RFC 6376 §5.4.2: fields of one name are signed from the last to the first. */
	@Test
	void fieldThatWasAddedAboveIsNotTheOneThatIsSigned() throws Exception {
		String signed = sign(TAGS.replace("h=from", "h=from:subject:subject"), "Subject: one\r\n" + MESSAGE,
				TestKeys.RSA);
		assertThat(only("Subject: more\r\n" + signed).reason()).isNull();
		String oversigned = sign(TAGS.replace("h=from", "h=from:subject:subject"), MESSAGE, TestKeys.RSA);
		assertThat(only(oversigned).reason()).isNull();
		assertThat(only("Subject: more\r\n" + oversigned).result()).isEqualTo(DkimResult.FAIL);
	}

	@Test
	void onlyTheFirstTenSignaturesAreLookedAt() throws Exception {
		String signature = sign(TAGS, MESSAGE, TestKeys.RSA).replace(MESSAGE, "");
		assertThat(verify(signature.repeat(11) + MESSAGE).signatures()).hasSize(DkimVerifier.MAX_SIGNATURES)
			.allMatch((each) -> each.result() == DkimResult.PASS);
	}

	/** What Apache jDKIM says of the same messages; it has no Ed25519. */
	@ParameterizedTest
	@CsvSource({ "SIMPLE, SIMPLE", "SIMPLE, RELAXED", "RELAXED, SIMPLE", "RELAXED, RELAXED" })
	void agreesWithJdkim(DkimCanonicalization header, DkimCanonicalization body) throws Exception {
		Random random = new Random(6376);
		DkimSigner signer = DkimSigner.builder()
			.signature("example.org", "r", DkimKey.of(TestKeys.RSA.getPrivate()))
			.canonicalization(header, body)
			.build();
		int good = 0;
		for (int round = 0; round < 60; round++) {
			String message = "To: x\r\n\ty  z \r\nFrom: a@example.org\r\nSubject:  a \t b\r\n\r\na  b \r\n\r\n c\r\n\r\n";
			StringBuilder signed = new StringBuilder(
					signer.sign(new ByteArrayInputStream(message.getBytes(StandardCharsets.ISO_8859_1))) + message);
			// jDKIM is lenient where line ends are damaged
			int at = signed.indexOf(" ", random.nextInt(signed.indexOf(" c")));
			switch (random.nextInt(4)) {
				case 0 -> signed.setCharAt(at - 1, (char) (Math.max(' ', signed.charAt(at - 1)) ^ 1));
				case 1 -> signed.insert(at, ' ');
				case 2 -> signed.append("\r\n");
				default -> signed.insert(signed.lastIndexOf("a  b"), "\t");
			}
			boolean pass = verify(signed.toString()).passed();
			assertThat(pass).as(signed.toString()).isEqualTo(jdkim(signed.toString()));
			good += pass ? 1 : 0;
		}
		assertThat(good).isBetween(5, 55);
	}

	@Test
	void verifiesWhatDkimpySigns(@TempDir Path folder) throws Exception {
		assumeTrue(Processes.succeeds(folder, PYTHON, "-c", "import dkim"), "python3-dkim is not installed");
		Files.write(folder.resolve("key.pem"), TestKeys.pkcs1(TestKeys.RSA));
		Files.writeString(folder.resolve("message"), MESSAGE, StandardCharsets.ISO_8859_1);
		String script = """
				import dkim, sys
				message = open(sys.argv[2], 'rb').read()
				key = open(sys.argv[1], 'rb').read()
				for c in [(b'simple', b'simple'), (b'relaxed', b'simple'), (b'simple', b'relaxed'), (b'relaxed', b'relaxed')]:
				    print(dkim.sign(message, b'r', b'example.org', key, canonicalize=c).hex())
				""";
		String output = Processes.run(folder, PYTHON, "-c", script, folder.resolve("key.pem").toString(),
				folder.resolve("message").toString());
		assertThat(output.lines()).hasSize(4).allSatisfy((line) -> {
			String field = new String(HexFormat.of().parseHex(line), StandardCharsets.US_ASCII);
			assertThat(only(field + MESSAGE).reason()).isNull();
			assertThat(only(field + MESSAGE.replace("Hello", "hello")).result()).isEqualTo(DkimResult.FAIL);
		});
	}

	@Test
	void neverFailsWhateverStandsThere() throws Exception {
		Random random = new Random(8463);
		String signed = sign(TAGS + "i=@example.org; l=14; ", MESSAGE, TestKeys.RSA);
		String alphabet = "\r\n ;:=\0\u00ff,/bhdsa1";
		for (int round = 0; round < 1000; round++) {
			byte[] octets = signed.getBytes(StandardCharsets.ISO_8859_1);
			for (int i = random.nextInt(6); i >= 0; i--) {
				octets[random.nextInt(octets.length)] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
			}
			assertThat(this.verifier.verify(new ByteArrayInputStream(octets)).signatures()).hasSizeLessThan(2);
		}
	}

	private List<String> keyRecords(String name) throws IOException {
		String record = this.records.get(name);
		if ("unavailable".equals(record)) {
			throw new IOException(record);
		}
		return (record != null) ? List.of(record) : List.of();
	}

	private DkimVerification verify(String message) throws IOException {
		return this.verifier
			.verify(Envelope.of("", List.of("b@example.com"), message.getBytes(StandardCharsets.ISO_8859_1)));
	}

	private DkimVerification.Signature only(String message) throws IOException {
		List<DkimVerification.Signature> signatures = verify(message).signatures();
		assertThat(signatures).hasSize(1);
		return signatures.get(0);
	}

	/** Signs as the tags say, simple/simple, with nothing of the signer of main. */
	private static String sign(String tags, String message, KeyPair key) throws Exception {
		MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
		byte[] body = message.substring(message.indexOf("\r\n\r\n") + 4).getBytes(StandardCharsets.ISO_8859_1);
		String field = "DKIM-Signature: " + tags + "bh=" + Base64.getEncoder().encodeToString(sha256.digest(body))
				+ "; b=";
		StringBuilder data = new StringBuilder("From: a@example.org\r\n");
		if (tags.contains("h=from:subject:subject")) {
			data.append("Subject: x\r\n").append(message.startsWith("Subject: one") ? "Subject: one\r\n" : "");
		}
		Signature signature = Signature.getInstance("SHA256withRSA");
		signature.initSign(key.getPrivate());
		signature.update(data.append(field).toString().getBytes(StandardCharsets.ISO_8859_1));
		return field + Base64.getEncoder().encodeToString(signature.sign()) + "\r\n" + message;
	}

	private static String base64(KeyPair pair) {
		return Base64.getEncoder().encodeToString(pair.getPublic().getEncoded());
	}

	private static boolean jdkim(String message) throws IOException {
		DKIMVerifier verifier = new DKIMVerifier((methods, selector,
				domain) -> selector.toString().equals("r") && domain.toString().equals("example.org")
						? List.of(TestKeys.record(TestKeys.RSA.getPublic())) : List.of());
		try {
			return verifier.verify(new ByteArrayInputStream(message.getBytes(StandardCharsets.ISO_8859_1))) != null;
		}
		catch (FailException ex) {
			return false;
		}
	}

}
