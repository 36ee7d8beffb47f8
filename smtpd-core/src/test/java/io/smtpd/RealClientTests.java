package io.smtpd;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import jakarta.mail.Address;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Clients that others wrote. Those that are programs run where the machine has them; none
 * is installed for the test.
 */
class RealClientTests {

	/** With all that may go wrong on the way: dots, blank lines, a long line. */
	private static final String MESSAGE = "From: sender@example.org\r\nTo: recipient@example.org\r\n"
			+ "Subject: all octets\r\n\r\n.\r\n..\r\n.leading\r\n\r\n\r\n" + "x".repeat(990)
			+ "\r\ntrailing \t\r\nend.\r\n";

	@TempDir
	Path directory;

	private TestServer server;

	@BeforeEach
	void startServer() throws IOException {
		this.server = TestServer.start((builder) -> builder.spoolMemoryThreshold(1000));
	}

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	@Test
	void angusMailSendsPlainText() throws Exception {
		byte[] sent = sendWithAngus(new Properties(), MESSAGE.getBytes(StandardCharsets.US_ASCII), "sender@example.org",
				"recipient@example.org", "other@example.org");
		ReceivedMessage received = received(sent);
		assertThat(received.reversePath()).isEqualTo("sender@example.org");
		assertThat(received.forwardPaths()).containsExactly("recipient@example.org", "other@example.org");
	}

	/** RFC 6152. */
	@Test
	void angusMailSendsEightBits() throws Exception {
		Properties properties = new Properties();
		properties.setProperty("mail.smtp.allow8bitmime", "true");
		byte[] octets = (MESSAGE.replace("\r\n\r\n.",
				"\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
						+ "Content-Transfer-Encoding: 8bit\r\n\r\nGr\u00fc\u00dfe \ud83d\ude00\r\n."))
			.getBytes(StandardCharsets.UTF_8);
		byte[] sent = sendWithAngus(properties, octets, "sender@example.org", "recipient@example.org");
		assertThat(new String(received(sent).data(), StandardCharsets.UTF_8)).contains("Gr\u00fc\u00dfe \ud83d\ude00");
	}

	/** RFC 6531. */
	@Test
	void angusMailSendsInternationalAddresses() throws Exception {
		Properties properties = new Properties();
		properties.setProperty("mail.mime.allowutf8", "true");
		properties.setProperty("mail.smtp.allow8bitmime", "true");
		byte[] octets = MESSAGE.replace("Subject: all", "Subject: \u00e4ll").getBytes(StandardCharsets.UTF_8);
		byte[] sent = sendWithAngus(properties, octets, "j\u00f6rg@b\u00fccher.example",
				"\u7528\u6237@\u4f8b\u5b50.example");
		ReceivedMessage received = received(sent);
		assertThat(received.parameters()).containsKey("SMTPUTF8");
		assertThat(received.reversePath()).isEqualTo("j\u00f6rg@b\u00fccher.example");
		assertThat(received.forwardPaths()).containsExactly("\u7528\u6237@\u4f8b\u5b50.example");
	}

	/** Skipped where there is no Python 3: the machine need not have it. */
	@Test
	void pythonSmtplibSends() throws Exception {
		assumeTrue(has("python3"), "no python3 on this machine");
		Path script = Files.writeString(this.directory.resolve("send.py"), """
				import smtplib, sys
				with smtplib.SMTP(sys.argv[1], int(sys.argv[2])) as client:
				    client.sendmail('sender@example.org', ['recipient@example.org', 'other@example.org'],
				                    open(sys.argv[3], 'rb').read())
				""");
		run("python3", script.toString(), host(), port(), messageFile().toString());
		assertThat(received(MESSAGE.getBytes(StandardCharsets.US_ASCII)).forwardPaths())
			.containsExactly("recipient@example.org", "other@example.org");
	}

	/** Skipped where there is no curl: the machine need not have it. */
	@Test
	void curlSends() throws Exception {
		assumeTrue(has("curl"), "no curl on this machine");
		run("curl", "-sS", "--max-time", "30", "smtp://" + host() + ":" + port() + "/client.example.org", "--mail-from",
				"sender@example.org", "--mail-rcpt", "recipient@example.org", "-T", messageFile().toString());
		assertThat(received(MESSAGE.getBytes(StandardCharsets.US_ASCII)).reversePath()).isEqualTo("sender@example.org");
	}

	/** Skipped where there is no swaks: the machine need not have it. */
	@Test
	void swaksSends() throws Exception {
		assumeTrue(has("swaks"), "no swaks on this machine");
		run("swaks", "--server", host(), "--port", port(), "--helo", "client.example.org", "--from",
				"sender@example.org", "--to", "recipient@example.org", "--pipeline", "--data",
				"@" + messageFile().toString());
		// swaks puts an empty line behind what it reads from a file
		assertThat(received(null).text()).isIn(MESSAGE, MESSAGE + "\r\n");
	}

	private byte[] sendWithAngus(Properties properties, byte[] octets, String from, String... to)
			throws MessagingException, IOException {
		properties.setProperty("mail.smtp.host", host());
		properties.setProperty("mail.smtp.port", port());
		properties.setProperty("mail.smtp.from", from);
		properties.setProperty("mail.smtp.timeout", "15000");
		MimeMessage message = new MimeMessage(Session.getInstance(properties), new ByteArrayInputStream(octets));
		message.saveChanges();
		List<Address> recipients = new ArrayList<>();
		for (String recipient : to) {
			recipients.add(new InternetAddress(recipient));
		}
		message.setRecipients(Message.RecipientType.BCC, new Address[0]);
		Transport.send(message, recipients.toArray(new Address[0]));
		ByteArrayOutputStream sent = new ByteArrayOutputStream();
		message.writeTo(sent);
		return sent.toByteArray();
	}

	private ReceivedMessage received(byte[] expected) {
		assertThat(this.server.messages()).hasSize(1);
		ReceivedMessage message = this.server.messages().get(0);
		if (expected != null) {
			assertThat(message.text()).isEqualTo(new String(expected, StandardCharsets.ISO_8859_1));
		}
		return message;
	}

	private Path messageFile() throws IOException {
		return Files.writeString(this.directory.resolve("message"), MESSAGE, StandardCharsets.US_ASCII);
	}

	private String host() {
		return address().getAddress().getHostAddress();
	}

	private String port() {
		return Integer.toString(address().getPort());
	}

	private InetSocketAddress address() {
		return this.server.address();
	}

	private static boolean has(String program) {
		return Stream.of(System.getenv("PATH").split(File.pathSeparator))
			.anyMatch((folder) -> Files.isExecutable(Path.of(folder, program)));
	}

	private void run(String... command) throws IOException, InterruptedException {
		Path output = this.directory.resolve("output");
		Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
		try {
			assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(Arrays.toString(command)).isTrue();
			assertThat(process.exitValue()).as(Files.readString(output)).isZero();
		}
		finally {
			process.destroyForcibly();
		}
	}

}
