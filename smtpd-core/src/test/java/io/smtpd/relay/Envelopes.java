package io.smtpd.relay;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import io.smtpd.Envelope;
import io.smtpd.Peer;
import io.smtpd.SmtpException;
import io.smtpd.SmtpReply;
import org.jspecify.annotations.Nullable;

/** Messages without a server in front, and what becomes of them. */
final class Envelopes {

	static final Peer PEER = new Peer("s1", "default", address(), address(), "client.example", Peer.Protocol.ESMTP,
			null, null);

	private static final byte[] LINE = "0123456789012345678901234567890123456789012345678901234567890123456789012345\r\n"
		.getBytes(StandardCharsets.US_ASCII);

	private Envelopes() {
	}

	private static InetSocketAddress address() {
		return new InetSocketAddress(InetAddress.getLoopbackAddress(), 25);
	}

	/** A message that is made while it is read. */
	static Envelope large(long octets) {
		return of(octets, () -> new InputStream() {

			private long position;

			@Override
			public int read() {
				byte[] one = new byte[1];
				return (read(one, 0, 1) < 0) ? -1 : one[0];
			}

			@Override
			public int read(byte[] target, int from, int length) {
				if (this.position >= octets) {
					return -1;
				}
				int count = 0;
				while (count < length && this.position < octets) {
					int at = (int) (this.position % LINE.length);
					int piece = (int) Math.min(Math.min(LINE.length - at, length - count), octets - this.position);
					System.arraycopy(LINE, at, target, from + count, piece);
					count += piece;
					this.position += piece;
				}
				return count;
			}

		});
	}

	static Envelope of(byte[] mailData) {
		return Envelope.of("sender@client.example", List.of("a@example.org"), mailData);
	}

	static Envelope of(long size, Callable<InputStream> mailData) {
		return new Envelope() {

			@Override
			public String id() {
				return "s1.1";
			}

			@Override
			public String reversePath() {
				return "";
			}

			@Override
			public Map<String, String> parameters() {
				return Map.of();
			}

			@Override
			public List<Recipient> recipients() {
				return List.of(new Recipient("a@example.org", Map.of()));
			}

			@Override
			public long size() {
				return size;
			}

			@Override
			public InputStream mailData() throws IOException {
				try {
					return mailData.call();
				}
				catch (Exception ex) {
					throw new IOException(ex);
				}
			}

			@Override
			public String receivedHeader() {
				return "Received: by test\r\n";
			}

		};
	}

	static @Nullable Throwable failure(RelayHandler relay, Envelope envelope) {
		try {
			relay.handle(PEER, envelope);
			return null;
		}
		catch (Exception ex) {
			return ex;
		}
	}

	static @Nullable SmtpReply refusal(RelayHandler relay, Envelope envelope) {
		return (failure(relay, envelope) instanceof SmtpException refusal) ? refusal.reply() : null;
	}

}
