package com.example;

import io.smtpd.ConnectionChecker;
import io.smtpd.RecipientChecker;
import io.smtpd.SenderChecker;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Checkers of an application, each of which may decide who relays. */
public final class ApplicationCheckers {

	private ApplicationCheckers() {
	}

	@Configuration(proxyBeanMethods = false)
	public static class OfConnections {

		@Bean
		ConnectionChecker connections() {
			return (peer) -> {
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	public static class OfSenders {

		@Bean
		SenderChecker senders() {
			return (peer, reversePath) -> {
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	public static class OfRecipients {

		@Bean
		RecipientChecker recipients() {
			return (peer, reversePath, forwardPath) -> {
			};
		}

	}

}
