package io.smtpd.autoconfigure.relay;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.smtpd.relay.RelayProbe;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * {@link HealthIndicator} of the relay: up when the upstream server greets, takes EHLO
 * and, where configured, TLS and the credentials; down with the problem when it does not.
 * The server is asked at most once in ten seconds, and by one thread at a time: until
 * there is an answer the others get the one before.
 */
public class SmtpRelayHealthIndicator extends AbstractHealthIndicator {

	private static final long VALID = Duration.ofSeconds(10).toNanos();

	private final Supplier<RelayProbe> probe;

	private final String upstream;

	private final LongSupplier nanoTime;

	private final ReentrantLock asking = new ReentrantLock();

	private volatile @Nullable Answer last;

	/**
	 * Makes the indicator.
	 * @param probe looks whether the upstream server can be used
	 * @param upstream the upstream server, as it is shown
	 */
	public SmtpRelayHealthIndicator(Supplier<RelayProbe> probe, String upstream) {
		this(probe, upstream, System::nanoTime);
	}

	SmtpRelayHealthIndicator(Supplier<RelayProbe> probe, String upstream, LongSupplier nanoTime) {
		super("The state of the SMTP relay cannot be determined");
		this.probe = probe;
		this.upstream = upstream;
		this.nanoTime = nanoTime;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		RelayProbe found = current();
		builder.status(found.available() ? Status.UP : Status.DOWN)
			.withDetail("upstream", this.upstream)
			.withDetail("tls", found.secure())
			.withDetail("elapsed", found.elapsed().toMillis() + " ms");
		if (found.greeting() != null) {
			builder.withDetail("greeting", found.greeting());
		}
		if (found.problem() != null) {
			builder.withDetail("problem", found.problem());
		}
	}

	private RelayProbe current() {
		Answer known = this.last;
		if (known != null && (isValid(known) || !this.asking.tryLock())) {
			return known.probe();
		}
		if (known == null) {
			this.asking.lock();
		}
		try {
			known = this.last; // another thread may have asked meanwhile
			if (known == null || !isValid(known)) {
				known = new Answer(this.probe.get(), this.nanoTime.getAsLong());
				this.last = known;
			}
			return known.probe();
		}
		finally {
			this.asking.unlock();
		}
	}

	private boolean isValid(Answer answer) {
		return this.nanoTime.getAsLong() - answer.time() < VALID;
	}

	/** What was found, and when. */
	private record Answer(RelayProbe probe, long time) {
	}

}
