package io.smtpd.sample;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import io.smtpd.Envelope;
import io.smtpd.Peer;
import io.smtpd.Peer.Protocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class MessageStoreTests {

	private static final byte[] MAIL_DATA = "Subject: Test\r\n\r\nNul \0, bare \n and 8-bit \u00fc\r\n"
		.getBytes(StandardCharsets.ISO_8859_1);

	@TempDir
	Path directory;

	@Test
	void directoryIsMadeWithItsParents() throws Exception {
		Path deep = this.directory.resolve("deep/er");
		Envelope envelope = Envelope.of("", List.of("one@example.org"), MAIL_DATA);

		new MessageStore(deep, JsonMapper.shared()).handle(peer("127.0.0.1"), envelope);

		assertThat(deep.resolve(envelope.id() + ".eml")).hasBinaryContent(MAIL_DATA);
	}

	@Test
	void nullReversePathIsAnEmptySender() throws Exception {
		Envelope envelope = Envelope.of("", List.of("one@example.org"), MAIL_DATA);

		new MessageStore(this.directory, JsonMapper.shared()).handle(peer("::1"), envelope);

		StoredFiles stored = new StoredFiles(this.directory, envelope.id());
		assertThat(stored.description().get("sender").asString()).isEmpty();
		assertThat(stored.description().get("peer").asString()).isEqualTo("[0:0:0:0:0:0:0:1]:4711");
		assertThat(stored.description().get("size").asInt()).isEqualTo(MAIL_DATA.length);
	}

	@Test
	void messageThatCannotBeStoredLeavesNothingBehind() throws Exception {
		MessageStore store = new MessageStore(this.directory, JsonMapper.shared());
		Envelope envelope = new UnreadableEnvelope(Envelope.of("", List.of("one@example.org"), MAIL_DATA));

		assertThatIOException().isThrownBy(() -> store.handle(peer("127.0.0.1"), envelope)).withMessage("unreadable");

		assertThat(this.directory).isEmptyDirectory();
	}

	@Test
	void messageWhoseDescriptionCannotTakeItsNameIsNotStoredEither() throws Exception {
		MessageStore store = new MessageStore(this.directory, JsonMapper.shared());
		Envelope envelope = Envelope.of("", List.of("one@example.org"), MAIL_DATA);
		Path inTheWay = Files.createDirectory(this.directory.resolve(envelope.id() + ".json"));
		Files.createFile(inTheWay.resolve("file"));

		assertThatIOException().isThrownBy(() -> store.handle(peer("127.0.0.1"), envelope));

		assertThat(this.directory).isDirectoryNotContaining("glob:**.eml").isDirectoryNotContaining("glob:**.tmp");
	}

	private static Peer peer(String address) throws IOException {
		InetSocketAddress remote = new InetSocketAddress(InetAddress.getByName(address), 4711);
		return new Peer("session", "default", remote, remote, "client.example.org", Protocol.ESMTP, null, null);
	}

	/**
	 * Its mail data cannot be read.
	 *
	 * @param envelope the rest
	 */
	private record UnreadableEnvelope(Envelope envelope) implements Envelope {

		@Override
		public String id() {
			return this.envelope.id();
		}

		@Override
		public String reversePath() {
			return this.envelope.reversePath();
		}

		@Override
		public Map<String, String> parameters() {
			return this.envelope.parameters();
		}

		@Override
		public List<Recipient> recipients() {
			return this.envelope.recipients();
		}

		@Override
		public long size() {
			return this.envelope.size();
		}

		@Override
		public InputStream mailData() throws IOException {
			throw new IOException("unreadable");
		}

		@Override
		public String receivedHeader() {
			return this.envelope.receivedHeader();
		}

	}

}
