package io.smtpd.autoconfigure;

import org.jspecify.annotations.Nullable;

/**
 * The server cannot be built of the properties and beans that there are. Says what is
 * wrong and what to do about it, which is all that a user sees of it when the application
 * does not start.
 */
public final class UnusableConfigurationException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String action;

	/**
	 * Makes the exception.
	 * @param description what is wrong
	 * @param action what the user can do
	 * @param cause the exception that told, or null
	 */
	public UnusableConfigurationException(String description, String action, @Nullable Throwable cause) {
		super(description, cause);
		this.action = action;
	}

	/**
	 * Makes the exception for one property that is to blame.
	 * @param property the property's name
	 * @param value its value
	 * @param reason why it cannot be used
	 * @param action what the user can do
	 * @param cause the exception that told, or null
	 * @return the exception
	 */
	public static UnusableConfigurationException of(String property, Object value, String reason, String action,
			@Nullable Throwable cause) {
		return new UnusableConfigurationException(
				("The SMTP server cannot work with the value of a property:%n%n"
						+ "    Property: %s%n    Value: \"%s\"%n    Reason: %s%n")
					.formatted(property, value, reason),
				action, cause);
	}

	/** What the user can do. */
	String action() {
		return this.action;
	}

}
