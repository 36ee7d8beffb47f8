package io.smtpd.relay;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

import io.smtpd.SmtpReply;

/**
 * The beginning of an upstream session: greeting, EHLO, STARTTLS, AUTH. What is refused
 * here concerns the relay and no message in particular, so it is always temporary for the
 * client.
 */
final class Handshake {

	private final UpstreamConnection upstream;

	private final RelaySettings settings;

	Handshake(UpstreamConnection upstream, RelaySettings settings) {
		this.upstream = upstream;
		this.settings = settings;
	}

	/**
	 * Makes the connection ready for MAIL.
	 * @throws UpstreamException when it cannot be
	 */
	void perform() throws IOException {
		if (this.settings.tls() == RelayTls.IMPLICIT) {
			this.upstream.startTls();
		}
		SmtpReply greeting = this.upstream.reply();
		requireSuccess(greeting);
		this.upstream.greeted(String.join(" ", greeting.lines()));
		hello();
		startTls();
		if (this.settings.username() != null) {
			authenticate(this.settings.username(), Objects.requireNonNullElse(this.settings.password(), ""));
		}
	}

	/** EHLO, or HELO where it is not known (RFC 5321 §3.2). */
	private void hello() throws IOException {
		SmtpReply reply = this.upstream.ask("EHLO " + heloName());
		if (reply.code() >= 500) {
			requireSuccess(this.upstream.ask("HELO " + heloName()));
			this.upstream.offers(Map.of());
			return;
		}
		requireSuccess(reply);
		Map<String, String> extensions = new LinkedHashMap<>();
		for (String line : reply.lines().subList(1, reply.lines().size())) {
			// an old form that some servers still add for old clients
			String[] words = line.replaceFirst("(?i)^AUTH=", "AUTH ").strip().split(" +", 2);
			String parameters = (words.length > 1) ? words[1] : "";
			extensions.merge(words[0].toUpperCase(Locale.ROOT), parameters, (first, second) -> first + " " + second);
		}
		this.upstream.offers(extensions);
	}

	private String heloName() {
		String name = this.settings.heloName();
		if (name != null) {
			return name;
		}
		InetAddress address = this.upstream.localAddress().getAddress(); // §4.1.4
		String text = address.getHostAddress().replaceFirst("%.*", "");
		return (address instanceof Inet6Address) ? "[IPv6:" + text + "]" : "[" + text + "]";
	}

	private void startTls() throws IOException {
		boolean wanted = this.settings.tls() == RelayTls.STARTTLS || this.settings.tls() == RelayTls.REQUIRED;
		if (wanted && this.upstream.offers("STARTTLS")) {
			requireSuccess(this.upstream.ask("STARTTLS"));
			this.upstream.startTls();
			hello(); // RFC 3207 §4.2: what was said before does not count
		}
		else if (this.settings.tls() == RelayTls.REQUIRED) {
			throw new UpstreamException(RelayReplies.NOT_SECURE, new IOException("STARTTLS is not offered"));
		}
	}

	/** RFC 4954; both mechanisms show the password, so the way must be safe. */
	private void authenticate(String username, String password) throws IOException {
		if (!this.upstream.secure() && !this.upstream.toLoopback()) {
			throw new UpstreamException(RelayReplies.NOT_SECURE,
					new IOException("Credentials are not sent in clear text"));
		}
		List<String> mechanisms = List.of(this.upstream.parameters("AUTH").toUpperCase(Locale.ROOT).split(" +"));
		SmtpReply reply;
		if (mechanisms.contains("PLAIN")) {
			reply = this.upstream.ask("AUTH PLAIN " + base64("\0" + username + "\0" + password));
		}
		else if (mechanisms.contains("LOGIN")) {
			reply = this.upstream.ask("AUTH LOGIN");
			reply = (reply.code() == 334) ? this.upstream.ask(base64(username)) : reply;
			reply = (reply.code() == 334) ? this.upstream.ask(base64(password)) : reply;
		}
		else {
			throw new UpstreamException(RelayReplies.NOT_AUTHENTICATED,
					new IOException("Neither PLAIN nor LOGIN is offered"));
		}
		if (reply.code() != 235) {
			throw new UpstreamException(RelayReplies.NOT_AUTHENTICATED, new IOException(reply.toString()));
		}
	}

	private static String base64(String text) {
		return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
	}

	private static void requireSuccess(SmtpReply reply) throws UpstreamException {
		if (reply.code() >= 300) {
			throw new UpstreamException(reply.isRefusal() ? RelayReplies.temporary(reply) : RelayReplies.BAD_REPLY,
					null);
		}
	}

}
