package io.smtpd.autoconfigure.relay;

import java.util.stream.Stream;

import io.smtpd.ConnectionChecker;
import io.smtpd.RecipientChecker;
import io.smtpd.SenderChecker;
import io.smtpd.SmtpServer;
import io.smtpd.SmtpServerCustomizer;
import io.smtpd.autoconfigure.SmtpServerProperties;
import io.smtpd.autoconfigure.UnusableConfigurationException;

import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.Ordered;

/**
 * Keeps the server from being built as an open relay: somebody has to have decided who
 * may relay. Whether the decision is a good one is not for this class to say.
 */
record RelayDecision(SmtpRelayProperties relay, SmtpServerProperties server,
		ObjectProvider<ConnectionChecker> connectionCheckers, ObjectProvider<SenderChecker> senderCheckers,
		ObjectProvider<RecipientChecker> recipientCheckers) implements SmtpServerCustomizer, Ordered {

	/** Checkers of this project are about something else: grey lists, spam, limits. */
	private static final String OURS = "io\\.smtpd(\\.autoconfigure\\b.*|\\.relay)?";

	@Override
	public void customize(SmtpServer.Builder builder) {
		if (this.relay.getAllowedNetworks().isEmpty() && !authenticationRequired() && !checkedByApplication()) {
			throw open();
		}
	}

	private boolean authenticationRequired() {
		boolean required = this.server.getAuth().isRequired();
		boolean defaultListener = this.server.getPort() >= 0;
		return (required || !defaultListener) && this.server.getListeners()
			.values()
			.stream()
			.map((listener) -> listener.getAuth().getRequired())
			.allMatch((own) -> (own != null) ? own : required);
	}

	private boolean checkedByApplication() {
		return Stream.<ObjectProvider<?>>of(this.connectionCheckers, this.senderCheckers, this.recipientCheckers)
			.flatMap(ObjectProvider::stream)
			.map((checker) -> AopUtils.getTargetClass(checker).getPackageName())
			.anyMatch((name) -> !name.matches(OURS));
	}

	private UnusableConfigurationException open() {
		String upstream = this.relay.getHost() + ":" + this.relay.getPort();
		return new UnusableConfigurationException(
				("The SMTP server would be an open relay: smtpd.relay.host is set, so that it hands mail on to %s, "
						+ "but nothing decides whose mail. Anybody who reaches this server could send mail to anybody "
						+ "through it.")
					.formatted(upstream),
				"""
						Do one of these:

						    - set smtpd.relay.allowed-networks to the addresses of those who may relay, for example \
						127.0.0.0/8,::1,10.0.0.0/8
						    - set smtpd.auth.required to true (and auth.required of no listener to false)
						    - declare a bean of type ConnectionChecker, SenderChecker or RecipientChecker that \
						decides who may send what to whom""", null);
	}

	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

}
