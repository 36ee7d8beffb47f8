/**
 * An application that receives mail and stores it in files.
 */
@NullMarked
package io.smtpd.sample;

import org.jspecify.annotations.NullMarked;
