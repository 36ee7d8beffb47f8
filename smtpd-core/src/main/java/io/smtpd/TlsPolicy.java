package io.smtpd;

import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * What a listener does about TLS. The context is asked for at each handshake, so a
 * supplier that changes its answer brings in a new certificate without a restart. TLS 1.2
 * and 1.3 are spoken, nothing older. Immutable.
 */
public sealed interface TlsPolicy {

	/**
	 * Clear text only.
	 * @return the policy
	 */
	static TlsPolicy none() {
		return new None();
	}

	/**
	 * Offers STARTTLS (RFC 3207).
	 * @param context gives the context for the next handshake
	 * @return the policy
	 */
	static StartTls startTls(Supplier<SSLContext> context) {
		return new StartTls(context, (parameters) -> {
		}, false);
	}

	/**
	 * Offers STARTTLS and refuses everything else before it (RFC 3207 §4):
	 * {@code 530 5.7.0}, but for EHLO, LHLO, NOOP, STARTTLS and QUIT.
	 * @param context gives the context for the next handshake
	 * @return the policy
	 */
	static StartTls requireStartTls(Supplier<SSLContext> context) {
		return new StartTls(context, (parameters) -> {
		}, true);
	}

	/**
	 * Speaks TLS from the first octet (RFC 8314 §3.3).
	 * @param context gives the context for the next handshake
	 * @return the policy
	 */
	static Implicit implicit(Supplier<SSLContext> context) {
		return new Implicit(context, (parameters) -> {
		});
	}

	/**
	 * No TLS.
	 */
	record None() implements TlsPolicy {

	}

	/**
	 * A policy with TLS in it.
	 */
	sealed interface Encrypted extends TlsPolicy {

		/**
		 * Gives the context for the next handshake.
		 * @return the supplier
		 */
		Supplier<SSLContext> context();

		/**
		 * Changes the parameters of each handshake, for example to ask for a client
		 * certificate or to narrow protocols and cipher suites.
		 * @return the customizer
		 */
		Consumer<SSLParameters> parameters();

		/**
		 * Makes the same policy with other parameters.
		 * @param customizer changes the parameters of each handshake
		 * @return the new policy
		 */
		Encrypted parameters(Consumer<SSLParameters> customizer);

	}

	/**
	 * TLS on request of the client.
	 *
	 * @param context gives the context for the next handshake
	 * @param parameters changes the parameters of each handshake
	 * @param required whether other commands are refused before it
	 */
	record StartTls(Supplier<SSLContext> context, Consumer<SSLParameters> parameters,
			boolean required) implements Encrypted {

		/**
		 * Checks that nothing is null.
		 */
		public StartTls {
			Objects.requireNonNull(context, "context");
			Objects.requireNonNull(parameters, "parameters");
		}

		@Override
		public StartTls parameters(Consumer<SSLParameters> customizer) {
			return new StartTls(this.context, customizer, this.required);
		}

	}

	/**
	 * TLS at once.
	 *
	 * @param context gives the context for the next handshake
	 * @param parameters changes the parameters of each handshake
	 */
	record Implicit(Supplier<SSLContext> context, Consumer<SSLParameters> parameters) implements Encrypted {

		/**
		 * Checks that nothing is null.
		 */
		public Implicit {
			Objects.requireNonNull(context, "context");
			Objects.requireNonNull(parameters, "parameters");
		}

		@Override
		public Implicit parameters(Consumer<SSLParameters> customizer) {
			return new Implicit(this.context, customizer);
		}

	}

}
