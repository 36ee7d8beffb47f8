/**
 * Benchmarks of the core's pieces, which only this package can see.
 */
@NullMarked
package io.smtpd;

import org.jspecify.annotations.NullMarked;
