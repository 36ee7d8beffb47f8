package io.smtpd.autoconfigure.metrics;

import java.util.Locale;

import io.micrometer.common.KeyValues;
import io.smtpd.autoconfigure.metrics.SmtpServerObservation.HighCardinality;
import io.smtpd.autoconfigure.metrics.SmtpServerObservation.LowCardinality;

/**
 * The names that are used unless the application has a convention of its own. Addresses
 * and users appear in none of the key values.
 */
public class DefaultSmtpHandleObservationConvention implements SmtpHandleObservationConvention {

	/**
	 * Makes the convention.
	 */
	public DefaultSmtpHandleObservationConvention() {
	}

	@Override
	public String getName() {
		return "smtpd.handle";
	}

	@Override
	public String getContextualName(SmtpHandleContext context) {
		return "smtpd handle";
	}

	@Override
	public KeyValues getLowCardinalityKeyValues(SmtpHandleContext context) {
		return KeyValues.of(LowCardinality.LISTENER.withValue(context.peer().listener()),
				LowCardinality.OUTCOME.withValue(context.outcome().name().toLowerCase(Locale.ROOT)));
	}

	@Override
	public KeyValues getHighCardinalityKeyValues(SmtpHandleContext context) {
		return KeyValues.of(HighCardinality.ENVELOPE_ID.withValue(context.envelope().id()),
				HighCardinality.SESSION_ID.withValue(context.peer().sessionId()),
				HighCardinality.SIZE.withValue(Long.toString(context.envelope().size())),
				HighCardinality.RECIPIENTS.withValue(Integer.toString(context.envelope().recipients().size())));
	}

}
