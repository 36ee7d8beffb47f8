package io.smtpd.autoconfigure.metrics;

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.docs.ObservationDocumentation;

/**
 * The observations of the SMTP server and their keys.
 */
public enum SmtpServerObservation implements ObservationDocumentation {

	/** The message handlers of one message, all together. */
	HANDLE {
		@Override
		public Class<? extends ObservationConvention<? extends Observation.Context>> getDefaultConvention() {
			return DefaultSmtpHandleObservationConvention.class;
		}

		@Override
		public KeyName[] getLowCardinalityKeyNames() {
			return LowCardinality.values();
		}

		@Override
		public KeyName[] getHighCardinalityKeyNames() {
			return HighCardinality.values();
		}

		@Override
		public String getPrefix() {
			return "";
		}
	};

	/**
	 * Keys with few values, which become tags of the meter.
	 */
	public enum LowCardinality implements KeyName {

		/** The name of the listener. */
		LISTENER("listener"),

		/** How the handlers ended: {@code accepted}, {@code rejected}, {@code failed}. */
		OUTCOME("outcome");

		private final String key;

		LowCardinality(String key) {
			this.key = key;
		}

		@Override
		public String asString() {
			return this.key;
		}

	}

	/**
	 * Keys with a value for each message, which a trace alone has.
	 */
	public enum HighCardinality implements KeyName {

		/** The envelope's id, which the client is told, too. */
		ENVELOPE_ID("smtpd.envelope.id"),

		/** The session's id. */
		SESSION_ID("smtpd.session.id"),

		/** How many octets the message has. */
		SIZE("smtpd.message.size"),

		/** How many recipients the message has. */
		RECIPIENTS("smtpd.recipients");

		private final String key;

		HighCardinality(String key) {
			this.key = key;
		}

		@Override
		public String asString() {
			return this.key;
		}

	}

}
