package io.smtpd;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Named;

/** What the fuzzer starts from: the transcripts, and parts of them. */
public final class FuzzSeeds {

	/** Longer ones only make the fuzzer slow. */
	private static final int MOST_OCTETS = 5000;

	private FuzzSeeds() {
	}

	/** What the clients of the transcripts send. */
	static Stream<Named<byte[]>> dialogues() {
		return transcripts().stream()
			.map((transcript) -> Named.of(transcript.name(), transcript.sent()))
			.filter((seed) -> seed.getPayload().length < MOST_OCTETS);
	}

	/** Every different line that a client of the transcripts sends. */
	static Stream<Named<byte[]>> lines(String startsWith) {
		return dialogues().map((seed) -> new String(seed.getPayload(), StandardCharsets.ISO_8859_1))
			.flatMap((text) -> Arrays.stream(text.split("\r\n")))
			.filter((line) -> line.regionMatches(true, 0, startsWith, 0, startsWith.length()))
			.distinct()
			.map((line) -> named(line.substring(startsWith.length())));
	}

	/** Seeds of one octet for each character. */
	public static Stream<Named<byte[]>> of(String... seeds) {
		return Stream.of(seeds).map(FuzzSeeds::named);
	}

	private static Named<byte[]> named(String seed) {
		String printable = seed.replaceAll("[^ -~]", "?");
		return Named.of("\"" + printable.substring(0, Math.min(40, printable.length())) + "\"",
				seed.getBytes(StandardCharsets.ISO_8859_1));
	}

	private static List<Transcript> transcripts() {
		try {
			return TranscriptTests.transcripts();
		}
		catch (IOException | URISyntaxException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
