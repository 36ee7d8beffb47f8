/**
 * The programs that are measured: servers that accept every message and throw it away,
 * each with a main method that takes a port.
 */
@NullMarked
package io.smtpd.benchmarks.sink;

import org.jspecify.annotations.NullMarked;
