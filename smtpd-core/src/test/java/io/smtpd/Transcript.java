package io.smtpd;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A dialogue read from a file; the format is described beside the files.
 *
 * @param name the file's name
 * @param settings the lines that set up the server, key and value
 * @param steps the dialogue
 * @param stored the messages that the handler must have got
 */
record Transcript(String name, List<Setting> settings, List<Step> steps, List<Stored> stored) {

	private static final String DATA = "| ";

	private static final String RAW_DATA = "|<";

	/** A line of the header. */
	record Setting(String key, String value) {

	}

	/** What happens next. */
	enum Kind {

		/** The client sends octets. */
		SEND,

		/** The server sends a line. */
		LINE,

		/** The server sends a reply of which only the code matters. */
		REPLY,

		/** The server closes the connection. */
		CLOSED,

		/** The client closes its side. */
		CLOSE

	}

	/** One line of the dialogue, and its number in the file. */
	record Step(Kind kind, String text, byte[] octets, int line) {

	}

	/** A message that must have reached the handler; data null if it does not matter. */
	record Stored(String envelope, byte[] data) {

	}

	static Transcript read(Path file) throws IOException {
		return parse(String.valueOf(file.getFileName()), Files.readAllLines(file, StandardCharsets.UTF_8));
	}

	static Transcript parse(String name, List<String> lines) {
		List<Setting> settings = new ArrayList<>();
		List<Step> steps = new ArrayList<>();
		List<Stored> stored = new ArrayList<>();
		for (int i = 0; i < lines.size(); i++) {
			String line = lines.get(i);
			if (line.isBlank() || line.startsWith("#")) {
				continue;
			}
			if (line.startsWith(DATA) || line.equals("|") || line.startsWith(RAW_DATA)) {
				addData(line, stored);
			}
			else if (line.startsWith("stored:")) {
				stored.add(new Stored(line.substring("stored:".length()).trim(), null));
			}
			else if (steps.isEmpty() && line.matches("[a-z][a-z-]*: .*")) {
				int colon = line.indexOf(':');
				settings.add(new Setting(line.substring(0, colon), line.substring(colon + 2)));
			}
			else {
				steps.add(step(name, line, i + 1));
			}
		}
		return new Transcript(name, List.copyOf(settings), List.copyOf(steps), List.copyOf(stored));
	}

	private static Step step(String name, String line, int number) {
		String text = (line.length() > 3) ? line.substring(3) : "";
		if (line.startsWith("C:")) {
			return new Step(Kind.SEND, line, octets(text + "\\r\\n"), number);
		}
		if (line.startsWith("C<")) {
			return new Step(Kind.SEND, line, octets(text), number);
		}
		if (line.startsWith("S:")) {
			return new Step(Kind.LINE, text, new byte[0], number);
		}
		if (line.startsWith("S=")) {
			return new Step(Kind.REPLY, text, new byte[0], number);
		}
		return switch (line) {
			case "closed" -> new Step(Kind.CLOSED, line, new byte[0], number);
			case "close" -> new Step(Kind.CLOSE, line, new byte[0], number);
			default -> throw new IllegalArgumentException(name + ":" + number + ": what is this? " + line);
		};
	}

	private static void addData(String line, List<Stored> stored) {
		Stored last = stored.remove(stored.size() - 1);
		byte[] more = line.startsWith(RAW_DATA) ? octets(line.substring(Math.min(line.length(), RAW_DATA.length() + 1)))
				: octets(((line.length() > 2) ? line.substring(2) : "") + "\\r\\n");
		ByteArrayOutputStream data = new ByteArrayOutputStream();
		data.writeBytes((last.data() != null) ? last.data() : new byte[0]);
		data.writeBytes(more);
		stored.add(new Stored(last.envelope(), data.toByteArray()));
	}

	/** Whether any server could be asked to talk like this. */
	boolean needsSettings() {
		return !this.settings.isEmpty();
	}

	/** All that the client sends. */
	byte[] sent() {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		this.steps.forEach((step) -> all.writeBytes(step.octets()));
		return all.toByteArray();
	}

	@Override
	public String toString() {
		return this.name;
	}

	/** Text as UTF-8 with its escapes resolved. */
	static byte[] octets(String text) {
		ByteArrayOutputStream octets = new ByteArrayOutputStream();
		int at = 0;
		while (at < text.length()) {
			int escape = text.indexOf('\\', at);
			int end = (escape < 0) ? text.length() : escape;
			octets.writeBytes(text.substring(at, end).getBytes(StandardCharsets.UTF_8));
			at = (escape < 0) ? end : unescape(text, escape + 1, octets);
		}
		return octets.toByteArray();
	}

	private static int unescape(String text, int at, ByteArrayOutputStream octets) {
		switch (text.charAt(at)) {
			case 'r' -> octets.write('\r');
			case 'n' -> octets.write('\n');
			case 't' -> octets.write('\t');
			case '\\' -> octets.write('\\');
			case 'x' -> {
				octets.write(Integer.parseInt(text, at + 1, at + 3, 16));
				return at + 3;
			}
			case '(' -> { // (text*count)
				int close = text.indexOf(')', at);
				int star = text.lastIndexOf('*', close);
				int count = Integer.parseInt(text, star + 1, close, 10);
				octets.writeBytes(octets(text.substring(at + 1, star).repeat(count)));
				return close + 1;
			}
			default -> throw new IllegalArgumentException("Unknown escape at " + at + " of " + text);
		}
		return at + 1;
	}

}
