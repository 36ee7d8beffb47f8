package io.smtpd;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.net.ssl.SSLContext;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.smtpd.Authenticator.Credentials;
import io.smtpd.SmtpServer.Listener;
import io.smtpd.sasl.OAuthBearerMechanism;
import io.smtpd.sasl.ScramKeys;
import io.smtpd.sasl.ScramMechanism;
import io.smtpd.sasl.XOAuth2Mechanism;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whole dialogues over octets in memory, on servers of several kinds. Whatever a client
 * sends, the session ends, its output is the replies to what was sent and nothing else,
 * only what was ended by CRLF.CRLF is delivered, as it was sent, and memory stays
 * bounded. Where segments end makes no difference.
 */
class SessionFuzzTests {

	/** One large buffer and what it costs to begin a session. */
	private static final long FIXED_OCTETS = 1_000_000;

	/** A reply with its objects for each command, and the shortest command has two. */
	private static final long OCTETS_PER_OCTET = 3_000;

	/** A class that is loaded meanwhile costs octets, too, but only once. */
	private static final int ATTEMPTS = 3;

	private static final Pattern TRACE_LINE = Pattern.compile(
			"Received: from [^\\s()]+ \\(\\[[0-9A-Fa-f:.IPv]+]\\)\r\n\tby mx\\.example\\.org with [A-Z0-9]+ id [a-z0-9.]+"
					+ "(\r\n\tfor <[^\r\n]+>)?;\r\n\t[A-Z][a-z]{2}, \\d{1,2} [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d \\+0000\r\n");

	private static final com.sun.management.ThreadMXBean THREADS = (com.sun.management.ThreadMXBean) ManagementFactory
		.getThreadMXBean();

	@TempDir
	static Path directory;

	private static final Map<String, InMemorySession> SESSIONS = new LinkedHashMap<>();

	@BeforeAll
	static void openSessions() throws IOException {
		open("plain", (draft) -> {
			draft.limits = SmtpLimits.none();
			draft.heloCheckers.add((peer, name) -> refuse(name));
			draft.senderCheckers.add((peer, reversePath) -> refuse(reversePath));
			draft.recipientCheckers.add((peer, reversePath, forwardPath) -> refuse(forwardPath));
		});
		open("small", (draft) -> {
			draft.bareLineEndings = BareLineEndings.KEEP;
			draft.maxMessageSize = 200;
			draft.maxRecipients = 3;
			draft.spoolMemoryThreshold = 30;
			draft.limits = SmtpLimits.defaults().maxErrors(8).maxJunkCommands(8).maxMessagesPerSession(4);
		});
		ScramKeys keys = ScramKeys.derive("secret", new byte[] { 1, 2, 3, 4 }, ScramKeys.ITERATIONS);
		open("auth", (draft) -> {
			draft.limits = SmtpLimits.none();
			draft.authAllowWithoutTls = true;
			draft.authenticator = (peer, credentials) -> {
				if ((credentials instanceof Credentials.Password password && password.password().contains("e"))
						|| (credentials instanceof Credentials.BearerToken token && token.token().contains("e"))) {
					return new AuthenticatedUser("user");
				}
				throw new SmtpException(SmtpReply.AUTHENTICATION_CREDENTIALS_INVALID);
			};
			draft.mechanisms.addAll(ScramMechanism.of((peer, username) -> username.equals("user") ? keys : null));
			draft.mechanisms.addAll(List.of(new OAuthBearerMechanism(), new XOAuth2Mechanism()));
		});
		open("xclient", (draft) -> {
			draft.limits = SmtpLimits.none();
			draft.xclientTrusted = (address) -> true;
			draft.receivedHeader = true;
			draft.connectionCheckers.add((peer) -> {
				if (peer.remoteAddress().getPort() == 666) {
					throw new SmtpException(554, "5.7.1", "Not from " + peer);
				}
			});
		});
		open("lmtp", (draft) -> {
			draft.limits = SmtpLimits.none();
			draft.listeners.add(Listener.of(24).lmtp());
			draft.messageHandlers.add(0, (peer, envelope) -> refuse(envelope.reversePath()));
		});
		open("tlsRequired", (draft) -> {
			draft.limits = SmtpLimits.none();
			draft.listeners.add(Listener.of(25).tls(TlsPolicy.requireStartTls(SessionFuzzTests::context)));
		});
	}

	private static void open(String name, Consumer<Settings.Draft> options) throws IOException {
		SESSIONS.put(name, new InMemorySession(directory, options));
	}

	/** A refusal that quotes what the client sent: nothing of it may become a line. */
	private static void refuse(String text) {
		if (text.contains("x")) {
			throw new SmtpException(SmtpReply.of(550, "5.7.1", "No \u00e4: " + text, text + "\r\n250 2.0.0 Ok"));
		}
	}

	private static SSLContext context() {
		try {
			return SSLContext.getDefault();
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@AfterAll
	static void closeSessions() {
		SESSIONS.values().forEach(InMemorySession::close);
		SESSIONS.clear();
	}

	@TestFactory
	Stream<DynamicTest> mutatedInputs() {
		return Mutations.of(this);
	}

	static Stream<Named<byte[]>> dialogues() {
		return FuzzSeeds.dialogues();
	}

	static Stream<Named<byte[]>> lmtpDialogues() {
		return FuzzSeeds.dialogues()
			.map((seed) -> Named.of(seed.getName(),
					new String(seed.getPayload(), StandardCharsets.ISO_8859_1).replace("EHLO", "LHLO")
						.getBytes(StandardCharsets.ISO_8859_1)));
	}

	@MethodSource("dialogues")
	@FuzzTest
	void plain(byte[] sent) throws IOException {
		converse("plain", sent);
	}

	@MethodSource("dialogues")
	@FuzzTest
	void small(byte[] sent) throws IOException {
		converse("small", sent);
	}

	@MethodSource("dialogues")
	@FuzzTest
	void auth(byte[] sent) throws IOException {
		converse("auth", sent);
	}

	@MethodSource("dialogues")
	@FuzzTest
	void xclient(byte[] sent) throws IOException {
		converse("xclient", sent);
	}

	@MethodSource("lmtpDialogues")
	@FuzzTest
	void lmtp(byte[] sent) throws IOException {
		converse("lmtp", sent);
	}

	@MethodSource("dialogues")
	@FuzzTest
	void tlsRequired(byte[] sent) throws IOException {
		DialogueObserver observer = converse("tlsRequired", sent);
		assertThat(observer.deliveries()).isEmpty();
	}

	private static DialogueObserver converse(String name, byte[] sent) throws IOException {
		InMemorySession session = SESSIONS.get(name);
		byte[] written = run(session, sent, () -> new ByteArrayInputStream(sent));
		DialogueObserver whole = new DialogueObserver(sent, written, name.equals("lmtp"));
		if (name.equals("xclient")) {
			session.messages().replaceAll(SessionFuzzTests::withoutTraceLine);
		}
		whole.check(session);
		written = run(session, sent, () -> new Segments(sent, new Random(Arrays.hashCode(sent))));
		assertThat(new DialogueObserver(sent, written).codes()).as("the same in segments").isEqualTo(whole.codes());
		assertThat(session.messages()).hasSameSizeAs(whole.deliveries());
		return whole;
	}

	private static byte[] run(InMemorySession session, byte[] sent, Supplier<InputStream> input) throws IOException {
		long most = FIXED_OCTETS + OCTETS_PER_OCTET * sent.length;
		for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
			InputStream in = input.get();
			long before = THREADS.getCurrentThreadAllocatedBytes();
			byte[] written = session.run(in);
			if (THREADS.getCurrentThreadAllocatedBytes() - before < most) {
				return written;
			}
		}
		throw new AssertionError("More than " + most + " octets are allocated for " + sent.length);
	}

	/** RFC 5321 §4.4: one header field, whatever the client said of itself. */
	private static ReceivedMessage withoutTraceLine(ReceivedMessage message) {
		Matcher matcher = TRACE_LINE.matcher(message.text());
		assertThat(matcher.lookingAt()).as("trace line of %s", message.text()).isTrue();
		return new ReceivedMessage(message.id(), message.reversePath(), message.parameters(), message.forwardPaths(),
				Arrays.copyOfRange(message.data(), matcher.end(), message.data().length));
	}

}
