/**
 * Relaying to another SMTP server from the {@code smtpd.relay.*} properties.
 */
@NullMarked
package io.smtpd.autoconfigure.relay;

import org.jspecify.annotations.NullMarked;
