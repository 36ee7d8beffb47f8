package io.smtpd.autoconfigure.dkim;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Map;

import io.smtpd.Envelope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class DkimSignerLargeMessageTests {

	private static final String HEADER = "From: joe@example.org\r\nSubject: large\r\n\r\n";

	private static final String LINE = "a line of  a very long message \t \r\n";

	private static final int LINES = 50_000_000 / LINE.length();

	/** Runs in a process of its own, whose heap does not hold the message. */
	public static void main(String[] arguments) throws IOException {
		DkimSigner signer = DkimSigner.builder()
			.signature("example.org", "r", DkimKey.of(TestKeys.RSA.getPrivate()))
			.signature("example.org", "e", DkimKey.of(TestKeys.ED25519.getPrivate()))
			.build();
		System.out.println("heap " + Runtime.getRuntime().maxMemory());
		String signatures = signer.sign(new GeneratedEnvelope());
		DkimVerifier verifier = new DkimVerifier((name) -> List
			.of(TestKeys.record((name.startsWith("r.") ? TestKeys.RSA : TestKeys.ED25519).getPublic())));
		InputStream signed = new SequenceInputStream(
				new ByteArrayInputStream(signatures.getBytes(StandardCharsets.US_ASCII)),
				new GeneratedEnvelope().mailData());
		verifier.verify(signed).signatures().forEach((signature) -> System.out.println(signature.result()));
		System.out.print(signatures);
	}

	@Test
	void aMessageOfFiftyMegabytesIsSignedAndVerifiedInASmallHeap(@TempDir Path folder) throws Exception {
		String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
		String output = Processes.run(folder, java, "-Xmx32m", "-cp", System.getProperty("java.class.path"),
				getClass().getName());
		assertThat(heap(output)).isLessThan(40_000_000);
		assertThat(output.lines()).containsSubsequence("PASS", "PASS");
		assertThat(ReferenceVerifier.count(signatures(output))).isEqualTo(2);
		assertThat(ReferenceVerifier.tags(signatures(output), 0)).containsEntry("bh", expectedBodyHash());
		assertThat(ReferenceVerifier.tags(signatures(output), 1)).containsEntry("bh", expectedBodyHash());
	}

	private static long heap(String output) {
		return Long.parseLong(output.lines()
			.filter((line) -> line.startsWith("heap "))
			.findFirst()
			.orElseThrow()
			.substring("heap ".length()));
	}

	private static String signatures(String output) {
		return output.substring(output.indexOf("DKIM-Signature:"));
	}

	private static String expectedBodyHash() throws Exception {
		MessageDigest digest = MessageDigest.getInstance("SHA-256");
		byte[] line = "a line of a very long message\r\n".getBytes(StandardCharsets.US_ASCII);
		for (int i = 0; i < LINES; i++) {
			digest.update(line);
		}
		return Base64.getEncoder().encodeToString(digest.digest());
	}

	/** Makes its mail data as it is read. */
	private static final class GeneratedEnvelope implements Envelope {

		@Override
		public String id() {
			return "1";
		}

		@Override
		public String reversePath() {
			return "";
		}

		@Override
		public Map<String, String> parameters() {
			return Map.of();
		}

		@Override
		public List<Recipient> recipients() {
			return List.of(new Recipient("suzie@example.net", Map.of()));
		}

		@Override
		public long size() {
			return HEADER.length() + (long) LINES * LINE.length();
		}

		@Override
		public InputStream mailData() {
			return new InputStream() {

				private final byte[] line = LINE.getBytes(StandardCharsets.US_ASCII);

				private byte[] current = HEADER.getBytes(StandardCharsets.US_ASCII);

				private int position;

				private int linesLeft = LINES;

				@Override
				public int read() {
					if (this.position == this.current.length) {
						if (this.linesLeft == 0) {
							return -1;
						}
						this.linesLeft--;
						this.current = this.line;
						this.position = 0;
					}
					return this.current[this.position++];
				}

			};
		}

		@Override
		public String receivedHeader() {
			return "";
		}

	}

}
