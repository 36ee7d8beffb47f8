/**
 * An embeddable SMTP server: the side of RFC 5321 that receives mail.
 * <p>
 * {@link io.smtpd.SmtpServer} is the way in. It is configured with a builder, asks the
 * application's callbacks ({@link io.smtpd.ConnectionChecker},
 * {@link io.smtpd.HeloChecker}, {@link io.smtpd.SenderChecker},
 * {@link io.smtpd.RecipientChecker}, {@link io.smtpd.Authenticator}) one question each,
 * and hands every complete message to a {@link io.smtpd.MessageHandler}. All public types
 * are here; everything else in this package is the engine and not visible.
 */
@NullMarked
package io.smtpd;

import org.jspecify.annotations.NullMarked;
