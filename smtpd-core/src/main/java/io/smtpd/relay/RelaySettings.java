package io.smtpd.relay;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

import javax.net.ssl.SSLContext;

import org.jspecify.annotations.Nullable;

/** What a relay was configured with. */
record RelaySettings(String host, int port, RelayTls tls, Supplier<SSLContext> sslContext, @Nullable String username,
		@Nullable String password, @Nullable String heloName, Duration connectTimeout, Duration readTimeout,
		Duration timeout, int poolSize, int maxHops, List<HeaderSource> headerSources) {

	/** Where mail goes, for logs; there is a password among the rest. */
	@Override
	public String toString() {
		return this.host + ":" + this.port;
	}

}
