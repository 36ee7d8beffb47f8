package io.smtpd.autoconfigure.verify;

/** Ends an evaluation of SPF with temperror or permerror; without a stack trace. */
final class SpfException extends Exception {

	private static final long serialVersionUID = 1L;

	private final SpfResult result;

	SpfException(SpfResult result, String reason) {
		super(reason, null, false, false);
		this.result = result;
	}

	static SpfException malformed() {
		return new SpfException(SpfResult.PERMERROR, "malformed record");
	}

	SpfResult result() {
		return this.result;
	}

	String reason() {
		return String.valueOf(getMessage());
	}

}
