package io.smtpd.autoconfigure;

import io.smtpd.MessageHandler;

/**
 * Puts something around the {@link MessageHandler} beans as a whole, such as the
 * observation that the starter adds. Called once, when the server is built; not called
 * when there are no handlers. Of several decorators the first in order is the outermost.
 */
@FunctionalInterface
public interface MessageHandlerDecorator {

	/**
	 * Returns what is called instead of the handlers.
	 * @param handlers all handlers as one, which throws what the first of them to refuse
	 * or fail throws
	 * @return a handler that calls them, lets their exceptions pass and is as thread-safe
	 * as they are
	 */
	MessageHandler decorate(MessageHandler handlers);

}
