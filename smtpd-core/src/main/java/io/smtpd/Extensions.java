package io.smtpd;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.smtpd.Authenticator.Credentials;
import io.smtpd.esmtp.AuthExtension;
import io.smtpd.esmtp.EightBitMimeExtension;
import io.smtpd.esmtp.SizeExtension;
import io.smtpd.esmtp.Smtputf8Extension;
import io.smtpd.sasl.ExternalMechanism;
import io.smtpd.sasl.LoginMechanism;
import io.smtpd.sasl.OAuthBearerMechanism;
import io.smtpd.sasl.PlainMechanism;
import io.smtpd.sasl.XOAuth2Mechanism;

/** The service extensions and mechanisms of a server: built-in and the application's. */
final class Extensions {

	private Extensions() {
	}

	/** A new built-in extension is one class and one line here. */
	static List<EsmtpExtension> of(Settings.Draft draft) {
		List<EsmtpExtension> extensions = new ArrayList<>();
		extensions.add(new SizeExtension(draft.maxMessageSize));
		extensions.add(new EightBitMimeExtension());
		extensions.add(keyword("PIPELINING")); // RFC 2920
		extensions.add(keyword("ENHANCEDSTATUSCODES")); // RFC 2034
		extensions.add(new Smtputf8Extension());
		extensions.add(keyword("HELP"));
		if (draft.maxRecipients >= 0) {
			extensions.add(keyword("LIMITS RCPTMAX=" + draft.maxRecipients)); // RFC 9422
		}
		List<SaslMechanism> mechanisms = mechanisms(draft);
		if (!mechanisms.isEmpty()) {
			extensions.add(new AuthExtension(mechanisms, draft.authAllowWithoutTls));
		}
		extensions.addAll(draft.extensions);
		checkKeywords(extensions);
		return List.copyOf(extensions);
	}

	/**
	 * The mechanisms of a server: those for which its authenticator can judge the
	 * credentials, then the application's. A new built-in mechanism is one class and one
	 * line here.
	 */
	static List<SaslMechanism> mechanisms(Settings.Draft draft) {
		List<SaslMechanism> mechanisms = new ArrayList<>(draft.mechanisms);
		Set<Class<? extends Credentials>> kinds = (draft.authenticator != null) ? draft.authenticator.accepts()
				: Set.of();
		if (kinds.contains(Credentials.Password.class)) {
			mechanisms.addAll(List.of(new PlainMechanism(), new LoginMechanism()));
		}
		if (kinds.contains(Credentials.BearerToken.class)) {
			mechanisms.addAll(List.of(new OAuthBearerMechanism(), new XOAuth2Mechanism()));
		}
		if (kinds.contains(Credentials.ClientCertificate.class)) {
			mechanisms.add(new ExternalMechanism());
		}
		return withoutDuplicates(mechanisms);
	}

	/** The application's own mechanism takes the place of a built-in one of its name. */
	private static List<SaslMechanism> withoutDuplicates(List<SaslMechanism> mechanisms) {
		Map<String, SaslMechanism> byName = new LinkedHashMap<>();
		mechanisms.forEach((mechanism) -> byName.putIfAbsent(mechanism.name(), mechanism));
		return List.copyOf(byName.values());
	}

	private static EsmtpExtension keyword(String line) {
		return (peer) -> line;
	}

	private static void checkKeywords(List<EsmtpExtension> extensions) {
		Set<String> mail = new HashSet<>();
		Set<String> rcpt = new HashSet<>();
		for (EsmtpExtension extension : extensions) {
			extension.mailParameters().forEach((keyword) -> checkUnique("MAIL", keyword, mail));
			extension.rcptParameters().forEach((keyword) -> checkUnique("RCPT", keyword, rcpt));
		}
	}

	private static void checkUnique(String verb, String keyword, Set<String> known) {
		if (!known.add(keyword)) {
			throw new IllegalArgumentException(
					"extension: two service extensions claim the " + verb + " parameter " + keyword);
		}
	}

}
