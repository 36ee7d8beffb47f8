package io.smtpd.autoconfigure.actuate;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;

/**
 * {@link EndpointWebExtension} of {@link SmtpServerEndpoint}: says by HTTP status, and in
 * words, what could not be done. Spring Boot by itself would hide the words.
 */
@EndpointWebExtension(endpoint = SmtpServerEndpoint.class)
public class SmtpServerWebEndpointExtension {

	private static final int CONFLICT = 409;

	private final SmtpServerEndpoint delegate;

	/**
	 * Makes the extension.
	 * @param delegate the endpoint
	 */
	public SmtpServerWebEndpointExtension(SmtpServerEndpoint delegate) {
		this.delegate = delegate;
	}

	/**
	 * Closes a session with 421.
	 * @param sessionId the session's id
	 * @return 404 when there is no such session
	 */
	@DeleteOperation
	public WebEndpointResponse<Object> closeSession(@Selector String sessionId) {
		SmtpServerEndpoint.Closed closed = this.delegate.closeSession(sessionId);
		return (closed != null) ? new WebEndpointResponse<>(closed)
				: problem("There is no such session", WebEndpointResponse.STATUS_NOT_FOUND);
	}

	/**
	 * Changes the running server.
	 * @param accepting see {@link SmtpServerEndpoint#configure}
	 * @param limit see there
	 * @param value see there
	 * @return the server as it is then; 400 for what cannot be, 409 when a port was taken
	 * in the meantime
	 */
	@WriteOperation
	public WebEndpointResponse<Object> configure(@Nullable Boolean accepting, @Nullable String limit,
			@Nullable String value) {
		try {
			return new WebEndpointResponse<>(this.delegate.configure(accepting, limit, value));
		}
		catch (InvalidEndpointRequestException ex) {
			return problem(ex.getReason(), WebEndpointResponse.STATUS_BAD_REQUEST);
		}
		catch (IllegalStateException ex) {
			return problem(ex.getMessage(), CONFLICT);
		}
	}

	private static WebEndpointResponse<Object> problem(@Nullable String reason, int status) {
		return new WebEndpointResponse<>(new Problem(String.valueOf(reason)), status);
	}

	/**
	 * Why a request was not met.
	 *
	 * @param error the reason, for people
	 */
	public record Problem(String error) {

	}

}
