package io.smtpd;

/** What all sessions of a running server share. */
record Engine(Settings settings, Sessions sessions, Spool spool, Watchdog watchdog, BufferPool buffers,
		TraceLine traceLine, AddressLimits addressLimits) {

}
