/**
 * Spring Security as the judge of user names and passwords.
 */
@NullMarked
package io.smtpd.autoconfigure.security;

import org.jspecify.annotations.NullMarked;
