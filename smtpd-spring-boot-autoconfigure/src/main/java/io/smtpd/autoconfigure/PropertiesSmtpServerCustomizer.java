package io.smtpd.autoconfigure;

import java.io.File;
import java.net.InetSocketAddress;

import io.smtpd.SmtpLimits;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServer.Listener;
import io.smtpd.SmtpServerCustomizer;

import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.util.unit.DataSize;

/**
 * Takes the properties over into the builder. Not a bean: it comes before everything
 * else.
 */
record PropertiesSmtpServerCustomizer(SmtpServerProperties properties) implements SmtpServerCustomizer {

	@Override
	public void customize(SmtpServer.Builder builder) {
		PropertyMapper map = PropertyMapper.get();
		map.from(this.properties::getHostname).to(builder::hostname);
		map.from(this.properties::getWelcomeMessage).to(builder::welcomeMessage);
		map.from(this::defaultListener).to(builder::listener);
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
		map.from(this::limits).to(builder::limits);
	}

	private Listener defaultListener() {
		int port = this.properties.getPort();
		return Listener.of((this.properties.getAddress() != null)
				? new InetSocketAddress(this.properties.getAddress(), port) : new InetSocketAddress(port));
	}

	private SmtpLimits limits() {
		SmtpServerProperties.Limits limits = this.properties.getLimits();
		return SmtpLimits.defaults()
			.maxErrors(limits.getMaxErrors())
			.maxJunkCommands(limits.getMaxJunkCommands())
			.maxAuthFailures(limits.getMaxAuthFailures());
	}

}
