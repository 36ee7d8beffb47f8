package io.smtpd.autoconfigure;

import java.io.File;
import java.util.List;

import io.smtpd.SmtpLimits;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServerCustomizer;

import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.util.unit.DataSize;

/**
 * Takes the properties over into the builder. Not a bean: it comes before everything
 * else.
 */
record PropertiesSmtpServerCustomizer(SmtpServerProperties properties,
		SmtpServerTls tls) implements SmtpServerCustomizer {

	@Override
	public void customize(SmtpServer.Builder builder) {
		PropertyMapper map = PropertyMapper.get();
		map.from(this.properties::getHostname).to(builder::hostname);
		map.from(this.properties::getWelcomeMessage).to(builder::welcomeMessage);
		map.from(this.properties::getReadTimeout).to(builder::readTimeout);
		map.from(this.properties::getWriteTimeout).to(builder::writeTimeout);
		map.from(this.properties::getDataTimeout).to(builder::dataTimeout);
		map.from(this.properties::getMaxConnections).to(builder::maxConnections);
		map.from(this.properties::getMaxMessageSize).as(DataSize::toBytes).to(builder::maxMessageSize);
		map.from(this.properties::getMaxRecipients).to(builder::maxRecipients);
		map.from(this.properties::isReceivedHeader).to(builder::receivedHeader);
		map.from(this.properties::getBareLineEndings).to(builder::bareLineEndings);
		map.from(this.properties.getSpool()::getMemoryThreshold)
			.as(DataSize::toBytes)
			.to(builder::spoolMemoryThreshold);
		map.from(this.properties.getSpool()::getDirectory).as(File::toPath).to(builder::spoolDirectory);
		map.from(this.properties.getSpool()::getMaxSize).as(DataSize::toBytes).to(builder::spoolMaxSize);
		map.from(this::limits).to(builder::limits);
		map.from(this.properties::getGreetDelay).to(builder::greetDelay);
		map.from(this.properties.getAuth()::isAllowWithoutTls).to(builder::authAllowWithoutTls);
		map.from(this.properties.getXclient())
			.when(SmtpServerProperties.Xclient::isEnabled)
			.as(SmtpServerProperties.Xclient::getTrustedProxies)
			.as(AddressRanges::of)
			.to(builder::xclient);
		addListeners(builder);
	}

	/**
	 * Required for all means also for those that a customizer adds; a listener's own
	 * property can take it back.
	 */
	private void addListeners(SmtpServer.Builder builder) {
		List<ListenerSettings> listeners = ListenerSettings.of(this.properties);
		listeners.forEach((listener) -> builder.listener(listener.toListener().tls(this.tls.policy(listener))));
		builder.authRequired(
				this.properties.getAuth().isRequired() && listeners.stream().allMatch(ListenerSettings::authRequired));
	}

	private SmtpLimits limits() {
		SmtpServerLimitsProperties limits = this.properties.getLimits();
		return SmtpLimits.defaults()
			.maxErrors(limits.getMaxErrors())
			.maxJunkCommands(limits.getMaxJunkCommands())
			.maxAuthFailures(limits.getMaxAuthFailures())
			.maxConnectionsPerAddress(limits.getMaxConnectionsPerAddress())
			.connectionRate(limits.getConnectionRate())
			.messageRate(limits.getMessageRate())
			.authFailureRate(limits.getAuthFailureRate())
			.maxMessagesPerSession(limits.getMaxMessagesPerSession())
			.maxSessionDuration(limits.getMaxSessionDuration())
			.minDataRate(limits.getMinDataRate())
			.trustedNetworks(AddressRanges.of(limits.getTrustedNetworks()));
	}

}
