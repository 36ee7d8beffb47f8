package io.smtpd;

/** What the engine itself says (RFC 5321 §4.2, RFC 3463), one place for all of it. */
final class Replies {

	static final SmtpReply OK = SmtpReply.of(250, "2.0.0", "Ok");

	static final SmtpReply SENDER_OK = SmtpReply.of(250, "2.1.0", "Sender ok");

	static final SmtpReply RECIPIENT_OK = SmtpReply.of(250, "2.1.5", "Recipient ok");

	static final SmtpReply START_MAIL_INPUT = SmtpReply.of(354, "Go ahead. End your data with <CR><LF>.<CR><LF>");

	static final SmtpReply BYE = SmtpReply.of(221, "2.0.0", "OK, bye");

	static final SmtpReply HELP = SmtpReply.of(214, "2.0.0",
			"Commands: HELO EHLO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT", "The standard is RFC 5321");

	static final SmtpReply CANNOT_VERIFY = SmtpReply.of(252, "2.5.0",
			"Cannot verify the user, but will take mail for it and try to deliver");

	static final SmtpReply TIMEOUT = SmtpReply.of(421, "4.4.2", "Timeout, closing connection");

	static final SmtpReply SHUTTING_DOWN = SmtpReply.of(421, "4.3.2", "Service shutting down, closing connection");

	static final SmtpReply CLOSED_BY_OPERATOR = SmtpReply.of(421, "4.3.2", "Session closed by the operator");

	static final SmtpReply TOO_BUSY = SmtpReply.of(421, "4.3.2", "Too busy. Try again later.");

	static final SmtpReply TOO_MANY_ERRORS = SmtpReply.of(421, "4.7.0", "Too many errors, closing connection");

	static final SmtpReply TOO_MANY_JUNK_COMMANDS = SmtpReply.of(421, "4.7.0",
			"Too many commands without a message, closing connection");

	static final SmtpReply LOCAL_ERROR = SmtpReply.of(451, "4.3.0", "Local error in processing, try again later");

	static final SmtpReply SPOOL_FAILED = SmtpReply.of(452, "4.3.1", "Insufficient system storage, try again later");

	static final SmtpReply TOO_MANY_RECIPIENTS = SmtpReply.of(452, "4.5.3", "Too many recipients");

	static final SmtpReply LINE_TOO_LONG = SmtpReply.of(500, "5.5.2", "Line too long");

	static final SmtpReply BARE_LINE_ENDING = SmtpReply.of(500, "5.5.2", "A command must end with CRLF");

	static final SmtpReply BAD_CHARACTER = SmtpReply.of(500, "5.5.2", "Command contains a forbidden character");

	static final SmtpReply UNKNOWN_COMMAND = SmtpReply.of(500, "5.5.1", "Unknown command");

	static final SmtpReply EMPTY_COMMAND = SmtpReply.of(500, "5.5.2", "A command must begin with a verb");

	static final SmtpReply NO_ARGUMENT_ALLOWED = SmtpReply.of(501, "5.5.4", "This command takes no argument");

	static final SmtpReply BAD_HELO = SmtpReply.of(501, "5.5.4", "A domain or an address literal is required");

	static final SmtpReply MAIL_SYNTAX = SmtpReply.of(501, "5.5.4", "Syntax: MAIL FROM:<address> [parameters]");

	static final SmtpReply RCPT_SYNTAX = SmtpReply.of(501, "5.5.4", "Syntax: RCPT TO:<address> [parameters]");

	static final SmtpReply BAD_SENDER = SmtpReply.of(501, "5.1.7", "Bad sender address syntax");

	static final SmtpReply BAD_RECIPIENT = SmtpReply.of(501, "5.1.3", "Bad recipient address syntax");

	static final SmtpReply BAD_PARAMETER = SmtpReply.of(501, "5.5.4", "Bad parameter syntax");

	static final SmtpReply VRFY_SYNTAX = SmtpReply.of(501, "5.5.4", "Syntax: VRFY <address>");

	static final SmtpReply NOT_IMPLEMENTED = SmtpReply.of(502, "5.5.1", "Command not implemented");

	static final SmtpReply NO_HELO = SmtpReply.of(503, "5.5.1", "Please introduce yourself first");

	static final SmtpReply DUPLICATE_MAIL = SmtpReply.of(503, "5.5.1", "Duplicate MAIL");

	static final SmtpReply NO_MAIL = SmtpReply.of(503, "5.5.1", "Missing MAIL FROM command");

	static final SmtpReply NO_RCPT = SmtpReply.of(503, "5.5.1", "Missing RCPT TO command");

	static final SmtpReply TLS_REQUIRED = SmtpReply.of(530, "5.7.0", "Must issue a STARTTLS command first");

	static final SmtpReply BARE_LINE_ENDING_IN_DATA = SmtpReply.of(550, "5.6.0",
			"Mail data contains a CR or LF that is not part of CRLF");

	static final SmtpReply MESSAGE_TOO_BIG = SmtpReply.of(552, "5.3.4", "Message exceeds the maximum message size");

	static final SmtpReply NON_ASCII_ADDRESS = SmtpReply.of(553, "5.6.7",
			"Addresses that are not ASCII need the SMTPUTF8 parameter");

	static final SmtpReply NO_VALID_RECIPIENTS = SmtpReply.of(554, "5.5.1", "No valid recipients");

	static final SmtpReply UNKNOWN_PARAMETER = SmtpReply.of(555, "5.5.4", "Unsupported parameter");

	static final SmtpReply READY_FOR_TLS = SmtpReply.of(220, "2.0.0", "Go ahead");

	static final SmtpReply AUTHENTICATED = SmtpReply.of(235, "2.7.0", "Authentication succeeded");

	static final SmtpReply TOO_MANY_AUTH_FAILURES = SmtpReply.of(421, "4.7.0",
			"Too many failed authentications, closing connection");

	static final SmtpReply TOO_MANY_CONNECTIONS = SmtpReply.of(421, "4.7.0",
			"Too many connections from your address, try again later");

	static final SmtpReply ENOUGH = SmtpReply.of(421, "4.7.0", "Enough for one session, please connect again");

	static final SmtpReply TOO_SLOW = SmtpReply.of(421, "4.4.2", "Mail data comes too slowly, closing connection");

	static final SmtpReply FOREIGN_PROTOCOL = SmtpReply.of(421, "4.7.0", "This is a mail server, closing connection");

	static final SmtpReply MESSAGE_RATE = SmtpReply.of(450, "4.7.1", "Too many messages from your address, try later");

	static final SmtpReply TALKED_FIRST = SmtpReply.of(554, "5.5.0", "You talk before your turn, closing connection");

	static final SmtpReply PROXY_REQUIRED = SmtpReply.of(421, "4.7.0", "Connections are accepted from a proxy only");

	static final SmtpReply AUTH_LINE_TOO_LONG = SmtpReply.of(500, "5.5.6", "Authentication exchange line is too long");

	static final SmtpReply AUTH_SYNTAX = SmtpReply.of(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]");

	static final SmtpReply AUTH_BAD_BASE64 = SmtpReply.of(501, "5.5.2", "Cannot decode the response");

	static final SmtpReply AUTH_CANCELLED = SmtpReply.of(501, "5.5.2", "Authentication cancelled");

	static final SmtpReply XCLIENT_SYNTAX = SmtpReply.of(501, "5.5.4", "Syntax: XCLIENT attribute=value...");

	static final SmtpReply ALREADY_AUTHENTICATED = SmtpReply.of(503, "5.5.1", "Already authenticated");

	static final SmtpReply IN_TRANSACTION = SmtpReply.of(503, "5.5.1", "Not allowed in a mail transaction");

	static final SmtpReply ALREADY_IN_TLS = SmtpReply.of(503, "5.5.1", "Already running in TLS");

	static final SmtpReply INPUT_BEHIND_STARTTLS = SmtpReply.of(503, "5.5.1",
			"STARTTLS must be the last command in a group, closing connection");

	static final SmtpReply UNKNOWN_MECHANISM = SmtpReply.of(504, "5.5.4", "Unrecognized authentication mechanism");

	static final SmtpReply XCLIENT_REFUSED = SmtpReply.of(550, "5.7.0", "Insufficient authorization");

	private Replies() {
	}

	static SmtpReply greeting(String text) {
		return SmtpReply.of(220, text);
	}

	static SmtpReply queued(String envelopeId) {
		return SmtpReply.of(250, "2.0.0", "Ok: queued as " + envelopeId);
	}

}
