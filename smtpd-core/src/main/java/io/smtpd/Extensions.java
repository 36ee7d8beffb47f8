package io.smtpd;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import io.smtpd.esmtp.EightBitMimeExtension;
import io.smtpd.esmtp.SizeExtension;
import io.smtpd.esmtp.Smtputf8Extension;

/** The service extensions of a server: the built-in ones, then the application's. */
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
		extensions.addAll(draft.extensions);
		checkKeywords(extensions);
		return List.copyOf(extensions);
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
