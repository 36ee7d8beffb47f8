package io.smtpd.autoconfigure.metrics;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/**
 * Names the observation around the message handlers and its key values. A bean of this
 * type takes the place of {@link DefaultSmtpHandleObservationConvention}.
 */
public interface SmtpHandleObservationConvention extends ObservationConvention<SmtpHandleContext> {

	@Override
	default boolean supportsContext(Observation.Context context) {
		return context instanceof SmtpHandleContext;
	}

}
