package io.smtpd.autoconfigure.verify;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.Cache;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedResolver;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;
import org.xbill.DNS.lookup.LookupSession;
import org.xbill.DNS.lookup.NoSuchDomainException;
import org.xbill.DNS.lookup.NoSuchRRSetException;

/**
 * A resolver of dnsjava, with a cache, that asks the system's name servers or given ones.
 * Names are taken as they are: neither the system's search list nor its hosts file is
 * used. Thread-safe.
 */
public final class DnsJavaResolver implements DnsResolver {

	/** The time for a look-up that the starter's own resolver takes at most. */
	static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);

	private final LookupSession session;

	private final Duration timeout;

	/**
	 * Makes a resolver.
	 * @param timeout how long a look-up may take in all, several servers and aliases
	 * included
	 * @param servers the name servers, or none for the system's
	 */
	public DnsJavaResolver(Duration timeout, InetSocketAddress... servers) {
		this.timeout = timeout;
		this.session = LookupSession.builder()
			.resolver(resolver(timeout, servers))
			.cache(new Cache(DClass.IN))
			.clearSearchPath()
			.ndots(1)
			.build();
	}

	private static Resolver resolver(Duration timeout, InetSocketAddress... servers) {
		ExtendedResolver resolver;
		if (servers.length == 0) {
			resolver = new ExtendedResolver();
		}
		else {
			List<Resolver> resolvers = new ArrayList<>();
			for (InetSocketAddress server : servers) {
				resolvers.add(new SimpleResolver(server));
			}
			resolver = new ExtendedResolver(resolvers);
		}
		resolver.setTimeout(timeout);
		for (Resolver each : resolver.getResolvers()) { // so that the next one is asked
														// in time
			each.setTimeout(timeout.dividedBy(2));
		}
		return resolver;
	}

	@Override
	public Answer lookup(String name, RecordType type) throws DnsException {
		Name dnsName;
		try {
			dnsName = Name.fromString(name, Name.root);
		}
		catch (TextParseException ex) { // what cannot be asked for does not exist
			return Answer.NO_SUCH_NAME;
		}
		try {
			List<Record> records = this.session.lookupAsync(dnsName, Type.value(type.name()))
				.toCompletableFuture()
				.get(this.timeout.toMillis(), TimeUnit.MILLISECONDS)
				.getRecords();
			return new Answer(true, values(records));
		}
		catch (ExecutionException ex) {
			return negative(name, type, ex.getCause());
		}
		catch (TimeoutException ex) {
			throw new DnsException("No answer for " + name + " " + type + " in " + this.timeout, ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new DnsException("Interrupted", ex);
		}
	}

	private static Answer negative(String name, RecordType type, @Nullable Throwable cause) throws DnsException {
		if (cause instanceof NoSuchDomainException) {
			return Answer.NO_SUCH_NAME;
		}
		if (cause instanceof NoSuchRRSetException) {
			return Answer.NO_DATA;
		}
		throw new DnsException("No answer for " + name + " " + type, cause);
	}

	private static List<String> values(List<Record> records) {
		List<String> values = new ArrayList<>();
		records.stream()
			.filter(MXRecord.class::isInstance)
			.map(MXRecord.class::cast)
			.sorted(Comparator.comparingInt(MXRecord::getPriority))
			.forEach((mx) -> values.add(mx.getTarget().toString(true)));
		for (Record data : records) {
			if (data instanceof ARecord a) {
				values.add(a.getAddress().getHostAddress());
			}
			else if (data instanceof AAAARecord aaaa) {
				values.add(aaaa.getAddress().getHostAddress());
			}
			else if (data instanceof PTRRecord ptr) {
				values.add(ptr.getTarget().toString(true));
			}
			else if (data instanceof TXTRecord txt) {
				StringBuilder text = new StringBuilder();
				txt.getStringsAsByteArrays()
					.forEach((part) -> text.append(new String(part, StandardCharsets.ISO_8859_1)));
				values.add(text.toString());
			}
		}
		return values;
	}

}
