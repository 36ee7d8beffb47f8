package io.smtpd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import io.smtpd.SessionModel.Command;
import io.smtpd.SessionModel.Mail;
import io.smtpd.SessionModel.Server;
import io.smtpd.SessionModel.Turn;
import io.smtpd.SmtpServer.Listener;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The session against an independent model of RFC 5321's states, with command sequences
 * at random. A failure prints the seed and the shortest sequence that still fails;
 * {@code -Dmodel.seed} and {@code -Dmodel.sequences} play others or more.
 */
class SessionModelTests {

	private static final int SEQUENCES = Integer.getInteger("model.sequences", 2000);

	private static final int TLS_SEQUENCES = Integer.getInteger("model.sequences.tls", 60);

	private static final long SEED = Long.getLong("model.seed", 20260104L);

	private static final int MOST_COMMANDS = 30;

	/** So that transactions get on; the others come as often as each other. */
	private static final Map<Command, Integer> WEIGHTS = Map.of(Command.EHLO, 8, Command.MAIL, 15, Command.RCPT, 15,
			Command.DATA, 10, Command.MAIL_UTF8, 4, Command.RCPT_UTF8, 3, Command.STARTTLS, 3, Command.AUTH_PLAIN, 4,
			Command.AUTH_LOGIN, 3);

	private static final List<Server> SERVERS = List.of(new Server(false, false, true, false, 20, 100, 3),
			new Server(false, false, true, true, 20, 100, 3), new Server(false, false, true, false, 4, 5, 2),
			new Server(true, false, true, false, 20, 100, 3), new Server(true, true, true, false, 20, 100, 3));

	private static final List<Server> TLS_SERVERS = List.of(new Server(true, false, false, true, 20, 100, 3),
			new Server(true, true, false, false, 20, 100, 3));

	private static final List<Command> TLS_BEGINNING = List.of(Command.EHLO, Command.STARTTLS, Command.EHLO,
			Command.AUTH_PLAIN, Command.MAIL, Command.RCPT);

	@TempDir
	Path directory;

	private final Map<Server, InMemorySession> sessions = new LinkedHashMap<>();

	private final Set<Command> sent = EnumSet.noneOf(Command.class);

	private final Set<String> replies = new TreeSet<>();

	/** A command as one client writes it. */
	private record Step(Command command, String line) {

		@Override
		public String toString() {
			return this.command + " (" + Mutations.visible(this.line.getBytes(StandardCharsets.UTF_8)) + ")";
		}

	}

	/**
	 * Plays steps to a server; throws AssertionError when it does not do as the model.
	 */
	@FunctionalInterface
	private interface Player {

		void play(Server server, List<Step> steps) throws IOException;

	}

	@AfterEach
	void closeSessions() {
		this.sessions.values().forEach(InMemorySession::close);
	}

	/** All commands of a session in one go (RFC 2920), in segments of any size. */
	@Test
	void pipelinedSequencesAreAnsweredAsTheModelSays() throws IOException {
		for (Server server : SERVERS) {
			this.sessions.put(server, new InMemorySession(this.directory, (draft) -> {
				configure(server, draft);
				TlsPolicy tls = server.tlsRequired() ? TlsPolicy.requireStartTls(Certificates::server)
						: TlsPolicy.startTls(Certificates::server);
				draft.listeners.add(server.tlsOffered() ? Listener.of(25).tls(tls) : Listener.of(25));
			}));
		}
		run(SERVERS, List.of(Command.EHLO, Command.MAIL), SEQUENCES, this::playInMemory);
		assertThat(this.sent).as("commands that were sent").containsExactlyInAnyOrder(Command.values());
		assertThat(this.replies).as("replies that came")
			.contains("220", "221", "235", "250", "252", "334", "354", "421", "450", "452", "500", "501", "502", "503",
					"504", "530", "535", "550", "552", "553", "554", "555");
	}

	/** One by one on a socket, so that STARTTLS can go on. */
	@Test
	void sequencesAreAnsweredAsTheModelSaysBeforeAndInTls() throws IOException {
		Map<Server, TestServer> servers = new LinkedHashMap<>();
		try {
			for (Server server : TLS_SERVERS) {
				servers.put(server, TestServer.start((builder) -> configure(server, builder)));
			}
			run(TLS_SERVERS, TLS_BEGINNING, TLS_SEQUENCES,
					(server, steps) -> playOnSocket(server, servers.get(server), steps));
		}
		finally {
			servers.values().forEach(TestServer::close);
		}
		assertThat(this.replies).as("replies that came").contains("220", "235", "354", "530", "538");
	}

	private void run(List<Server> servers, List<Command> beginning, int sequences, Player player) throws IOException {
		List<Command> bag = new ArrayList<>();
		for (Command command : Command.values()) {
			for (int i = WEIGHTS.getOrDefault(command, 1); i > 0; i--) {
				bag.add(command);
			}
		}
		for (int sequence = 0; sequence < sequences; sequence++) {
			Random random = new Random(SEED + sequence);
			Server server = servers.get(random.nextInt(servers.size()));
			List<Step> steps = new ArrayList<>();
			int usual = random.nextInt(beginning.size() + 1);
			int length = usual + random.nextInt(MOST_COMMANDS);
			for (int i = 0; i < length; i++) {
				Command command = (i < usual) ? beginning.get(i) : bag.get(random.nextInt(bag.size()));
				steps.add(new Step(command, command.lines.get(random.nextInt(command.lines.size()))));
			}
			AssertionError failure = failure(player, server, steps);
			if (failure != null) {
				List<Step> shortest = shrink(player, server, steps);
				throw new AssertionError("seed " + (SEED + sequence) + " on " + server + ", in short:\n"
						+ shortest.stream().map(Step::toString).collect(Collectors.joining("\n")) + "\n"
						+ failure(player, server, shortest), failure);
			}
		}
	}

	private static AssertionError failure(Player player, Server server, List<Step> steps) throws IOException {
		try {
			player.play(server, steps);
			return null;
		}
		catch (AssertionError ex) {
			return ex;
		}
	}

	/** Leaves out what the failure does not need. */
	private static List<Step> shrink(Player player, Server server, List<Step> steps) throws IOException {
		List<Step> shortest = new ArrayList<>(steps);
		for (int i = shortest.size() - 1; i >= 0; i--) {
			List<Step> shorter = new ArrayList<>(shortest);
			shorter.remove(i);
			if (failure(player, server, shorter) != null) {
				shortest = shorter;
			}
		}
		return shortest;
	}

	private void playInMemory(Server server, List<Step> steps) throws IOException {
		SessionModel model = new SessionModel(server);
		List<Turn> turns = new ArrayList<>();
		turns.add(new Turn("", "220 "));
		for (int i = 0; i < steps.size() && !model.over(); i++) {
			Step step = steps.get(i);
			this.sent.add(step.command());
			turns.addAll(model.play(step.command(), step.line(), i == steps.size() - 1));
		}
		String text = turns.stream().map(Turn::sent).collect(Collectors.joining());
		// what follows an end must not be read; behind STARTTLS it makes the end
		byte[] sentOctets = (text + (model.over() ? "NOOP\r\n" : "")).getBytes(StandardCharsets.UTF_8);
		InMemorySession session = this.sessions.get(server);
		byte[] written = session.run(new Segments(sentOctets, new Random(Arrays.hashCode(sentOctets))));
		List<String> actual = replies(new String(written, StandardCharsets.UTF_8));
		for (int i = 0; i < turns.size(); i++) {
			check(turns, i, (i < actual.size()) ? actual.get(i) : null);
		}
		assertThat(actual).as("replies to %s", turns).hasSameSizeAs(turns);
		checkMessages(model, session.messages());
	}

	private void playOnSocket(Server server, TestServer running, List<Step> steps) throws IOException {
		SessionModel model = new SessionModel(server);
		List<Turn> turns = new ArrayList<>();
		running.messages().clear();
		try (RawClient inClear = new RawClient(running.server().localAddress("tls"))) {
			RawClient client = inClear.expect("220 ");
			for (int i = 0; i < steps.size() && !model.over(); i++) {
				boolean before = model.inClear();
				for (Turn turn : model.play(steps.get(i).command(), steps.get(i).line(), true)) {
					turns.add(turn);
					client.send(turn.sent());
					check(turns, turns.size() - 1, client.reply());
				}
				if (before && !model.inClear()) {
					client = new RawClient(Certificates.secure(client.socket()));
				}
			}
			if (model.over()) {
				client.expectClosed();
			}
		}
		checkMessages(model, running.messages());
	}

	private void check(List<Turn> turns, int index, String reply) {
		Turn turn = turns.get(index);
		assertThat(reply).as("reply after %s", turns.subList(0, index + 1)).isNotNull();
		assertThat(reply.replaceFirst("^(\\d{3})-", "$1 ")).as("reply after %s", turns.subList(0, index + 1))
			.startsWith(turn.reply().strip());
		this.replies.add(reply.substring(0, 3));
		if (turn.keywords() != null) {
			assertThat(reply.lines().skip(1).map((line) -> line.substring(4).split(" ", 2)[0])).as("keywords")
				.containsExactlyInAnyOrderElementsOf(turn.keywords());
		}
	}

	private static void checkMessages(SessionModel model, List<ReceivedMessage> messages) {
		assertThat(messages)
			.extracting(
					(message) -> "<" + message.reversePath() + "> -> " + message.forwardPaths() + ": " + message.text())
			.as("messages")
			.containsExactlyElementsOf(model.accepted().stream().map(Mail::toString).toList());
	}

	/** Whole replies, their lines joined. */
	private static List<String> replies(String written) {
		List<String> replies = new ArrayList<>();
		StringBuilder reply = new StringBuilder();
		for (String line : written.split("\r\n")) {
			reply.append(line).append('\n');
			if (line.charAt(3) == ' ') {
				replies.add(reply.toString());
				reply.setLength(0);
			}
		}
		assertThat(reply).as("a reply without its end").isEmpty();
		return replies;
	}

	private static void configure(Server server, Settings.Draft draft) {
		draft.maxRecipients = SessionModel.MOST_RECIPIENTS;
		draft.maxMessageSize = SessionModel.MOST_OCTETS;
		draft.limits = limits(server);
		draft.authenticator = authenticator();
		draft.authAllowWithoutTls = server.authInClear();
		draft.authRequired = server.authRequired();
		draft.heloCheckers.add((peer, name) -> refuse(name, 550, "5.7.1"));
		draft.senderCheckers.add((peer, reversePath) -> refuse(reversePath, 550, "5.7.1"));
		draft.recipientCheckers.add((peer, reversePath, forwardPath) -> refuse(forwardPath, 450, "4.2.1"));
		draft.messageHandlers.add(0, SessionModelTests::refuseMessage);
	}

	private static void configure(Server server, SmtpServer.Builder builder) {
		TlsPolicy tls = server.tlsRequired() ? TlsPolicy.requireStartTls(Certificates::server)
				: TlsPolicy.startTls(Certificates::server);
		builder.listener(Listener.of(TestServer.loopback()).named("tls").tls(tls))
			.maxRecipients(SessionModel.MOST_RECIPIENTS)
			.maxMessageSize(SessionModel.MOST_OCTETS)
			.limits(limits(server))
			.authenticator(authenticator())
			.authAllowWithoutTls(server.authInClear())
			.authRequired(server.authRequired())
			.heloChecker((peer, name) -> refuse(name, 550, "5.7.1"))
			.senderChecker((peer, reversePath) -> refuse(reversePath, 550, "5.7.1"))
			.recipientChecker((peer, reversePath, forwardPath) -> refuse(forwardPath, 450, "4.2.1"))
			.messageHandler(SessionModelTests::refuseMessage);
	}

	private static SmtpLimits limits(Server server) {
		return SmtpLimits.defaults()
			.maxErrors(server.maxErrors())
			.maxJunkCommands(server.maxJunk())
			.maxAuthFailures(server.maxAuthFailures());
	}

	private static Authenticator authenticator() {
		return Authenticator
			.passwords((peer, username, password) -> username.equals("user") && password.equals("secret"));
	}

	private static void refuse(String text, int code, String status) {
		if (text.startsWith("refused")) {
			throw new SmtpException(code, status, "Not this one");
		}
	}

	private static void refuseMessage(Peer peer, Envelope envelope) throws IOException {
		byte[] data = envelope.mailData().readAllBytes();
		refuse(new String(data, StandardCharsets.US_ASCII).replace("Subject: ", ""), 554, "5.7.1");
	}

}
