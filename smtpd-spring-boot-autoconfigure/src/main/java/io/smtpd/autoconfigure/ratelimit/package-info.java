/**
 * The rates of {@code smtpd.limits.*}, kept in memory.
 */
@NullMarked
package io.smtpd.autoconfigure.ratelimit;

import org.jspecify.annotations.NullMarked;
