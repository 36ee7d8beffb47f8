package io.smtpd;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/** An envelope without a session behind it, for unit tests of handlers. */
record InMemoryEnvelope(String reversePath, List<Recipient> recipients, byte[] octets) implements Envelope {

	static InMemoryEnvelope of(String reversePath, List<String> forwardPaths, byte[] mailData) {
		List<Recipient> recipients = forwardPaths.stream().map((path) -> new Recipient(path, Map.of())).toList();
		return new InMemoryEnvelope(reversePath, recipients, mailData.clone());
	}

	@Override
	public String id() {
		return "0.1";
	}

	@Override
	public Map<String, String> parameters() {
		return Map.of();
	}

	@Override
	public long size() {
		return this.octets.length;
	}

	@Override
	public InputStream mailData() {
		return new ByteArrayInputStream(this.octets);
	}

	@Override
	public String receivedHeader() {
		return "Received: by localhost with SMTP id 0.1; Thu, 1 Jan 1970 00:00:00 +0000\r\n";
	}

}
