/**
 * Drives this server and others beside it, and writes down what they can do.
 * {@link io.smtpd.benchmarks.Main} is the way in.
 */
@NullMarked
package io.smtpd.benchmarks;

import org.jspecify.annotations.NullMarked;
