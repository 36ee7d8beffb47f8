package io.smtpd.relay;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

/** Servers of others, where the machine has them (Debian: python3-aiosmtpd, postfix). */
@Timeout(60)
class PeerServersTests {

	private static final String PYTHON = "/usr/bin/python3";

	private static final Path SMTP_SINK = Path.of("/usr/sbin/smtp-sink");

	private static final String ACCEPTED = "250 2.0.0 Ok: queued as ";

	private static final String MESSAGE = "Subject: \u00e4\r\n\r\n.dot\r\n..\r\n\u00ff\r\n";

	/** Prints its port, then a line for each message. */
	private static final String AIOSMTPD = """
			import asyncio
			from aiosmtpd.smtp import SMTP
			class Handler:
			    async def handle_DATA(self, server, session, envelope):
			        print(envelope.mail_from, ','.join(envelope.rcpt_tos), envelope.content.hex(), flush=True)
			        return '250 OK'
			async def main():
			    loop = asyncio.get_running_loop()
			    server = await loop.create_server(
			        lambda: SMTP(Handler(), hostname='peer.example', enable_SMTPUTF8=True), '127.0.0.1', 0)
			    print(server.sockets[0].getsockname()[1], flush=True)
			    await server.serve_forever()
			asyncio.run(main())
			""";

	@Test
	void aiosmtpdGetsTheSameOctets() throws Exception {
		assumeThat(Files.isExecutable(Path.of(PYTHON))).isTrue();
		Process process = new ProcessBuilder(PYTHON, "-c", AIOSMTPD).redirectError(ProcessBuilder.Redirect.DISCARD)
			.start();
		try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
			String port = output.readLine();
			assumeThat(port).as("the port of an aiosmtpd that is installed").isNotNull();
			RelayHandler relay = RelayHandler.to("127.0.0.1").port(Integer.parseInt(port)).build();
			try (RelayingServer server = new RelayingServer(relay)) {
				String reply = server.deliver(" SMTPUTF8 BODY=8BITMIME", List.of("a@example.org", "b@example.org"),
						octets(MESSAGE.replace("\r\n.", "\r\n..")));
				assertThat(reply).startsWith(ACCEPTED);
			}
			assertThat(output.readLine()).isEqualTo(
					"sender@client.example a@example.org,b@example.org " + HexFormat.of().formatHex(octets(MESSAGE)));
		}
		finally {
			process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
		}
	}

	@Test
	void smtpSinkGetsTheSameOctets() throws Exception {
		assumeThat(Files.isExecutable(SMTP_SINK)).isTrue();
		Path directory = Files.createTempDirectory("smtp-sink");
		Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
		int port = freePort();
		Process process = new ProcessBuilder(sinkCommand(port)).directory(directory.toFile())
			.redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		try {
			await().until(() -> accepts(port) || !process.isAlive());
			assumeThat(process.isAlive()).isTrue();
			try (RelayingServer server = new RelayingServer(RelayHandler.to("127.0.0.1").port(port).build())) {
				String reply = server.deliver(" BODY=8BITMIME", List.of("a@example.org"),
						octets(MESSAGE.replace("\r\n.", "\r\n..")));
				assertThat(reply).startsWith(ACCEPTED);
			}
			Path file = directory.resolve("mails"); // it writes LF, and its own fields on
													// top
			assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).contains(MESSAGE.replace("\r\n", "\n"));
		}
		finally {
			process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
			Files.deleteIfExists(directory.resolve("mails"));
			Files.deleteIfExists(directory);
		}
	}

	private static List<String> sinkCommand(int port) {
		List<String> command = new ArrayList<>(List.of(SMTP_SINK.toString(), "-D", "mails"));
		if (System.getProperty("user.name").equals("root")) {
			command.addAll(List.of("-u", "nobody"));
		}
		command.addAll(List.of("127.0.0.1:" + port, "10"));
		return command;
	}

	/** It cannot choose a port by itself. */
	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
	}

	private static boolean accepts(int port) {
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static byte[] octets(String text) {
		return text.getBytes(StandardCharsets.ISO_8859_1);
	}

}
