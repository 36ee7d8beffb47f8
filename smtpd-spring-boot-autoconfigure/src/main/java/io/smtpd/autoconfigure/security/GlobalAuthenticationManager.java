package io.smtpd.autoconfigure.security;

import org.jspecify.annotations.Nullable;

import org.springframework.security.authentication.AuthenticationManager;

/**
 * Where Spring Security keeps the manager that its own configuration has made.
 */
@FunctionalInterface
interface GlobalAuthenticationManager {

	@Nullable AuthenticationManager find();

}
