package io.smtpd.autoconfigure.metrics;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.smtpd.MessageHandler;
import io.smtpd.SmtpException;
import io.smtpd.autoconfigure.MessageHandlerDecorator;
import io.smtpd.autoconfigure.metrics.SmtpHandleContext.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * Puts the observation {@link SmtpServerObservation#HANDLE} around the message handlers,
 * so that a trace goes on inside them. A refusal is an outcome and no error. Thread-safe.
 */
public class ObservedMessageHandlers implements MessageHandlerDecorator {

	private static final SmtpHandleObservationConvention DEFAULT_CONVENTION = new DefaultSmtpHandleObservationConvention();

	private final ObservationRegistry registry;

	private final @Nullable SmtpHandleObservationConvention convention;

	/**
	 * Makes the decorator.
	 * @param registry where observations are reported to
	 * @param convention how they are named, or null for the default
	 */
	public ObservedMessageHandlers(ObservationRegistry registry, @Nullable SmtpHandleObservationConvention convention) {
		this.registry = registry;
		this.convention = convention;
	}

	@Override
	public MessageHandler decorate(MessageHandler handlers) {
		return (peer, envelope) -> {
			SmtpHandleContext context = new SmtpHandleContext(peer, envelope);
			Observation observation = SmtpServerObservation.HANDLE
				.observation(this.convention, DEFAULT_CONVENTION, () -> context, this.registry)
				.start();
			try (Observation.Scope scope = observation.openScope()) {
				handlers.handle(peer, envelope);
				context.outcome(Outcome.ACCEPTED);
			}
			catch (SmtpException ex) {
				context.outcome(Outcome.REJECTED);
				throw ex;
			}
			catch (Throwable ex) {
				context.outcome(Outcome.FAILED);
				observation.error(ex);
				throw ex;
			}
			finally {
				observation.stop();
			}
		};
	}

}
