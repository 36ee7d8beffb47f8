package io.smtpd.sample;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A message in the store. Mail data is text of one character for each octet.
 *
 * @param directory where it is
 * @param id the envelope's id
 */
record StoredFiles(Path directory, String id) {

	/** Finds the one message with a subject. */
	static StoredFiles withSubject(Path directory, String subject) throws IOException {
		try (Stream<Path> files = Files.list(directory)) {
			List<StoredFiles> found = files.map((file) -> file.getFileName().toString())
				.filter((name) -> name.endsWith(".eml"))
				.map((name) -> new StoredFiles(directory, name.substring(0, name.length() - ".eml".length())))
				.filter((stored) -> stored.mailData().contains("\r\nSubject: " + subject + "\r\n"))
				.toList();
			assertThat(found).as("messages with subject '%s'", subject).hasSize(1);
			return found.get(0);
		}
	}

	String mailData() {
		return read(".eml");
	}

	JsonNode description() {
		return JsonMapper.shared().readTree(read(".json"));
	}

	private String read(String suffix) {
		Path file = this.directory.resolve(this.id + suffix);
		assertThat(file).isRegularFile();
		try {
			return Files.readString(file, StandardCharsets.ISO_8859_1);
		}
		catch (IOException ex) {
			throw new AssertionError(file + " cannot be read", ex);
		}
	}

}
