/**
 * What Spring Boot's actuator shows of the SMTP server.
 */
@NullMarked
package io.smtpd.autoconfigure.actuate;

import org.jspecify.annotations.NullMarked;
