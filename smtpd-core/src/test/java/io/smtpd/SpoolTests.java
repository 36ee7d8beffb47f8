package io.smtpd;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class SpoolTests {

	@TempDir
	Path directory;

	@Test
	void folderAndFilesAreForTheOwnerOnly() throws IOException {
		try (Spool spool = Spool.open(this.directory, 0, -1)) {
			Path file = file(spool);
			assertThat(permissions(file.getParent())).isEqualTo("rwx------");
			assertThat(permissions(file)).isEqualTo("rw-------");
			assertThat(permissions(lockOf(file.getParent()))).isEqualTo("rw-------");
		}
	}

	@Test
	void closeRemovesAllTraces() throws IOException {
		try (Spool spool = Spool.open(this.directory, 0, -1)) {
			file(spool);
		}
		assertThat(entries()).isEmpty();
	}

	@Test
	void missingDirectoryIsMade() throws IOException {
		Path missing = this.directory.resolve("not/there/yet");
		try (Spool spool = Spool.open(missing, 0, -1)) {
			assertThat(file(spool)).startsWith(missing);
		}
	}

	@Test
	void unusableDirectoryIsNamed() throws IOException {
		Path file = Files.createFile(this.directory.resolve("file"));
		assertThatIOException().isThrownBy(() -> Spool.open(file, 0, -1))
			.withMessageContaining(file.toString())
			.withMessageContaining("spoolDirectory");
	}

	@Test
	void folderThatWasRemovedIsMadeAgain() throws IOException {
		try (Spool spool = Spool.open(this.directory, 0, -1)) {
			Path folder = file(spool).getParent();
			removeAll(folder);
			assertThat(permissions(file(spool).getParent())).isEqualTo("rwx------");
		}
	}

	@Test
	void folderThatIsMissedByManySessionsAtOnceIsMadeForAll() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(8);
		try (Spool spool = Spool.open(this.directory, 0, -1)) {
			for (int round = 0; round < 200; round++) {
				removeAll(file(spool).getParent());
				Callable<Path> task = () -> file(spool);
				for (Future<Path> file : threads.invokeAll(List.of(task, task, task, task, task, task, task, task))) {
					assertThat(file.get()).exists();
				}
			}
		}
		finally {
			threads.shutdown();
		}
	}

	@Test
	void folderOfDeadServerIsSwept() throws IOException {
		Path folder = Files.createDirectory(this.directory.resolve("smtpd-spool-dead"));
		Files.createFile(lockOf(folder));
		Files.writeString(folder.resolve("1.data"), "left behind");
		Path withoutLock = Files.createDirectory(this.directory.resolve("smtpd-spool-lockless"));
		Path withoutFolder = Files.createFile(this.directory.resolve("smtpd-spool-gone.lock"));
		try (Spool spool = Spool.open(this.directory, 0, -1)) {
			assertThat(file(spool)).exists();
			assertThat(folder).doesNotExist();
			assertThat(lockOf(folder)).doesNotExist();
			assertThat(withoutLock).doesNotExist();
			assertThat(withoutFolder).doesNotExist();
		}
	}

	@Test
	void whatHasAnotherNameIsNotSwept() throws IOException {
		Path other = Files.createDirectory(this.directory.resolve("mail"));
		Path file = Files.writeString(other.resolve("precious"), "precious");
		Spool.open(this.directory, 0, -1).close();
		assertThat(file).exists();
	}

	@Test
	void folderOfLivingServerOfThisProcessIsNotSwept() throws IOException {
		try (Spool living = Spool.open(this.directory, 0, -1)) {
			Path file = file(living);
			Spool.open(this.directory, 0, -1).close();
			assertThat(file).exists();
		}
	}

	/** Closing any channel of a file may release the locks that a process has on it. */
	@Test
	void lockOfLivingServerHoldsAgainstOtherProcessesWhenAnotherServerStartsInThisOne() throws Exception {
		try (Spool living = Spool.open(this.directory, 0, -1)) {
			Path folder = file(living).getParent();
			assertThat(canBeLockedElsewhere(lockOf(folder))).isFalse();
			Spool.open(this.directory, 0, -1).close();
			assertThat(canBeLockedElsewhere(lockOf(folder))).isFalse();
		}
	}

	/** In a directory for all, anybody can make a link with our name. */
	@Test
	void sweepingDoesNotFollowLinks() throws IOException {
		Path victim = Files.createDirectory(this.directory.resolve("victim"));
		Path precious = Files.writeString(victim.resolve("precious"), "precious");
		Path spools = Files.createDirectory(this.directory.resolve("spools"));
		Files.createSymbolicLink(spools.resolve("smtpd-spool-link"), victim);
		Files.createSymbolicLink(spools.resolve("smtpd-spool-locked"), victim);
		Files.createFile(spools.resolve("smtpd-spool-locked.lock"));
		Files.createSymbolicLink(spools.resolve("smtpd-spool-x.lock"), precious);
		Spool.open(spools, 0, -1).close();
		assertThat(precious).hasContent("precious");
	}

	private static Path file(Spool spool) throws IOException {
		Spool.SpoolFile file = spool.create();
		file.channel().close();
		return file.path();
	}

	private static Path lockOf(Path folder) {
		return folder.resolveSibling(folder.getFileName() + ".lock");
	}

	private static void removeAll(Path folder) throws IOException {
		try (Stream<Path> files = Files.list(folder)) {
			for (Path file : files.toList()) {
				Files.delete(file);
			}
		}
		Files.delete(folder);
	}

	private List<Path> entries() throws IOException {
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.toList();
		}
	}

	private static String permissions(Path path) throws IOException {
		return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
	}

	private static boolean canBeLockedElsewhere(Path file) throws Exception {
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
				Path.of(SpoolTests.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString(),
				Locker.class.getName(), file.toString())
			.inheritIO()
			.start();
		assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
		assertThat(process.exitValue()).isIn(Locker.LOCKED, Locker.NOT_LOCKED);
		return process.exitValue() == Locker.LOCKED;
	}

	/** Another process that tries to lock a file. */
	static final class Locker {

		static final int LOCKED = 10;

		static final int NOT_LOCKED = 11;

		private Locker() {
		}

		public static void main(String[] arguments) throws IOException {
			try (FileChannel channel = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE);
					FileLock lock = channel.tryLock()) {
				System.exit((lock != null) ? LOCKED : NOT_LOCKED);
			}
		}

	}

}
