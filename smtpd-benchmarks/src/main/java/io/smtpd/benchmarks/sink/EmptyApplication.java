package io.smtpd.benchmarks.sink;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;

/**
 * An application that has nothing to do. When it is up, it says 220 like a server, so
 * that its start is measured as theirs.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class EmptyApplication {

	/**
	 * Starts the application.
	 * @param arguments a port
	 * @throws IOException when the port cannot be bound
	 */
	public static void main(String[] arguments) throws IOException {
		SpringApplication.run(EmptyApplication.class);
		try (ServerSocket server = new ServerSocket(Integer.parseInt(arguments[0]), 50,
				InetAddress.getByName("127.0.0.1"))) {
			while (true) {
				try (Socket socket = server.accept(); OutputStream out = socket.getOutputStream()) {
					out.write("220 up\r\n".getBytes(StandardCharsets.US_ASCII));
				}
			}
		}
	}

}
