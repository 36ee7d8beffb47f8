package io.smtpd.autoconfigure.verify;

import java.time.Duration;
import java.time.temporal.ChronoUnit;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.convert.DurationUnit;
import org.springframework.validation.Errors;
import org.springframework.validation.Validator;

/**
 * The {@code smtpd.verify.*} properties. Not thread-safe; not changed after binding.
 */
@ConfigurationProperties("smtpd.verify")
public class SmtpVerifyProperties implements Validator {

	/** Longer than any client waits for the reply to its message. */
	private static final Duration LONGEST = Duration.ofMinutes(5);

	/** Treatment of a message by the SPF policy of its sender's domain. */
	private Mode spf = Mode.OFF;

	/** Treatment of a message by its DKIM signatures. */
	private Mode dkim = Mode.OFF;

	/** Treatment of a message by the DMARC policy of its author's domain. */
	private Mode dmarc = Mode.OFF;

	/**
	 * Time that the DNS look-ups for one message may take in all, in seconds if no unit
	 * is given.
	 */
	@DurationUnit(ChronoUnit.SECONDS)
	private Duration timeout = Duration.ofSeconds(20);

	/**
	 * Returns what is done with SPF.
	 * @return the mode
	 */
	public Mode getSpf() {
		return this.spf;
	}

	/**
	 * Sets what is done with SPF.
	 * @param spf the mode
	 */
	public void setSpf(Mode spf) {
		this.spf = spf;
	}

	/**
	 * Returns what is done with DKIM.
	 * @return the mode
	 */
	public Mode getDkim() {
		return this.dkim;
	}

	/**
	 * Sets what is done with DKIM.
	 * @param dkim the mode
	 */
	public void setDkim(Mode dkim) {
		this.dkim = dkim;
	}

	/**
	 * Returns what is done with DMARC.
	 * @return the mode
	 */
	public Mode getDmarc() {
		return this.dmarc;
	}

	/**
	 * Sets what is done with DMARC.
	 * @param dmarc the mode
	 */
	public void setDmarc(Mode dmarc) {
		this.dmarc = dmarc;
	}

	/**
	 * Returns how long the look-ups for one message may take.
	 * @return the time
	 */
	public Duration getTimeout() {
		return this.timeout;
	}

	/**
	 * Sets how long the look-ups for one message may take.
	 * @param timeout the time
	 */
	public void setTimeout(Duration timeout) {
		this.timeout = timeout;
	}

	@Override
	public boolean supports(Class<?> type) {
		return type == SmtpVerifyProperties.class;
	}

	@Override
	public void validate(Object target, Errors errors) {
		SmtpVerifyProperties properties = (SmtpVerifyProperties) target;
		Duration value = properties.getTimeout(); // an empty value binds to null
		if (value == null || value.compareTo(Duration.ZERO) <= 0 || value.compareTo(LONGEST) > 0) {
			errors.rejectValue("timeout", "smtpd",
					"must be a duration of more than zero such as 20s, and of at most 5m");
		}
	}

	/**
	 * What is done with a method of authentication.
	 */
	public enum Mode {

		/** It is not looked into. */
		OFF,

		/** The result is told to the handlers. */
		ANNOTATE,

		/** The message is refused when the result asks for it, else as ANNOTATE. */
		ENFORCE

	}

}
