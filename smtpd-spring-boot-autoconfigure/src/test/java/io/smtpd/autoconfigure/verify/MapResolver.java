package io.smtpd.autoconfigure.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** A DNS that consists of a map, and remembers what it was asked. */
final class MapResolver implements DnsResolver {

	private final Map<String, Map<RecordType, List<String>>> records = new HashMap<>();

	private final Set<String> broken = new HashSet<>();

	final List<String> asked = new CopyOnWriteArrayList<>();

	MapResolver with(String name, RecordType type, String... values) {
		this.records.computeIfAbsent(name, (key) -> new HashMap<>())
			.computeIfAbsent(type, (key) -> new ArrayList<>())
			.addAll(Arrays.asList(values));
		return this;
	}

	/** Whatever is asked of the name, there is no answer. */
	MapResolver broken(String name) {
		this.broken.add(name);
		return this;
	}

	@Override
	public Answer lookup(String name, RecordType type) throws DnsException {
		String key = name.toLowerCase(Locale.ROOT);
		this.asked.add(key + " " + type);
		if (this.broken.contains(key)) {
			throw new DnsException("No answer for " + name, null);
		}
		Map<RecordType, List<String>> node = this.records.get(key);
		return (node != null) ? new Answer(true, node.getOrDefault(type, List.of())) : Answer.NO_SUCH_NAME;
	}

}
