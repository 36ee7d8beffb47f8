package io.smtpd;

/**
 * Has the last word on a server's builder, before the server is built.
 * <p>
 * The core itself never calls it: containers such as the Spring Boot starter do, once for
 * each bean, in order, after everything that comes from properties was applied.
 */
@FunctionalInterface
public interface SmtpServerCustomizer {

	/**
	 * Changes the builder.
	 * @param builder the builder, not yet used
	 */
	void customize(SmtpServer.Builder builder);

}
