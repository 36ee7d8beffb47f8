package io.smtpd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.smtpd.Transcript.Kind;
import io.smtpd.Transcript.Step;
import io.smtpd.Transcript.Stored;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Plays the dialogues of {@code transcripts/} to a server: the specification of what a
 * client sees.
 */
class TranscriptTests {

	private static final String TARGET = "transcripts.target";

	static List<Transcript> transcripts() throws IOException, URISyntaxException {
		Path folder = Path
			.of(Objects.requireNonNull(TranscriptTests.class.getResource("/transcripts"), "transcripts").toURI());
		try (Stream<Path> files = Files.list(folder)) {
			List<Transcript> transcripts = new ArrayList<>();
			for (Path file : files.filter((path) -> path.toString().endsWith(".txt")).sorted().toList()) {
				transcripts.add(Transcript.read(file));
			}
			return transcripts;
		}
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("transcripts")
	@DisabledIfSystemProperty(named = TARGET, matches = ".+")
	void serverAnswersAsWritten(Transcript transcript) throws IOException {
		play(transcript, false);
	}

	/**
	 * TCP has no messages: where segments end must make no difference (RFC 2920 §3.1).
	 */
	@ParameterizedTest(name = "{0}")
	@MethodSource("transcripts")
	@DisabledIfSystemProperty(named = TARGET, matches = ".+")
	void serverAnswersTheSameToOneOctetPerSegment(Transcript transcript) throws IOException {
		play(transcript, true);
	}

	@TestFactory
	@EnabledIfSystemProperty(named = TARGET, matches = ".+:\\d+")
	Stream<DynamicTest> anotherServerAnswersWithTheSameCodes() throws IOException, URISyntaxException {
		String target = System.getProperty(TARGET);
		int colon = target.lastIndexOf(':');
		InetSocketAddress address = new InetSocketAddress(target.substring(0, colon),
				Integer.parseInt(target.substring(colon + 1)));
		return transcripts().stream()
			.filter((transcript) -> !transcript.needsSettings())
			.map((transcript) -> DynamicTest.dynamicTest(transcript.name(), () -> {
				try (RawClient client = new RawClient(address)) {
					new Player(transcript, client, false, true).play();
				}
			}));
	}

	private static void play(Transcript transcript, boolean octetByOctet) throws IOException {
		play(transcript, Transport.PLAIN, octetByOctet);
	}

	static void play(Transcript transcript, Transport transport, boolean octetByOctet) throws IOException {
		try (TestServer server = TestServer.start((builder) -> {
			TranscriptServer.configure(builder, transcript.settings());
			transport.configure(builder);
		})) {
			try (RawClient client = transport.connect(server.server())) {
				new Player(transcript, client, octetByOctet, false).play();
			}
			assertThat(server.server().stop(Duration.ofSeconds(10))).as("session ended").isTrue();
			checkStored(transcript.stored(), server.messages());
		}
	}

	private static void checkStored(List<Stored> expected, List<ReceivedMessage> messages) {
		assertThat(messages).extracting(TranscriptTests::envelope)
			.as("what the handler got")
			.containsExactlyElementsOf(expected.stream().map(Stored::envelope).toList());
		for (int i = 0; i < expected.size(); i++) {
			byte[] data = expected.get(i).data();
			if (data != null) {
				assertThat(messages.get(i).text()).isEqualTo(new String(data, StandardCharsets.ISO_8859_1));
			}
		}
	}

	private static String envelope(ReceivedMessage message) {
		String parameters = message.parameters()
			.entrySet()
			.stream()
			.map((parameter) -> " " + parameter.getKey()
					+ (parameter.getValue().isEmpty() ? "" : "=" + parameter.getValue()))
			.collect(Collectors.joining());
		return "<" + message.reversePath() + ">" + parameters + " -> "
				+ message.forwardPaths().stream().map((path) -> "<" + path + ">").collect(Collectors.joining(", "));
	}

	/** Goes through one dialogue. */
	private static final class Player {

		private final Transcript transcript;

		private final RawClient client;

		private final boolean octetByOctet;

		private final boolean codesOnly;

		private final ByteArrayOutputStream unsent = new ByteArrayOutputStream();

		private final List<String> seen = new ArrayList<>();

		private boolean over;

		Player(Transcript transcript, RawClient client, boolean octetByOctet, boolean codesOnly) {
			this.transcript = transcript;
			this.client = client;
			this.octetByOctet = octetByOctet;
			this.codesOnly = codesOnly;
		}

		void play() throws IOException {
			for (Step step : this.transcript.steps()) {
				if (step.kind() == Kind.SEND) {
					this.unsent.writeBytes(step.octets());
					this.seen.add(step.text());
				}
				else {
					sendAll();
					receive(step);
				}
			}
			sendAll();
			if (!this.over) {
				this.client.shutdownOutput();
				assertThat(this.client.reply()).as("%s: a reply too many", where(null)).isNull();
			}
		}

		private void sendAll() throws IOException {
			byte[] octets = this.unsent.toByteArray();
			this.unsent.reset();
			try {
				if (this.octetByOctet) {
					this.client.sendOneByOne(octets);
				}
				else {
					this.client.send(octets);
				}
			}
			catch (SocketException ex) {
				// it closed before it had read all: the replies tell whether it may
				this.seen.add("(" + ex + ")");
			}
		}

		private void receive(Step step) throws IOException {
			switch (step.kind()) {
				case LINE -> {
					if (this.codesOnly) {
						if (step.text().charAt(3) == ' ') {
							check(step, this.client.reply(), step.text().substring(0, 3));
						}
					}
					else {
						String line = this.client.readLine();
						assertThat(line).as(where(step)).isNotNull().matches(pattern(step.text()));
						this.seen.add("S: " + line);
					}
				}
				case REPLY -> check(step, this.client.reply(), step.text());
				case CLOSED -> {
					assertThat(this.client.reply()).as(where(step)).isNull();
					this.over = true;
				}
				case CLOSE -> {
					this.client.close();
					this.over = true;
				}
				default -> throw new IllegalStateException(step.toString());
			}
		}

		private void check(Step step, String reply, String code) {
			assertThat(reply).as(where(step)).isNotNull().startsWith(code);
			this.seen.add("S: " + reply);
		}

		private static Pattern pattern(String text) {
			return Pattern
				.compile(Stream.of(text.split("\\.\\.\\.", -1)).map(Pattern::quote).collect(Collectors.joining(".*")));
		}

		private String where(Step step) {
			return this.transcript.name() + ":" + ((step != null) ? step.line() : "end") + " after\n"
					+ String.join("\n", this.seen.subList(Math.max(0, this.seen.size() - 8), this.seen.size()));
		}

	}

}
