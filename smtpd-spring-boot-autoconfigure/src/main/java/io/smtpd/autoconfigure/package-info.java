/**
 * Spring Boot auto-configuration of an SMTP server from {@code smtpd.*} properties and
 * the application's beans.
 */
@NullMarked
package io.smtpd.autoconfigure;

import org.jspecify.annotations.NullMarked;
