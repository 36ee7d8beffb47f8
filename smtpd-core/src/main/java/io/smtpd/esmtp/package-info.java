/**
 * The built-in service extensions (RFC 5321 §2.2), a class each. They use nothing but the
 * public {@link io.smtpd.EsmtpExtension}, as an application's own would.
 */
@NullMarked
package io.smtpd.esmtp;

import org.jspecify.annotations.NullMarked;
