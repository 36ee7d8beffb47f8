package io.smtpd.autoconfigure.verify;

import java.time.Duration;

import io.smtpd.autoconfigure.verify.DnsResolver.Answer;
import io.smtpd.autoconfigure.verify.DnsResolver.RecordType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class BoundedResolverTests {

	private final MapResolver dns = new MapResolver();

	private final BoundedResolver bounded = new BoundedResolver(this.dns, Duration.ofMinutes(1));

	@Test
	void questionIsAskedOnceWhateverTheAnswer() throws Exception {
		this.dns.with("a.example", RecordType.A, "192.0.2.1").broken("broken.example");
		for (int i = 0; i < 2; i++) {
			assertThat(this.bounded.lookup("a.example", RecordType.A)).isEqualTo(Answer.of("192.0.2.1"));
			assertThat(this.bounded.lookup("a.example", RecordType.MX)).isEqualTo(Answer.NO_DATA);
			assertThatExceptionOfType(DnsException.class)
				.isThrownBy(() -> this.bounded.lookup("broken.example", RecordType.A));
		}
		assertThat(this.dns.asked).containsExactly("a.example A", "a.example MX", "broken.example A");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", ".", "a..b", ".a", "a.", "a\\b.example", "a\tb.example", "caf\u00e9.example" })
	void whatIsNoNameIsNotAskedFor(String name) throws Exception {
		assertThat(this.bounded.lookup(name, RecordType.A)).isEqualTo(Answer.NO_SUCH_NAME);
		assertThat(this.bounded.lookup("a".repeat(64) + ".example", RecordType.A)).isEqualTo(Answer.NO_SUCH_NAME);
		assertThat(this.bounded.lookup("a.".repeat(130) + "example", RecordType.A)).isEqualTo(Answer.NO_SUCH_NAME);
		assertThat(this.dns.asked).isEmpty();
	}

	@Test
	void messageThatAsksForTooMuchGetsNoMoreAnswers() throws Exception {
		for (int i = 0; i < 250; i++) {
			this.bounded.lookup(i + ".example", RecordType.A);
		}
		assertThatExceptionOfType(DnsException.class)
			.isThrownBy(() -> this.bounded.lookup("one-more.example", RecordType.A));
		assertThat(this.dns.asked).hasSize(250);
	}

	@Test
	void nothingIsAskedAfterTheDeadline() {
		BoundedResolver late = new BoundedResolver(this.dns, Duration.ofNanos(-1));
		assertThatExceptionOfType(DnsException.class).isThrownBy(() -> late.lookup("a.example", RecordType.A));
		assertThat(this.dns.asked).isEmpty();
	}

}
