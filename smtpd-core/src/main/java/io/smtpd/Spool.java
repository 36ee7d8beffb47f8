package io.smtpd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where large mail data waits: a private folder of one running server. A lock file beside
 * the folder is held as long as the server lives, so that the folders of servers that
 * died can be told from others and swept.
 */
final class Spool implements Closeable {

	private static final Logger logger = LoggerFactory.getLogger(Spool.class);

	private static final String PREFIX = "smtpd-spool-";

	private static final String LOCK_SUFFIX = ".lock";

	/**
	 * Begins the names of this process's folders. Their locks must not be tried: closing
	 * any channel of a locked file may release the lock of the whole process.
	 */
	private static final String PROCESS = UUID.randomUUID().toString();

	private final Path folder;

	private final Path lockFile;

	private final FileChannel lockChannel;

	private final boolean posix;

	private final long memoryThreshold;

	private final long maxSize;

	private final AtomicLong count = new AtomicLong();

	private final AtomicLong size = new AtomicLong();

	private Spool(Path folder, Path lockFile, FileChannel lockChannel, boolean posix, long memoryThreshold,
			long maxSize) {
		this.folder = folder;
		this.lockFile = lockFile;
		this.lockChannel = lockChannel;
		this.posix = posix;
		this.memoryThreshold = memoryThreshold;
		this.maxSize = maxSize;
	}

	/**
	 * Makes this server's folder, and removes those of servers that no longer live.
	 * @param directory where; made when it is missing
	 * @param memoryThreshold how many octets of a message stay in memory
	 * @param maxSize how many octets may lie in files at once, or -1
	 */
	static Spool open(Path directory, long memoryThreshold, long maxSize) throws IOException {
		try {
			Files.createDirectories(directory);
			boolean posix = directory.getFileSystem().supportedFileAttributeViews().contains("posix");
			while (true) {
				String name = PREFIX + PROCESS + "-" + Long.toHexString(ThreadLocalRandom.current().nextLong());
				Path lockFile = directory.resolve(name + LOCK_SUFFIX);
				FileChannel channel = FileChannel.open(lockFile,
						Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly(posix, "rw-------"));
				// a server that sweeps at this very moment may have been faster
				if (channel.tryLock() != null && Files.exists(lockFile)) {
					Spool spool = new Spool(directory.resolve(name), lockFile, channel, posix, memoryThreshold,
							maxSize);
					spool.createFolder();
					sweep(directory, lockFile);
					return spool;
				}
				channel.close();
			}
		}
		catch (IOException ex) {
			throw new FileSystemException(directory.toString(), null, "spoolDirectory cannot be used: " + ex);
		}
	}

	/**
	 * Looks at what belongs to the same user only: in a directory that all may write to,
	 * whoever owns a folder can put a link in its place while it is being emptied.
	 */
	private static void sweep(Path directory, Path ownLockFile) {
		try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, PREFIX + "*")) {
			UserPrincipal owner = Files.getOwner(ownLockFile);
			for (Path entry : entries) {
				String name = entry.getFileName().toString();
				if (name.startsWith(PREFIX + PROCESS)) {
					continue;
				}
				Path folder = name.endsWith(LOCK_SUFFIX)
						? directory.resolve(name.substring(0, name.length() - LOCK_SUFFIX.length())) : entry;
				Path lockFile = folder.resolveSibling(folder.getFileName() + LOCK_SUFFIX);
				if (!isForeign(folder, owner) && !isForeign(lockFile, owner)) {
					sweepIfDead(folder, lockFile);
				}
			}
		}
		catch (IOException | DirectoryIteratorException | UnsupportedOperationException ex) {
			logger.debug("Left-over spool folders in {} could not be looked for", directory, ex);
		}
	}

	private static boolean isForeign(Path path, UserPrincipal owner) throws IOException {
		try {
			return !owner.equals(Files.getOwner(path, LinkOption.NOFOLLOW_LINKS));
		}
		catch (NoSuchFileException ex) {
			return false;
		}
	}

	private static void sweepIfDead(Path folder, Path lockFile) {
		try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
				FileLock lock = channel.tryLock()) {
			if (lock != null) {
				delete(folder);
				Files.deleteIfExists(lockFile);
				logger.info("Removed {}, left behind by a server that no longer lives", folder);
			}
		}
		catch (NoSuchFileException ex) {
			deleteQuietly(folder); // its server always makes the lock first
		}
		catch (OverlappingFileLockException ex) {
			logger.trace("{} belongs to another copy of this class in this process", folder);
		}
		catch (IOException ex) {
			logger.debug("{} could not be removed; it may belong to another user", folder, ex);
		}
	}

	private static void delete(Path folder) throws IOException {
		if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
			return;
		}
		try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
			for (Path file : files) {
				Files.deleteIfExists(file);
			}
		}
		Files.deleteIfExists(folder);
	}

	private static void deleteQuietly(Path folder) {
		try {
			delete(folder);
		}
		catch (IOException ex) {
			logger.debug("{} could not be removed", folder, ex);
		}
	}

	private static FileAttribute<?>[] ownerOnly(boolean posix, String permissions) {
		return posix
				? new FileAttribute<?>[] {
						PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)) }
				: new FileAttribute<?>[0];
	}

	private void createFolder() throws IOException {
		Files.createDirectory(this.folder, ownerOnly(this.posix, "rwx------"));
	}

	long memoryThreshold() {
		return this.memoryThreshold;
	}

	/** Takes room for octets that are about to be written; false when there is none. */
	boolean reserve(long octets) {
		if (SmtpLimits.exceeds(this.size.addAndGet(octets), this.maxSize)) {
			this.size.addAndGet(-octets);
			return false;
		}
		return true;
	}

	/** Gives room back that a deleted file no longer takes. */
	void release(long octets) {
		this.size.addAndGet(-octets);
	}

	/** Makes a file for one message; the folder too when somebody removed it. */
	SpoolFile create() throws IOException {
		Path file = this.folder.resolve(this.count.incrementAndGet() + ".data");
		try {
			return new SpoolFile(file, channel(file));
		}
		catch (NoSuchFileException ex) {
			Files.createDirectories(this.folder.getParent());
			recreateFolder();
			return new SpoolFile(file, channel(file));
		}
	}

	private void recreateFolder() throws IOException {
		try {
			createFolder();
		}
		catch (FileAlreadyExistsException ex) {
			logger.trace("Another session was faster to make {}", this.folder);
		}
	}

	private FileChannel channel(Path file) throws IOException {
		return FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
				ownerOnly(this.posix, "rw-------"));
	}

	/** Removes the folder with all that is in it, and gives the lock back. */
	@Override
	public void close() {
		try {
			delete(this.folder);
			Files.deleteIfExists(this.lockFile);
			this.lockChannel.close();
		}
		catch (IOException ex) {
			logger.warn("Spool folder {} could not be removed", this.folder, ex);
		}
	}

	/**
	 * A message's file, open for writing.
	 *
	 * @param path where it is
	 * @param channel what it is written through
	 */
	record SpoolFile(Path path, FileChannel channel) {

	}

}
