package io.smtpd.autoconfigure.relay;

import io.smtpd.relay.HeaderSource;
import io.smtpd.relay.RelayHandler;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.util.StringUtils;

/** Builds the relay of properties that were found to be good. */
record RelayHandlerFactory(SmtpRelayProperties properties, String hostname) {

	RelayHandler build(@Nullable SslBundles bundles, ObjectProvider<HeaderSource> headerSources) {
		RelayHandler.Builder builder = RelayHandler.to(String.valueOf(this.properties.getHost()));
		PropertyMapper map = PropertyMapper.get();
		map.from(this.properties::getPort).to(builder::port);
		map.from(this.properties::getTls).to(builder::tls);
		map.from(this.properties.getSsl()::getBundle)
			.when(StringUtils::hasText)
			.as((name) -> RelayContexts.of(name, bundles))
			.to(builder::sslContext);
		map.from(this::heloName).to(builder::heloName);
		map.from(this.properties::getConnectTimeout).to(builder::connectTimeout);
		map.from(this.properties::getReadTimeout).to(builder::readTimeout);
		map.from(this.properties::getTimeout).to(builder::timeout);
		map.from(this.properties::getPoolSize).to(builder::poolSize);
		map.from(this.properties::getMaxHops).to(builder::maxHops);
		String username = this.properties.getUsername();
		String password = this.properties.getPassword();
		if (StringUtils.hasLength(username) && StringUtils.hasLength(password)) {
			builder.credentials(username, password);
		}
		headerSources.orderedStream().forEach(builder::headerSource);
		return builder.build();
	}

	private String heloName() {
		String name = this.properties.getHeloName();
		return (name != null) ? name : this.hostname;
	}

}
