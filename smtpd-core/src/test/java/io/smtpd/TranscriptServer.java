package io.smtpd;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

import io.smtpd.Transcript.Setting;

/** Sets up a server as a transcript's header asks for. */
final class TranscriptServer {

	private TranscriptServer() {
	}

	static void configure(SmtpServer.Builder builder, List<Setting> settings) {
		SmtpLimits limits = SmtpLimits.defaults();
		for (Setting setting : settings) {
			if (setting.key().equals("set")) {
				limits = set(builder, limits, setting.value());
			}
			else {
				script(builder, setting);
			}
		}
		builder.limits(limits);
	}

	private static SmtpLimits set(SmtpServer.Builder builder, SmtpLimits limits, String assignment) {
		int equals = assignment.indexOf('=');
		String value = assignment.substring(equals + 1);
		switch (assignment.substring(0, equals)) {
			case "hostname" -> builder.hostname(value);
			case "welcomeMessage" -> builder.welcomeMessage(value);
			case "maxMessageSize" -> builder.maxMessageSize(Long.parseLong(value));
			case "maxRecipients" -> builder.maxRecipients(Integer.parseInt(value));
			case "spoolMemoryThreshold" -> builder.spoolMemoryThreshold(Long.parseLong(value));
			case "receivedHeader" -> builder.receivedHeader(Boolean.parseBoolean(value));
			case "bareLineEndings" -> builder.bareLineEndings(BareLineEndings.valueOf(value.toUpperCase(Locale.ROOT)));
			case "authAllowWithoutTls" -> builder.authAllowWithoutTls(Boolean.parseBoolean(value));
			case "authRequired" -> builder.authRequired(Boolean.parseBoolean(value));
			case "users" -> builder.authenticator(
					Authenticator.passwords((peer, username, password) -> value.equals(username + "/" + password)));
			case "xclient" -> builder.xclient((address) -> Boolean.parseBoolean(value));
			case "maxAuthFailures" -> {
				return limits.maxAuthFailures(Integer.parseInt(value));
			}
			case "maxErrors" -> {
				return limits.maxErrors(Integer.parseInt(value));
			}
			case "maxJunkCommands" -> {
				return limits.maxJunkCommands(Integer.parseInt(value));
			}
			default -> throw new IllegalArgumentException("Unknown setting: " + assignment);
		}
		return limits;
	}

	/** {@code refuse-sender: WHAT => REPLY} and its like; {@code *} is anything. */
	private static void script(SmtpServer.Builder builder, Setting setting) {
		String[] parts = setting.value().split(" => ", 2);
		String what = parts[0];
		RuntimeException answer = setting.key().startsWith("refuse-") ? refusal(parts[1])
				: new IllegalStateException(parts[1]);
		switch (setting.key().substring(setting.key().indexOf('-') + 1)) {
			case "connection" -> builder.connectionChecker((peer) -> answer(answer, what, what));
			case "helo" -> builder.heloChecker((peer, name) -> answer(answer, what, name));
			case "sender" -> builder.senderChecker((peer, path) -> answer(answer, what, path));
			case "recipient" -> builder.recipientChecker((peer, from, path) -> answer(answer, what, path));
			case "message" -> builder.messageHandler((peer, envelope) -> answer(answer, what, envelope.reversePath()));
			default -> throw new IllegalArgumentException("Unknown setting: " + setting.key());
		}
	}

	private static void answer(RuntimeException answer, String what, String actual) {
		if (what.equals("*") || what.equals(actual)) {
			throw answer;
		}
	}

	/**
	 * {@code CODE STATUS TEXT}, escapes in the text resolved, {@code //} between lines.
	 */
	private static SmtpException refusal(String reply) {
		String[] parts = reply.split(" ", 3);
		String text = new String(Transcript.octets(parts[2]), StandardCharsets.UTF_8);
		return new SmtpException(SmtpReply.of(Integer.parseInt(parts[0]), parts[1], text.split(" // ")));
	}

}
