package io.smtpd.autoconfigure;

import java.util.List;

import io.smtpd.ConnectionChecker;
import io.smtpd.EsmtpExtension;
import io.smtpd.HeloChecker;
import io.smtpd.MessageHandler;
import io.smtpd.RecipientChecker;
import io.smtpd.SenderChecker;
import io.smtpd.SessionListener;
import io.smtpd.SmtpServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.ObjectProvider;

/** The application's callbacks, on their way into the builder. */
record CallbackBeans(ObjectProvider<ConnectionChecker> connectionCheckers, ObjectProvider<HeloChecker> heloCheckers,
		ObjectProvider<SenderChecker> senderCheckers, ObjectProvider<RecipientChecker> recipientCheckers,
		ObjectProvider<MessageHandler> messageHandlers, ObjectProvider<MessageHandlerDecorator> decorators,
		ObjectProvider<EsmtpExtension> extensions, ObjectProvider<SessionListener> sessionListeners) {

	private static final Logger logger = LoggerFactory.getLogger(SmtpServerAutoConfiguration.class);

	/** Adds each kind in its order. */
	void addTo(SmtpServer.Builder builder) {
		this.connectionCheckers.orderedStream().forEach(builder::connectionChecker);
		this.heloCheckers.orderedStream().forEach(builder::heloChecker);
		this.senderCheckers.orderedStream().forEach(builder::senderChecker);
		this.recipientCheckers.orderedStream().forEach(builder::recipientChecker);
		this.extensions.orderedStream().forEach(builder::extension);
		this.sessionListeners.orderedStream().forEach(builder::sessionListener);
		addMessageHandlers(builder);
	}

	private void addMessageHandlers(SmtpServer.Builder builder) {
		List<MessageHandler> handlers = this.messageHandlers.orderedStream().toList();
		if (handlers.isEmpty()) {
			logger.warn("There is no MessageHandler bean: messages are accepted and discarded");
			return;
		}
		List<MessageHandlerDecorator> decorators = this.decorators.orderedStream().toList();
		if (decorators.isEmpty()) {
			handlers.forEach(builder::messageHandler);
			return;
		}
		MessageHandler all = (peer, envelope) -> {
			for (MessageHandler handler : handlers) {
				handler.handle(peer, envelope);
			}
		};
		for (int i = decorators.size() - 1; i >= 0; i--) { // the first is the outermost
			all = decorators.get(i).decorate(all);
		}
		builder.messageHandler(all);
	}

}
