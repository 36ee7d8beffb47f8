package io.smtpd.autoconfigure;

import java.io.IOException;

/**
 * The SMTP server could not be started. The cause says why, and the application's start
 * ends with an explanation of it.
 */
public class SmtpServerStartException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	SmtpServerStartException(IOException cause) {
		super("The SMTP server cannot be started: " + cause.getMessage(), cause);
	}

}
