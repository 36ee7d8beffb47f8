package io.smtpd.autoconfigure.metrics;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.smtpd.MessageHandler;
import io.smtpd.SmtpException;
import io.smtpd.autoconfigure.MessageHandlerDecorator;

/**
 * Puts the observation {@code smtpd.handle} around the message handlers, so that a trace
 * goes on inside them. A refusal is an outcome and no error. Thread-safe.
 */
public class ObservedMessageHandlers implements MessageHandlerDecorator {

	private static final String OUTCOME = "outcome";

	private final ObservationRegistry registry;

	/**
	 * Makes the decorator.
	 * @param registry where observations are reported to
	 */
	public ObservedMessageHandlers(ObservationRegistry registry) {
		this.registry = registry;
	}

	@Override
	public MessageHandler decorate(MessageHandler handlers) {
		return (peer, envelope) -> {
			Observation observation = Observation.createNotStarted("smtpd.handle", this.registry)
				.contextualName("smtpd handle")
				.lowCardinalityKeyValue("listener", peer.listener())
				.lowCardinalityKeyValue(OUTCOME, "unknown")
				.highCardinalityKeyValue("smtpd.envelope.id", envelope.id())
				.start();
			try (Observation.Scope scope = observation.openScope()) {
				handlers.handle(peer, envelope);
				observation.lowCardinalityKeyValue(OUTCOME, "accepted");
			}
			catch (SmtpException ex) {
				observation.lowCardinalityKeyValue(OUTCOME, "rejected");
				throw ex;
			}
			catch (Throwable ex) {
				observation.lowCardinalityKeyValue(OUTCOME, "failed");
				observation.error(ex);
				throw ex;
			}
			finally {
				observation.stop();
			}
		};
	}

}
