package io.smtpd;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** RFC 5321 §4.2, §4.2.1. */
class ReplyBufferTests {

	private final ReplyBuffer buffer = new ReplyBuffer();

	@Test
	void everyLineHasCodeAndEnhancedStatusCode() {
		this.buffer.append(SmtpReply.of(250, "2.1.0", "one"), false);
		this.buffer.append(SmtpReply.of(550, "5.1.1", "one", "two", ""), false);
		this.buffer.append(SmtpReply.of(354, "go"), false);
		assertThat(text()).isEqualTo("250 2.1.0 one\r\n550-5.1.1 one\r\n550-5.1.1 two\r\n550 5.1.1 \r\n354 go\r\n");
	}

	/** RFC 6531 §3.7.4.2. */
	@Test
	void otherCharactersThanAsciiNeedUtf8() {
		this.buffer.append(SmtpReply.of(550, "für"), false);
		this.buffer.append(SmtpReply.of(550, "für"), true);
		assertThat(text()).isEqualTo("550 f?r\r\n550 für\r\n");
	}

	/** RFC 5321 §4.5.3.1.5. */
	@Test
	void noLineIsLongerThan512Octets() {
		this.buffer.append(SmtpReply.of(550, "5.123.123", "x".repeat(3000)), false);
		this.buffer.append(SmtpReply.of(550, "5.123.123", "\uD83D\uDE00".repeat(3000)), true);
		this.buffer.append(SmtpReply.of(550, "5.123.123", "例".repeat(3000)), true);
		for (String line : text().split("\r\n")) {
			assertThat(line.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(510);
		}
	}

	@Test
	void largeBufferIsLetGo() {
		for (int i = 0; i < 1000; i++) {
			this.buffer.append(Replies.OK, false);
		}
		assertThat(this.buffer.length()).isEqualTo(14_000);
		this.buffer.clear();
		assertThat(this.buffer.length()).isZero();
		assertThat(this.buffer.octets()).hasSizeLessThanOrEqualTo(2048);
	}

	private String text() {
		return new String(Arrays.copyOf(this.buffer.octets(), this.buffer.length()), StandardCharsets.UTF_8);
	}

}
