package io.smtpd.autoconfigure.verify;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicReference;

import io.smtpd.SmtpException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/** RFC 6647. */
class GreylistTests {

	private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));

	private final InMemoryGreylistStore store = new InMemoryGreylistStore(3);

	private final Greylist greylist = new Greylist(this.store, Duration.ofSeconds(60), Duration.ofHours(4),
			Duration.ofDays(30), new SteppingClock(this.now));

	@Test
	void strangerIsAskedToComeBackAndThenPasses() {
		refused("192.0.2.1", "a@example.org", "b@example.com", "451 4.7.1 Greylisted, try again in 60 seconds");
		step(Duration.ofSeconds(59));
		refused("192.0.2.1", "a@example.org", "b@example.com", "451 4.7.1 Greylisted, try again in 1 seconds");
		step(Duration.ofSeconds(1));
		passes("192.0.2.1", "a@example.org", "b@example.com");
		step(Duration.ofDays(29));
		passes("192.0.2.1", "a@example.org", "b@example.com");
		step(Duration.ofDays(29));
		passes("192.0.2.1", "A@Example.org", "B@example.com");
	}

	@ParameterizedTest
	@CsvSource({ "192.0.2.1, 192.0.2.250, true", "192.0.2.1, 192.0.3.1, false",
			"2001:db8:1:2::1, 2001:db8:1:2:ffff::9, true", "2001:db8:1:2::1, 2001:db8:1:3::1, false" })
	void networkCountsAsOneClient(String first, String second, boolean same) {
		refused(first, "", "b@example.com", "451 4.7.1 ");
		step(Duration.ofSeconds(61));
		if (same) {
			passes(second, "", "b@example.com");
		}
		else {
			refused(second, "", "b@example.com", "451 4.7.1 ");
		}
	}

	@Test
	void otherSenderOrRecipientIsAStrangerAgain() {
		refused("192.0.2.1", "a@example.org", "b@example.com", "451 ");
		step(Duration.ofSeconds(61));
		refused("192.0.2.1", "", "b@example.com", "451 ");
		refused("192.0.2.1", "a@example.org", "c@example.com", "451 ");
		passes("192.0.2.1", "a@example.org", "b@example.com");
	}

	@Test
	void whoComesBackTooLateIsAStrangerAgain() {
		refused("192.0.2.1", "a@example.org", "b@example.com", "451 ");
		step(Duration.ofHours(4));
		refused("192.0.2.1", "a@example.org", "b@example.com", "451 4.7.1 Greylisted, try again in 60 seconds");
		step(Duration.ofMinutes(2));
		passes("192.0.2.1", "a@example.org", "b@example.com");
		step(Duration.ofDays(30));
		refused("192.0.2.1", "a@example.org", "b@example.com", "451 ");
	}

	@Test
	void authenticatedClientIsNotAsked() {
		this.greylist.check(Peers.authenticated(), "a@example.org", "b@example.com");
		assertThat(this.store.size()).isZero();
	}

	@Test
	void storeForgetsWhatWasUsedLongestAgo() {
		refused("192.0.2.1", "1@example.org", "b@example.com", "451 ");
		for (int i = 2; i < 10; i++) {
			refused("192.0.2.1", i + "@example.org", "b@example.com", "451 ");
			refused("192.0.2.1", "1@example.org", "b@example.com", "451 ");
		}
		assertThat(this.store.size()).isEqualTo(3);
		step(Duration.ofSeconds(60));
		passes("192.0.2.1", "1@example.org", "b@example.com");
		refused("192.0.2.1", "2@example.org", "b@example.com", "451 ");
	}

	@Test
	void timesThatCannotWorkAreRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> new Greylist(this.store, Duration.ZERO));
		assertThatIllegalArgumentException().isThrownBy(() -> new Greylist(this.store, Duration.ofDays(3)));
		assertThatIllegalArgumentException().isThrownBy(() -> new InMemoryGreylistStore(0));
	}

	private void step(Duration duration) {
		this.now.updateAndGet((instant) -> instant.plus(duration));
	}

	private void passes(String client, String sender, String recipient) {
		this.greylist.check(Peers.at(client), sender, recipient);
	}

	private void refused(String client, String sender, String recipient, String reply) {
		assertThatExceptionOfType(SmtpException.class)
			.isThrownBy(() -> this.greylist.check(Peers.at(client), sender, recipient))
			.satisfies((ex) -> assertThat(ex.reply().toString()).startsWith(reply));
	}

	/** A clock that goes when it is told to. */
	private static final class SteppingClock extends Clock {

		private final AtomicReference<Instant> now;

		SteppingClock(AtomicReference<Instant> now) {
			this.now = now;
		}

		@Override
		public ZoneId getZone() {
			return ZoneOffset.UTC;
		}

		@Override
		public Clock withZone(ZoneId zone) {
			return this;
		}

		@Override
		public Instant instant() {
			return this.now.get();
		}

	}

}
