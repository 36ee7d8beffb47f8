package io.smtpd.autoconfigure.dkim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.core.io.Resource;

/**
 * A key that follows its file: {@link #get()} looks at most once a second whether the
 * file has changed (its modification time, its size or which file stands under the name)
 * and then reads it anew. A new file that is missing or holds no usable key is an error
 * in the log, once, and the key before it stays. A resource that is not a file is read
 * once. Thread-safe.
 */
public final class ReloadableDkimKey implements Supplier<DkimKey> {

	private static final Logger logger = LoggerFactory.getLogger(ReloadableDkimKey.class);

	private static final long CHECK_INTERVAL = Duration.ofSeconds(1).toNanos();

	private final Resource resource;

	private final LongSupplier nanoTime;

	private final AtomicLong lastCheck;

	private volatile Version version;

	private volatile DkimKey key;

	/**
	 * Reads the key.
	 * @param resource where the PEM is, see {@link DkimKey#load(Resource)}
	 * @throws IllegalArgumentException when it cannot be read or is no usable key
	 */
	public ReloadableDkimKey(Resource resource) {
		this(resource, System::nanoTime);
	}

	ReloadableDkimKey(Resource resource, LongSupplier nanoTime) {
		this.resource = resource;
		this.nanoTime = nanoTime;
		this.lastCheck = new AtomicLong(nanoTime.getAsLong());
		this.version = versionOf(resource); // before reading: a change in between is seen
											// later
		this.key = DkimKey.load(resource);
	}

	@Override
	public DkimKey get() {
		long last = this.lastCheck.get();
		long now = this.nanoTime.getAsLong();
		if (now - last >= CHECK_INTERVAL && this.lastCheck.compareAndSet(last, now)) {
			check();
		}
		return this.key;
	}

	private void check() {
		Version current = versionOf(this.resource);
		if (current.equals(this.version)) {
			return;
		}
		this.version = current;
		try {
			this.key = DkimKey.load(this.resource);
			logger.info("DKIM key {} was read anew", this.resource);
		}
		catch (IllegalArgumentException ex) {
			logger.error("The changed DKIM key is not used, the one before it stays: {}", ex.getMessage());
		}
	}

	private static Version versionOf(Resource resource) {
		if (!resource.isFile()) {
			return Version.NONE;
		}
		try {
			Path path = resource.getFile().toPath();
			BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
			return new Version(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
		}
		catch (IOException ex) {
			return Version.NONE;
		}
	}

	@Override
	public String toString() {
		return "ReloadableDkimKey[" + this.resource + "]";
	}

	/** What tells one content of a file from another without reading it. */
	private record Version(@Nullable FileTime modified, long size, @Nullable Object file) {

		static final Version NONE = new Version(null, -1, null);

	}

}
