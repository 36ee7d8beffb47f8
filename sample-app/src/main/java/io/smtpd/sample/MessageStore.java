package io.smtpd.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

import io.smtpd.Envelope;
import io.smtpd.MessageHandler;
import io.smtpd.Peer;
import tools.jackson.databind.json.JsonMapper;

/**
 * Stores each message as {@code <id>.eml}, the octets that the handler got, and
 * {@code <id>.json}, a {@link StoredMessage}.
 * <p>
 * When {@link #handle} returns, the client is told 250 and forgets the message. So by
 * then both files are on the disk, not in the system's cache, and under names that they
 * got only when they were whole: a crash at any moment leaves files ending in
 * {@code .tmp}, whose message the client will send again, but never half a message.
 */
final class MessageStore implements MessageHandler {

	private final Path directory;

	private final JsonMapper json;

	private final boolean syncDirectory;

	MessageStore(Path directory, JsonMapper json) throws IOException {
		this.directory = Files.createDirectories(directory);
		this.json = json;
		// Windows opens no directories, and needs no such thing
		this.syncDirectory = directory.getFileSystem().supportedFileAttributeViews().contains("posix");
	}

	@Override
	public void handle(Peer peer, Envelope envelope) throws IOException {
		Path message = this.directory.resolve(envelope.id() + ".eml");
		Path description = this.directory.resolve(envelope.id() + ".json");
		try {
			write(temporary(message), envelope::writeTo);
			write(temporary(description), (target) -> target.write(describe(peer, envelope)));
			Files.move(temporary(message), message, StandardCopyOption.ATOMIC_MOVE);
			Files.move(temporary(description), description, StandardCopyOption.ATOMIC_MOVE);
			if (this.syncDirectory) {
				try (FileChannel channel = FileChannel.open(this.directory, StandardOpenOption.READ)) {
					channel.force(true); // the new names, too, must survive
				}
			}
		}
		catch (IOException | RuntimeException ex) {
			delete(ex, temporary(message), temporary(description), description, message);
			throw ex; // 451: the client will send the message again
		}
	}

	private byte[] describe(Peer peer, Envelope envelope) {
		return this.json.writeValueAsBytes(StoredMessage.of(peer, envelope));
	}

	private static Path temporary(Path file) {
		return file.resolveSibling(file.getFileName() + ".tmp");
	}

	private static void write(Path file, Content content) throws IOException {
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
			content.writeTo(Channels.newOutputStream(channel));
			channel.force(true);
		}
	}

	private static void delete(Exception reason, Path... files) {
		for (Path file : files) {
			try {
				Files.deleteIfExists(file);
			}
			catch (IOException ex) {
				reason.addSuppressed(ex);
			}
		}
	}

	/** What to write into a file. */
	@FunctionalInterface
	private interface Content {

		void writeTo(OutputStream target) throws IOException;

	}

}
