package io.smtpd.autoconfigure.dkim;

/** A signature that does not pass, on its way up; without a stack trace. */
final class VerificationFailure extends Exception {

	private static final long serialVersionUID = 1L;

	private final DkimResult result;

	VerificationFailure(DkimResult result, String reason) {
		super(reason, null, false, false);
		this.result = result;
	}

	DkimResult result() {
		return this.result;
	}

	String reason() {
		return String.valueOf(getMessage());
	}

}
