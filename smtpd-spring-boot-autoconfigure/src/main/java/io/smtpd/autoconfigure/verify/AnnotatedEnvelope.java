package io.smtpd.autoconfigure.verify;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import io.smtpd.Envelope;

/** A message with its results on top and without forged ones. */
final class AnnotatedEnvelope implements VerifiedEnvelope {

	private final Envelope envelope;

	private final AuthenticationResults results;

	private final OctetRanges removed;

	private final byte[] field;

	AnnotatedEnvelope(Envelope envelope, AuthenticationResults results, OctetRanges removed) {
		this.envelope = envelope;
		this.results = results;
		this.removed = removed;
		this.field = results.headerField().getBytes(StandardCharsets.US_ASCII);
	}

	@Override
	public AuthenticationResults authenticationResults() {
		return this.results;
	}

	@Override
	public String id() {
		return this.envelope.id();
	}

	@Override
	public String reversePath() {
		return this.envelope.reversePath();
	}

	@Override
	public Map<String, String> parameters() {
		return this.envelope.parameters();
	}

	@Override
	public List<Recipient> recipients() {
		return this.envelope.recipients();
	}

	@Override
	public long size() {
		return this.field.length + this.envelope.size() - this.removed.length();
	}

	@Override
	public InputStream mailData() throws IOException {
		return new SequenceInputStream(new ByteArrayInputStream(this.field), octets());
	}

	private InputStream octets() throws IOException {
		InputStream data = this.envelope.mailData();
		return (this.removed.length() > 0) ? new RangeSkippingInputStream(data, this.removed) : data;
	}

	@Override
	public void writeTo(OutputStream target) throws IOException {
		target.write(this.field);
		if (this.removed.length() == 0) {
			this.envelope.writeTo(target);
			return;
		}
		try (InputStream data = octets()) {
			data.transferTo(target);
		}
	}

	@Override
	public String receivedHeader() {
		return this.envelope.receivedHeader();
	}

}
