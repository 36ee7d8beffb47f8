package io.smtpd.autoconfigure.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import io.smtpd.autoconfigure.dkim.DkimVerification;
import org.jspecify.annotations.Nullable;

/**
 * What was found out about the origin of a message (RFC 8601). Immutable.
 *
 * @param serverId who found it out ({@code authserv-id}): {@code smtpd.hostname}
 * @param spf the client and the sender, or null when that was not verified
 * @param dkim the signatures, or null when that was not verified
 * @param dmarc the author, or null when that was not verified
 */
public record AuthenticationResults(String serverId, @Nullable Spf spf, @Nullable DkimVerification dkim,
		@Nullable Dmarc dmarc) {

	private static final String FOLD = "\r\n\t";

	/**
	 * Writes the results as a header field (RFC 8601 §2.2), folded and ending in CRLF.
	 * @return the Authentication-Results header field
	 */
	public String headerField() {
		List<String> results = new ArrayList<>();
		if (this.spf != null) {
			results.add(this.spf.resultInfo());
		}
		if (this.dkim != null) {
			if (this.dkim.signatures().isEmpty()) {
				results.add("dkim=none");
			}
			this.dkim.signatures().forEach((signature) -> results.add(resultInfo(signature)));
		}
		if (this.dmarc != null) {
			results.add(this.dmarc.resultInfo());
		}
		StringBuilder field = new StringBuilder("Authentication-Results: ").append(value(this.serverId));
		if (results.isEmpty()) {
			field.append("; none");
		}
		results.forEach((result) -> field.append(';').append(FOLD).append(result));
		return field.append("\r\n").toString();
	}

	private static String resultInfo(DkimVerification.Signature signature) {
		StringBuilder info = new StringBuilder("dkim=").append(word(signature.result()));
		appendComment(info, signature.testing() ? "testing" : null);
		appendComment(info, signature.reason());
		appendProperty(info, "header.d", signature.domain());
		appendProperty(info, "header.s", signature.selector());
		appendProperty(info, "header.a", signature.algorithm());
		appendProperty(info, "header.b", signature.signaturePrefix());
		return info.toString();
	}

	private static String word(Enum<?> result) {
		return result.name().toLowerCase(Locale.ROOT);
	}

	private static void appendComment(StringBuilder info, @Nullable String text) {
		if (text != null) {
			info.append(" (").append(text.replaceAll("[^ !#-'*-\\[\\]-~]", "?")).append(')');
		}
	}

	private static void appendProperty(StringBuilder info, String name, @Nullable String value) {
		if (value != null) {
			info.append(FOLD).append(' ').append(name).append('=').append(value(value));
		}
	}

	/** RFC 2045 §5.1: a token, else a quoted string; a stranger's octets stay inside. */
	private static String value(String text) {
		if (text.matches("[A-Za-z0-9!#$%&'*+._`{|}~^-]+")) {
			return text;
		}
		String clean = text.replaceAll("[^ -~]", "?").replaceAll("([\"\\\\])", "\\\\$1");
		return '"' + clean + '"';
	}

	/**
	 * The result of SPF (RFC 7208).
	 *
	 * @param result the result
	 * @param identity which identity was checked
	 * @param domain its domain, in lower case; empty when it has none
	 * @param reason why there was an error, in fixed words, or null
	 */
	public record Spf(SpfResult result, Identity identity, String domain, @Nullable String reason) {

		private String resultInfo() {
			StringBuilder info = new StringBuilder("spf=").append(word(this.result));
			appendComment(info, this.reason);
			appendProperty(info, (this.identity == Identity.MAILFROM) ? "smtp.mailfrom" : "smtp.helo",
					this.domain.isEmpty() ? null : this.domain);
			return info.toString();
		}

		/**
		 * The identities that SPF knows (RFC 7208 §2.3, §2.4).
		 */
		public enum Identity {

			/** The reverse-path. */
			MAILFROM,

			/** The HELO name, when the reverse-path is null. */
			HELO

		}

	}

	/**
	 * The result of DMARC (RFC 9989).
	 *
	 * @param result the result
	 * @param authorDomain the domain in From that it is about, the worst of several; null
	 * when there is none
	 * @param policyDomain whose policy it is, or null when there is none
	 * @param policy what this domain asks to be done when the result is fail, or null
	 * @param reason why there was an error, in fixed words, or null
	 */
	public record Dmarc(DmarcResult result, @Nullable String authorDomain, @Nullable String policyDomain,
			@Nullable DmarcPolicy policy, @Nullable String reason) {

		private String resultInfo() {
			StringBuilder info = new StringBuilder("dmarc=").append(word(this.result));
			appendComment(info, (this.policy != null) ? "p=" + word(this.policy) : null);
			appendComment(info, this.reason);
			appendProperty(info, "header.from", this.authorDomain);
			return info.toString();
		}

	}

}
