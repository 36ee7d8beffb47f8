package io.smtpd.autoconfigure.verify;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Remembers a bounded number of triplets until the application ends; beyond it the one
 * that was used longest ago is forgotten. Thread-safe.
 */
public final class InMemoryGreylistStore implements GreylistStore {

	private final ReentrantLock lock = new ReentrantLock();

	private final Map<String, Sighting> entries;

	/**
	 * Makes a store for 100 000 triplets, which take some 30 MB.
	 */
	public InMemoryGreylistStore() {
		this(100_000);
	}

	/**
	 * Makes a store.
	 * @param maxEntries how many triplets are remembered, at least one
	 * @throws IllegalArgumentException when it is less than one
	 */
	public InMemoryGreylistStore(int maxEntries) {
		if (maxEntries < 1) {
			throw new IllegalArgumentException("A greylist needs room for at least one entry, not " + maxEntries);
		}
		this.entries = new LinkedHashMap<>(16, 0.75f, true) {

			private static final long serialVersionUID = 1L;

			@Override
			protected boolean removeEldestEntry(Map.Entry<String, Sighting> eldest) {
				return size() > maxEntries;
			}

		};
	}

	@Override
	public Instant firstAttempt(String triplet, Instant now, Instant expiry) {
		this.lock.lock();
		try {
			Sighting entry = this.entries.get(triplet);
			if (entry == null || !entry.expiry().isAfter(now)) {
				entry = new Sighting(now, expiry);
				this.entries.put(triplet, entry);
			}
			return entry.first();
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public void passed(String triplet, Instant expiry) {
		this.lock.lock();
		try {
			this.entries.computeIfPresent(triplet, (key, entry) -> new Sighting(entry.first(), expiry));
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Returns how many triplets are remembered, expired ones included. */
	int size() {
		this.lock.lock();
		try {
			return this.entries.size();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** When a triplet was seen first, and until when that counts. */
	private record Sighting(Instant first, Instant expiry) {

	}

}
