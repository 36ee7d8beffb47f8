package io.smtpd.autoconfigure.actuate;

import java.io.IOException;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.smtpd.SmtpServer;
import io.smtpd.SmtpServer.SessionInfo;
import io.smtpd.autoconfigure.SmtpServerLifecycle;
import io.smtpd.autoconfigure.actuate.SmtpServerDescriptor.ListenerDescriptor;
import io.smtpd.autoconfigure.actuate.SmtpServerDescriptor.SessionDescriptor;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

/**
 * {@link Endpoint} that shows the SMTP server and its live sessions, closes sessions,
 * pauses accepting and changes limits. Shows no secrets: no password is kept anywhere.
 * Read-only unless {@code management.endpoint.smtpd.access} is {@code unrestricted}.
 */
@Endpoint(id = "smtpd", defaultAccess = Access.READ_ONLY)
public class SmtpServerEndpoint {

	private final SmtpServer server;

	private final SmtpServerLifecycle lifecycle;

	private final SmtpServerTotals totals;

	private final LimitValues limits = new LimitValues();

	/**
	 * Makes the endpoint.
	 * @param server the server
	 * @param lifecycle pauses and resumes it
	 * @param totals counts what it did
	 */
	public SmtpServerEndpoint(SmtpServer server, SmtpServerLifecycle lifecycle, SmtpServerTotals totals) {
		this.server = server;
		this.lifecycle = lifecycle;
		this.totals = totals;
	}

	/**
	 * Shows the server.
	 * @return listeners, limits, totals and live sessions
	 */
	@ReadOperation
	public SmtpServerDescriptor smtpd() {
		Map<String, ListenerDescriptor> listeners = new LinkedHashMap<>();
		for (String name : this.server.listeners()) {
			listeners.put(name, ListenerDescriptor.of(this.server, name));
		}
		boolean accepting = listeners.values().stream().allMatch(ListenerDescriptor::accepting);
		return new SmtpServerDescriptor(accepting, listeners, this.limits.read(this.server), this.totals.totals(),
				sessions());
	}

	private List<SessionDescriptor> sessions() {
		Instant now = Instant.now();
		return this.server.sessions()
			.stream()
			.sorted(Comparator.comparing(SessionInfo::connectedAt))
			.map((info) -> SessionDescriptor.of(info, now))
			.toList();
	}

	/**
	 * Closes a session with 421.
	 * @param sessionId the session's id
	 * @return how many sessions were closed, or null when there is no such session
	 */
	@DeleteOperation
	public @Nullable Closed closeSession(@Selector String sessionId) {
		return this.server.closeSession(sessionId) ? new Closed(1) : null;
	}

	/**
	 * Closes all sessions of a user with 421.
	 * @param user who the sessions are authenticated as
	 * @return how many sessions were closed
	 */
	@DeleteOperation
	public Closed closeSessions(String user) {
		int closed = 0;
		for (SessionInfo info : this.server.sessions()) {
			if (info.peer().principal() != null && info.peer().principal().getName().equals(user)
					&& this.server.closeSession(info.peer().sessionId())) {
				closed++;
			}
		}
		return new Closed(closed);
	}

	/**
	 * Changes the running server.
	 * @param accepting false to pause accepting connections, true to go on, null to leave
	 * it
	 * @param limit the property name of a limit to change, such as
	 * {@code max-connections}, or null
	 * @param value the limit's new value, -1 for none
	 * @return the server as it is then
	 * @throws InvalidEndpointRequestException when a parameter is missing or cannot be
	 * @throws IllegalStateException when a port was taken in the meantime
	 */
	@WriteOperation
	public SmtpServerDescriptor configure(@Nullable Boolean accepting, @Nullable String limit, @Nullable String value) {
		if (accepting == null && limit == null) {
			throw new InvalidEndpointRequestException("Neither 'accepting' nor 'limit' is given",
					"Missing parameters: accepting, or limit and value");
		}
		try {
			if (limit != null) {
				if (value == null) {
					throw new IllegalArgumentException("A limit needs a value");
				}
				this.limits.write(this.server, limit, value);
			}
		}
		catch (IllegalArgumentException ex) {
			String reason = String.valueOf(ex.getMessage());
			throw new InvalidEndpointRequestException(reason, reason, ex);
		}
		if (accepting != null) {
			accept(accepting);
		}
		return smtpd();
	}

	private void accept(boolean accepting) {
		try {
			if (accepting) {
				this.lifecycle.resume();
			}
			else {
				this.lifecycle.pause();
			}
		}
		catch (IOException ex) {
			throw new IllegalStateException("Connections cannot be accepted again: " + ex.getMessage(), ex);
		}
	}

	/**
	 * What became of a request to close sessions.
	 *
	 * @param closed how many sessions were closed
	 */
	public record Closed(int closed) {

	}

}
