package io.smtpd.autoconfigure;

import java.net.InetSocketAddress;
import java.nio.file.FileSystemException;
import java.util.Locale;

import io.smtpd.SmtpBindException;
import io.smtpd.SmtpServer.Listener;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Explains why the server could not be started: a port that is taken or privileged, an
 * address that is not this machine's, a spool directory that cannot be used.
 */
final class SmtpServerStartFailureAnalyzer extends AbstractFailureAnalyzer<SmtpServerStartException> {

	private static final int FIRST_UNPRIVILEGED_PORT = 1024;

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, SmtpServerStartException cause) {
		if (cause.getCause() instanceof SmtpBindException bind) {
			return notBound(bind);
		}
		if (cause.getCause() instanceof FileSystemException spool) {
			return new FailureAnalysis(
					"The spool directory of the SMTP server, '%s', cannot be used: %s".formatted(spool.getFile(),
							spool.getReason()),
					"Set smtpd.spool.directory to a directory that the application may write to, or that it may make.",
					cause);
		}
		return null;
	}

	private static FailureAnalysis notBound(SmtpBindException cause) {
		InetSocketAddress address = cause.address();
		String prefix = property(cause.listener());
		String what = "Listener '%s' of the SMTP server cannot be bound to %s: ".formatted(cause.listener(),
				display(address));
		String reason = (cause.getCause() != null) ? String.valueOf(cause.getCause().getMessage()) : "unknown";
		String problem = reason.toLowerCase(Locale.ROOT);
		if (problem.contains("in use")) {
			return new FailureAnalysis(what + "port %d is already in use.".formatted(address.getPort()),
					"Stop the process that listens on port %d, or set %s.port to another port; 0 picks a free one."
						.formatted(address.getPort(), prefix),
					cause);
		}
		if (problem.contains("denied") || problem.contains("not permitted")) {
			return new FailureAnalysis(
					what + ((address.getPort() < FIRST_UNPRIVILEGED_PORT)
							? "ports below 1024 are privileged, and the application may not use them."
							: "the system does not permit it."),
					("Set %s.port to a port above 1023 and have port %d forwarded to it, or give the application the "
							+ "right to bind it (on Linux, the capability CAP_NET_BIND_SERVICE).")
						.formatted(prefix, address.getPort()),
					cause);
		}
		if (address.isUnresolved() || problem.contains("assign") || problem.contains("unresolved")) {
			return new FailureAnalysis(what + "that is not an address of this machine.",
					"Set %s.address to an address of this machine, or remove it to listen on all interfaces."
						.formatted(prefix),
					cause);
		}
		return new FailureAnalysis(what + reason, "Check %s.address and %s.port.".formatted(prefix, prefix), cause);
	}

	/** Below which properties the listener is configured. */
	private static String property(String listener) {
		return Listener.DEFAULT_NAME.equals(listener) ? "smtpd" : "smtpd.listeners." + listener;
	}

	private static String display(InetSocketAddress address) {
		return address.isUnresolved() ? address.getHostString() + ":" + address.getPort()
				: address.toString().replaceFirst("^.*/", "");
	}

}
