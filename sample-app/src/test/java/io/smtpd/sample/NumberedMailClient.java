package io.smtpd.sample;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Sends one numbered message after the other until the connection breaks. A temporary
 * failure of a message is no reason to stop, nor to send that one again.
 *
 * @param port the server's port
 * @param name the client's name, part of every message
 * @param answered told the id and the mail data of each message that got its 250
 * @param refused told the reply to each message that got another
 */
record NumberedMailClient(int port, String name, BiConsumer<String, String> answered,
		Consumer<String> refused) implements Runnable {

	NumberedMailClient(int port, String name, BiConsumer<String, String> answered) {
		this(port, name, answered, (reply) -> {
		});
	}

	private static final String FILLER = "0123456789".repeat(7) + "\r\n";

	/** Above this many lines a message is spooled to a file. */
	private static final int MANY_LINES = 5000;

	@Override
	public void run() {
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), this.port);
				BufferedReader replies = new BufferedReader(
						new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
			OutputStream commands = socket.getOutputStream();
			expect(220, replies);
			say("HELO client.example.org", commands);
			expect(250, replies);
			for (int number = 0; true; number++) {
				String message = message(number);
				String reply = send(message, replies, commands);
				if (reply.startsWith("250 ")) {
					this.answered.accept(reply.substring(reply.lastIndexOf(' ') + 1), message);
				}
				else {
					this.refused.accept(reply);
				}
			}
		}
		catch (IOException ex) {
			// killed, as it should be
		}
	}

	private String message(int number) {
		int lines = (number % 10 == 9) ? MANY_LINES : number % 10;
		return "Subject: " + this.name + " number " + number + "\r\n\r\n" + FILLER.repeat(lines) + "The end of number "
				+ number + "\r\n";
	}

	private static String send(String message, BufferedReader replies, OutputStream commands) throws IOException {
		say("MAIL FROM:<sender@example.org>", commands);
		expect(250, replies);
		say("RCPT TO:<recipient@example.org>", commands);
		expect(250, replies);
		say("DATA", commands);
		expect(354, replies);
		say(message + ".", commands);
		String reply = replies.readLine();
		if (reply == null || !reply.matches("(250|45[0-9]) .*")) {
			throw new IOException("Neither taken nor to be sent again: " + reply);
		}
		return reply;
	}

	private static void say(String line, OutputStream commands) throws IOException {
		commands.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
	}

	private static String expect(int code, BufferedReader replies) throws IOException {
		String reply = replies.readLine();
		if (reply == null || !reply.startsWith(code + " ")) {
			throw new IOException("Not " + code + " but " + reply);
		}
		return reply;
	}

}
