package io.smtpd.sample;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;

/**
 * Sends one numbered message after the other until the connection breaks.
 *
 * @param port the server's port
 * @param name the client's name, part of every message
 * @param answered told the id and the mail data of each message that got its 250
 */
record NumberedMailClient(int port, String name, BiConsumer<String, String> answered) implements Runnable {

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
				String id = send(message, replies, commands);
				this.answered.accept(id, message);
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
		String reply = expect(250, replies);
		return reply.substring(reply.lastIndexOf(' ') + 1);
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
