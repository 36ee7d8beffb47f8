package io.smtpd.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Explains why the server could not be built of properties and beans. Comes before Spring
 * Boot's own analyzers, which would tell of the cause alone.
 */
@Order(Ordered.LOWEST_PRECEDENCE - 100)
final class UnusableConfigurationFailureAnalyzer extends AbstractFailureAnalyzer<UnusableConfigurationException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, UnusableConfigurationException cause) {
		return new FailureAnalysis(String.valueOf(cause.getMessage()), cause.action(), cause);
	}

}
