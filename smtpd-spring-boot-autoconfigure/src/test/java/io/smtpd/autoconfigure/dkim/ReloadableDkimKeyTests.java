package io.smtpd.autoconfigure.dkim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.FileSystemResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

@ExtendWith(OutputCaptureExtension.class)
class ReloadableDkimKeyTests {

	private final AtomicLong now = new AtomicLong();

	private Path file;

	private ReloadableDkimKey key;

	@BeforeEach
	void writeFile(@TempDir Path folder) throws IOException {
		this.file = folder.resolve("key.pem");
		Files.write(this.file, TestKeys.pkcs8(TestKeys.RSA));
		this.key = new ReloadableDkimKey(new FileSystemResource(this.file), this.now::get);
	}

	@Test
	void readsAChangedFileAfterASecond() throws IOException {
		DkimKey before = this.key.get();
		Files.write(this.file, TestKeys.pkcs8(TestKeys.ED25519));
		passMillis(999);
		assertThat(this.key.get()).isSameAs(before);
		passMillis(1);
		assertThat(this.key.get().algorithm()).isEqualTo("ed25519-sha256");
	}

	@Test
	void readsAFileThatWasMovedIntoItsPlace() throws IOException {
		FileTime time = Files.getLastModifiedTime(this.file);
		DkimKey before = this.key.get();
		Path other = this.file.resolveSibling("other.pem");
		Files.write(other, TestKeys.pkcs8(TestKeys.RSA));
		Files.setLastModifiedTime(other, time);
		Files.move(other, this.file, StandardCopyOption.REPLACE_EXISTING);
		passMillis(1000);
		assertThat(this.key.get()).isNotSameAs(before);
	}

	@Test
	void leavesAnUnchangedFileAlone() {
		DkimKey before = this.key.get();
		passMillis(10_000);
		assertThat(this.key.get()).isSameAs(before);
	}

	@Test
	void keepsTheKeyWhenTheNewFileIsBroken(CapturedOutput output) throws IOException {
		DkimKey before = this.key.get();
		Files.writeString(this.file, "-----BEGIN PRIVATE KEY-----\nhalf");
		for (int i = 0; i < 3; i++) {
			passMillis(1000);
			assertThat(this.key.get()).isSameAs(before);
		}
		assertThat(output.toString().split("The changed DKIM key is not used", -1)).hasSize(2);
		assertThat(output).contains("ERROR").contains("key.pem");
		Files.write(this.file, TestKeys.pkcs8(TestKeys.ED25519));
		passMillis(1000);
		assertThat(this.key.get().algorithm()).isEqualTo("ed25519-sha256");
	}

	@Test
	void keepsTheKeyWhileTheFileIsMissing(CapturedOutput output) throws IOException {
		DkimKey before = this.key.get();
		Files.delete(this.file);
		passMillis(1000);
		assertThat(this.key.get()).isSameAs(before);
		assertThat(output).contains("ERROR").contains("cannot be read");
		Files.write(this.file, TestKeys.pkcs8(TestKeys.ED25519));
		passMillis(1000);
		assertThat(this.key.get().algorithm()).isEqualTo("ed25519-sha256");
	}

	@Test
	void refusesToBeginWithABrokenFile() throws IOException {
		Files.writeString(this.file, "no key");
		assertThatIllegalArgumentException().isThrownBy(() -> new ReloadableDkimKey(new FileSystemResource(this.file)))
			.withMessageContaining("key.pem")
			.withMessageContaining("found no PEM block");
	}

	@Test
	void readsWhatIsNoFileOnce() {
		ReloadableDkimKey fixed = new ReloadableDkimKey(new ByteArrayResource(TestKeys.pkcs8(TestKeys.RSA)),
				this.now::get);
		DkimKey before = fixed.get();
		passMillis(5000);
		assertThat(fixed.get()).isSameAs(before);
	}

	private void passMillis(long millis) {
		this.now.addAndGet(Duration.ofMillis(millis).toNanos());
	}

}
