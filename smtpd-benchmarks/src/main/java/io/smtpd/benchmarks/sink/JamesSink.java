package io.smtpd.benchmarks.sink;

import java.net.InetSocketAddress;
import java.time.Duration;

import org.apache.james.metrics.api.Metric;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.metrics.api.TimeMetric;
import org.apache.james.metrics.api.TimeMetric.ExecutionResult;
import org.apache.james.protocols.netty.Encryption;
import org.apache.james.protocols.netty.NettyServer;
import org.apache.james.protocols.smtp.SMTPConfigurationImpl;
import org.apache.james.protocols.smtp.SMTPProtocol;
import org.apache.james.protocols.smtp.SMTPProtocolHandlerChain;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.MessageHook;
import org.reactivestreams.Publisher;

/** The SMTP protocol of Apache James on Netty, without the rest of James. */
public final class JamesSink {

	private JamesSink() {
	}

	/**
	 * Starts the server.
	 * @param arguments a port, and a key store for STARTTLS
	 * @throws Exception when it cannot be started
	 */
	public static void main(String[] arguments) throws Exception {
		MessageHook discarding = (session, mail) -> HookResult.OK;
		SMTPConfigurationImpl configuration = new SMTPConfigurationImpl() {

			@Override
			public boolean isRelayingAllowed(String address) {
				return true;
			}
		};
		NettyServer.Factory factory = new NettyServer.Factory()
			.protocol(new SMTPProtocol(new SMTPProtocolHandlerChain(new NoMetrics(), discarding), configuration));
		if (arguments.length > 1) {
			factory.secure(Encryption.createStartTls(TlsContext.of(arguments[1])));
		}
		NettyServer server = factory.build();
		server.setListenAddresses(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
		server.setBacklog(4096);
		server.setTimeout(600);
		server.bind();
		Thread.currentThread().join();
	}

	private static final class NoMetrics implements MetricFactory {

		@Override
		public Metric generate(String name) {
			return new Nothing();
		}

		@Override
		public TimeMetric timer(String name) {
			return new NoTime(name);
		}

		@Override
		public <T> Publisher<T> decoratePublisherWithTimerMetric(String name, Publisher<T> publisher) {
			return publisher;
		}

		@Override
		@Deprecated
		public <T> Publisher<T> decoratePublisherWithTimerMetricLogP99(String name, Publisher<T> publisher) {
			return publisher;
		}

	}

	private static final class Nothing implements Metric {

		@Override
		public void increment() {
			// not counted
		}

		@Override
		public void decrement() {
			// not counted
		}

		@Override
		public void add(int value) {
			// not counted
		}

		@Override
		public void remove(int value) {
			// not counted
		}

		@Override
		public long getCount() {
			return 0;
		}

	}

	private record NoTime(String name) implements TimeMetric, ExecutionResult {

		@Override
		public ExecutionResult stopAndPublish() {
			return this;
		}

		@Override
		public Duration elasped() {
			return Duration.ZERO;
		}

		@Override
		@Deprecated
		public ExecutionResult logWhenExceedP99(Duration threshold) {
			return this;
		}

	}

}
