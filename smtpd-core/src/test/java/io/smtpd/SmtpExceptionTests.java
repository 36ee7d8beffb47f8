package io.smtpd;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class SmtpExceptionTests {

	@ParameterizedTest
	@ValueSource(ints = { 200, 220, 250, 354, 399, 600, 0, -550 })
	void onlyARefusalCanBeThrown(int code) {
		assertThatIllegalArgumentException().isThrownBy(() -> new SmtpException(code, "x"));
	}

	@Test
	void replyIsWhatWasGiven() {
		assertThat(new SmtpException(550, "no").reply()).isEqualTo(SmtpReply.of(550, "no"));
		assertThat(new SmtpException(550, "5.1.1", "no").reply()).isEqualTo(SmtpReply.of(550, "5.1.1", "no"));
		assertThat(new SmtpException(550, null, "no").reply().enhancedStatus()).isNull();
		assertThat(new SmtpException(SmtpReply.SERVER_ERROR).reply()).isSameAs(SmtpReply.SERVER_ERROR);
		assertThatIllegalArgumentException().isThrownBy(() -> new SmtpException(550, "4.1.1", "no"));
	}

	@Test
	void refusalIsAnAnswerAndNoFault() {
		Throwable cause = new IOException("inside");
		SmtpException refusal = new SmtpException(SmtpReply.MESSAGE_ERROR, cause);
		assertThat(refusal.getStackTrace()).isEmpty();
		assertThat(refusal).hasCause(cause).hasMessage("450 4.0.0 Requested mail action not taken");
		assertThat(refusal.reply().toString()).doesNotContain("inside");
	}

	@Test
	void refusalCanBeSerialized() throws Exception {
		ByteArrayOutputStream octets = new ByteArrayOutputStream();
		try (ObjectOutputStream out = new ObjectOutputStream(octets)) {
			out.writeObject(new SmtpException(550, "5.1.1", "no"));
		}
		try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(octets.toByteArray()))) {
			assertThat(((SmtpException) in.readObject()).reply()).isEqualTo(SmtpReply.of(550, "5.1.1", "no"));
		}
	}

}
