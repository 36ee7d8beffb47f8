/**
 * Application events for what an application may want to act on. They are published on
 * the session's thread: a listener that takes long makes the client wait, unless it is
 * asynchronous.
 */
@NullMarked
package io.smtpd.autoconfigure.event;

import org.jspecify.annotations.NullMarked;
