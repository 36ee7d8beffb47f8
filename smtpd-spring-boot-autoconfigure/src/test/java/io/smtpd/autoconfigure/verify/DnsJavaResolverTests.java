package io.smtpd.autoconfigure.verify;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

import io.smtpd.autoconfigure.verify.DnsResolver.Answer;
import io.smtpd.autoconfigure.verify.DnsResolver.RecordType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** Against a name server on the loopback interface. */
class DnsJavaResolverTests {

	private DatagramSocket socket;

	private final AtomicInteger questions = new AtomicInteger();

	private DnsJavaResolver resolver;

	@BeforeEach
	void start() throws IOException {
		this.socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
		Thread thread = new Thread(this::serve, "dns");
		thread.setDaemon(true);
		thread.start();
		this.resolver = new DnsJavaResolver(Duration.ofSeconds(5),
				new InetSocketAddress(InetAddress.getLoopbackAddress(), this.socket.getLocalPort()));
	}

	@AfterEach
	void stop() {
		this.socket.close();
	}

	@Test
	void answersAreTextInTheOrderOfPreference() throws Exception {
		assertThat(this.resolver.lookup("a.example", RecordType.A)).isEqualTo(Answer.of("192.0.2.1"));
		assertThat(this.resolver.lookup("a.example", RecordType.AAAA)).isEqualTo(Answer.of("2001:db8:0:0:0:0:0:1"));
		assertThat(this.resolver.lookup("a.example", RecordType.MX))
			.isEqualTo(Answer.of("first.example", "second.example"));
		assertThat(this.resolver.lookup("1.2.0.192.in-addr.arpa", RecordType.PTR)).isEqualTo(Answer.of("a.example"));
		assertThat(this.resolver.lookup("a.example", RecordType.TXT)).isEqualTo(Answer.of("v=spf1 -all", "caf\u00e9"));
	}

	@Test
	void aliasesAreFollowed() throws Exception {
		assertThat(this.resolver.lookup("alias.example", RecordType.A)).isEqualTo(Answer.of("192.0.2.1"));
	}

	@Test
	void missingNameAndMissingRecordAreAnswers() throws Exception {
		assertThat(this.resolver.lookup("none.example", RecordType.A)).isEqualTo(Answer.NO_SUCH_NAME);
		assertThat(this.resolver.lookup("alias.example", RecordType.MX).values()).isNotEmpty();
		assertThat(this.resolver.lookup("1.2.0.192.in-addr.arpa", RecordType.A)).isEqualTo(Answer.NO_DATA);
		assertThat(this.resolver.lookup("a..example", RecordType.A)).isEqualTo(Answer.NO_SUCH_NAME);
	}

	@Test
	void serverThatFailsIsNoAnswer() {
		assertThatExceptionOfType(DnsException.class)
			.isThrownBy(() -> this.resolver.lookup("broken.example", RecordType.A))
			.withMessage("No answer for broken.example A");
	}

	@Test
	void serverThatIsSilentIsNoAnswerAfterAWhile() {
		DnsJavaResolver impatient = new DnsJavaResolver(Duration.ofMillis(200),
				new InetSocketAddress(InetAddress.getLoopbackAddress(), this.socket.getLocalPort()));
		long start = System.nanoTime();
		assertThatExceptionOfType(DnsException.class)
			.isThrownBy(() -> impatient.lookup("silent.example", RecordType.A));
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
	}

	@Test
	void answersAreRemembered() throws Exception {
		this.resolver.lookup("a.example", RecordType.A);
		this.resolver.lookup("none.example", RecordType.A);
		int asked = this.questions.get();
		this.resolver.lookup("a.example", RecordType.A);
		assertThat(this.questions).hasValue(asked);
	}

	private void serve() {
		byte[] buffer = new byte[4096];
		try {
			while (true) {
				DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
				this.socket.receive(packet);
				this.questions.incrementAndGet();
				Message question = new Message(Arrays.copyOf(packet.getData(), packet.getLength()));
				if (!question.getQuestion().getName().toString().startsWith("silent")) {
					byte[] answer = answer(question).toWire();
					this.socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
				}
			}
		}
		catch (SocketException ex) {
			// closed: the test has ended
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static Message answer(Message question) throws IOException {
		Message answer = new Message(question.getHeader().getID());
		answer.getHeader().setFlag(Flags.QR);
		answer.getHeader().setFlag(Flags.RA);
		answer.addRecord(question.getQuestion(), Section.QUESTION);
		String name = question.getQuestion().getName().toString(true);
		switch (name + " " + Type.string(question.getQuestion().getType())) {
			case "a.example A" -> add(answer, name, Type.A, "192.0.2.1");
			case "a.example AAAA" -> add(answer, name, Type.AAAA, "2001:db8::1");
			case "a.example MX" -> {
				add(answer, name, Type.MX, "20 second.example.");
				add(answer, name, Type.MX, "10 first.example.");
			}
			case "a.example TXT" -> {
				add(answer, name, Type.TXT, "\"v=spf1 \" \"-all\"");
				add(answer, name, Type.TXT, "\"caf\\233\"");
			}
			case "alias.example A", "alias.example MX" -> add(answer, name, Type.CNAME, "a.example.");
			case "1.2.0.192.in-addr.arpa PTR" -> add(answer, name, Type.PTR, "a.example.");
			case "1.2.0.192.in-addr.arpa A" -> answer.getHeader().setRcode(Rcode.NOERROR);
			case "broken.example A" -> answer.getHeader().setRcode(Rcode.SERVFAIL);
			default -> answer.getHeader().setRcode(Rcode.NXDOMAIN);
		}
		return answer;
	}

	private static void add(Message answer, String name, int type, String data) throws IOException {
		answer.addRecord(Record.fromString(Name.fromString(name, Name.root), type, DClass.IN, 60, data, Name.root),
				Section.ANSWER);
	}

}
