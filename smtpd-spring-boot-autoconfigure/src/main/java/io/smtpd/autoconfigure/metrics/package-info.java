/**
 * Micrometer meters and observations of the SMTP server.
 */
@NullMarked
package io.smtpd.autoconfigure.metrics;

import org.jspecify.annotations.NullMarked;
