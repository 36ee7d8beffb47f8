package io.smtpd.autoconfigure;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.smtpd.SmtpServer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationContextAware;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;

/**
 * Starts the server when everything else runs and stops it before anything else stops, so
 * that the beans which handlers use live as long as there are sessions.
 * <p>
 * Once the server runs, the environment has {@code local.smtpd.port}, the port of the
 * first listener, and {@code local.smtpd.<name>.port} for each, and a
 * {@link SmtpServerStartedEvent} is published. Stopping does not block: transactions
 * under way get their grace period on a thread of its own. May be stopped and started
 * again. A bean that handlers need and that has a lifecycle itself belongs in a phase
 * below {@link SmartLifecycle#DEFAULT_PHASE}, which is this one's.
 */
public class SmtpServerLifecycle implements SmartLifecycle, ApplicationContextAware {

	/** The last phase to be started and the first to be stopped. */
	static final int PHASE = SmartLifecycle.DEFAULT_PHASE;

	private static final Logger logger = LoggerFactory.getLogger(SmtpServerLifecycle.class);

	private static final String PROPERTY_SOURCE = "smtpd.ports";

	private static final Duration LEAST_RESERVE = Duration.ofSeconds(1);

	private final SmtpServer server;

	private final Duration grace;

	private @Nullable ApplicationContext applicationContext;

	private volatile boolean refusing;

	/**
	 * Looks after a server.
	 * @param server the server, not started
	 * @param grace how long transactions may go on when it is stopped; has to be shorter
	 * than a shutdown phase of the application
	 */
	public SmtpServerLifecycle(SmtpServer server, Duration grace) {
		this.server = server;
		this.grace = grace;
	}

	/**
	 * Returns how long transactions may go on in a shutdown phase: what is left of it has
	 * to do for closing the rest.
	 * @param phase how long the phase may take
	 * @return the phase less a tenth, at least a second less, and never negative
	 */
	static Duration graceWithin(Duration phase) {
		Duration tenth = phase.dividedBy(10);
		Duration grace = phase.minus((tenth.compareTo(LEAST_RESERVE) > 0) ? tenth : LEAST_RESERVE);
		return grace.isNegative() ? Duration.ZERO : grace;
	}

	@Override
	public void setApplicationContext(ApplicationContext applicationContext) {
		this.applicationContext = applicationContext;
	}

	/**
	 * Starts the server, publishes the ports and tells that it runs.
	 * @throws SmtpServerStartException when the server cannot be started
	 */
	@Override
	public void start() {
		try {
			this.server.start();
		}
		catch (IOException ex) {
			throw new SmtpServerStartException(ex);
		}
		if (this.applicationContext instanceof ConfigurableApplicationContext context) {
			publishPorts(context.getEnvironment().getPropertySources());
			context.publishEvent(new SmtpServerStartedEvent(this.server));
		}
		acceptTraffic();
	}

	private void publishPorts(MutablePropertySources sources) {
		MapPropertySource source = (MapPropertySource) sources.get(PROPERTY_SOURCE);
		if (source == null) {
			source = new MapPropertySource(PROPERTY_SOURCE, new ConcurrentHashMap<>());
			sources.addFirst(source);
		}
		Map<String, Object> ports = source.getSource();
		ports.put("local.smtpd.port", this.server.localAddress().getPort());
		for (String listener : this.server.listeners()) {
			ports.put("local.smtpd." + listener + ".port", this.server.localAddress(listener).getPort());
		}
	}

	/**
	 * Stops the server and waits until it has stopped. The application refuses traffic
	 * from the first moment on, so that a balancer turns elsewhere.
	 */
	@Override
	public void stop() {
		if (this.server.isRunning()) {
			refuseTraffic();
		}
		if (!this.server.stop(this.grace)) {
			logger.info("The SMTP server closed sessions that were not done within {} s", this.grace.toSeconds());
		}
	}

	/**
	 * Stops accepting connections; sessions go on. The application refuses traffic from
	 * then on. Does nothing when the server does not run.
	 */
	public void pause() {
		if (!this.server.isRunning()) {
			return;
		}
		refuseTraffic();
		this.server.pause();
		logger.info("The SMTP server is paused: no connections are accepted");
	}

	/**
	 * Accepts connections again, on the same ports. Does nothing when the server does not
	 * run.
	 * @throws IOException when a port was taken in the meantime
	 */
	public void resume() throws IOException {
		this.server.resume();
		if (this.server.isRunning() && !this.server.isStopping()) {
			acceptTraffic();
			logger.info("The SMTP server accepts connections");
		}
	}

	private void refuseTraffic() {
		this.refusing = true;
		publish(ReadinessState.REFUSING_TRAFFIC);
	}

	/** Only what this bean took back: an application that starts is not ready yet. */
	private void acceptTraffic() {
		if (this.refusing) {
			this.refusing = false;
			publish(ReadinessState.ACCEPTING_TRAFFIC);
		}
	}

	private void publish(ReadinessState state) {
		if (this.applicationContext == null) {
			return;
		}
		try {
			AvailabilityChangeEvent.publish(this.applicationContext, state);
		}
		catch (RuntimeException ex) { // must not keep the server from stopping
			logger.warn("A listener failed to take note that the readiness is {}", state, ex);
		}
	}

	/**
	 * Stops the server without waiting for it.
	 * @param callback called when it has stopped
	 */
	@Override
	public void stop(Runnable callback) {
		Thread thread = new Thread(() -> {
			try {
				stop();
			}
			finally {
				callback.run();
			}
		}, "smtpd-shutdown");
		thread.start();
	}

	@Override
	public boolean isRunning() {
		return this.server.isRunning();
	}

	/**
	 * Returns false: a test context that waits in the cache keeps its port open, as with
	 * Spring Boot's web servers.
	 * @return false
	 */
	@Override
	public boolean isPauseable() {
		return false;
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

}
