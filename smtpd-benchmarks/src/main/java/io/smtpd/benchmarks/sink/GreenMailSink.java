package io.smtpd.benchmarks.sink;

import java.util.concurrent.TimeUnit;

import com.icegreen.greenmail.store.FolderException;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;

/** GreenMail, which keeps what it gets: its mailboxes are emptied each second. */
public final class GreenMailSink {

	private GreenMailSink() {
	}

	/**
	 * Starts the server.
	 * @param arguments a port
	 * @throws FolderException when mailboxes cannot be emptied
	 * @throws InterruptedException not at all
	 */
	public static void main(String[] arguments) throws FolderException, InterruptedException {
		ServerSetup setup = new ServerSetup(Integer.parseInt(arguments[0]), "127.0.0.1", ServerSetup.PROTOCOL_SMTP);
		setup.setReadTimeout(600_000);
		GreenMail server = new GreenMail(setup);
		server.start();
		while (true) {
			TimeUnit.SECONDS.sleep(1);
			server.purgeEmailFromAllMailboxes();
		}
	}

}
