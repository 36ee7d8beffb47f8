package io.smtpd.autoconfigure.relay;

import java.time.Duration;
import java.util.regex.Pattern;

import io.smtpd.autoconfigure.AddressRanges;
import io.smtpd.relay.RelayTls;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;
import org.springframework.validation.Errors;

/** What values the properties may have. */
final class SmtpRelayPropertiesChecks {

	/** Longer ones are mistakes, and would overflow a deadline in nanoseconds. */
	private static final Duration LONGEST = Duration.ofDays(365);

	private static final Pattern WORD = Pattern.compile("[!-~]+");

	private static final Pattern WITH_PORT = Pattern.compile("[^:]*:\\d*|\\[.*]:\\d*");

	private final Errors errors;

	SmtpRelayPropertiesChecks(Errors errors) {
		this.errors = errors;
	}

	void check(SmtpRelayProperties properties) {
		host(properties.getHost());
		complainUnless(properties.getPort() > 0 && properties.getPort() <= 65535, "port",
				"must be a port number from 1 to 65535");
		complainUnless(properties.getTls() != null, "tls", "must be none, starttls, required or implicit");
		complainUnless(properties.getTls() != RelayTls.NONE || !StringUtils.hasText(properties.getSsl().getBundle()),
				"ssl.bundle", "is of no use while smtpd.relay.tls is none: set that to starttls, required or implicit, "
						+ "or remove the bundle");
		credentials(properties);
		String heloName = properties.getHeloName();
		complainUnless(heloName == null || WORD.matcher(heloName).matches(), "heloName",
				"must be a domain such as relay.example.org, or an address literal such as [192.0.2.1]");
		timeout("connectTimeout", properties.getConnectTimeout());
		timeout("readTimeout", properties.getReadTimeout());
		timeout("timeout", properties.getTimeout());
		complainUnless(properties.getPoolSize() >= 1, "poolSize", "must be a whole number of at least 1");
		complainUnless(properties.getMaxHops() >= 1 || properties.getMaxHops() == -1, "maxHops",
				"must be a whole number of at least 1, or -1 for no limit");
		String malformed = AddressRanges.firstMalformed(properties.getAllowedNetworks());
		complainUnless(malformed == null, "allowedNetworks",
				"'%s' is neither an address such as 192.0.2.10 or 2001:db8::10, nor a range such as 10.0.0.0/8"
					.formatted(malformed));
	}

	private void host(@Nullable String host) {
		boolean withPort = host != null && WITH_PORT.matcher(host).matches();
		complainUnless(!withPort, "host", "must be a host name or an address alone; the port is smtpd.relay.port");
		complainUnless(withPort || (host != null && WORD.matcher(host).matches()), "host",
				"must be a host name such as mx.example.org, or an address");
	}

	/** Whichever complaint there is, the password is in none. */
	private void credentials(SmtpRelayProperties properties) {
		boolean username = StringUtils.hasLength(properties.getUsername());
		boolean password = StringUtils.hasLength(properties.getPassword());
		complainUnless(username || !password, "username", "is missing, but there is an smtpd.relay.password");
		complainUnless(password || !username, "password", "is missing, but there is an smtpd.relay.username");
	}

	/** An empty value binds to null. */
	private void timeout(String field, @Nullable Duration value) {
		complainUnless(value != null && value.compareTo(Duration.ZERO) > 0 && value.compareTo(LONGEST) <= 0, field,
				"must be a duration of more than zero such as 30s or 5m, and of at most " + LONGEST.toDays() + "d");
	}

	private void complainUnless(boolean allowed, String field, String rule) {
		if (!allowed) {
			this.errors.rejectValue(field, "smtpd", rule);
		}
	}

}
