package io.smtpd.sasl;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.PSSParameterSpec;
import java.util.Locale;

import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLSession;

import org.jspecify.annotations.Nullable;

/**
 * Octets that both ends of one TLS connection know and a man in the middle does not
 * share. Null always means: not to be had here, so refuse.
 */
final class ChannelBinding {

	/** RFC 5929 §4: the server's certificate. */
	static final String TLS_SERVER_END_POINT = "tls-server-end-point";

	/** RFC 9266: a key derived from the connection. */
	static final String TLS_EXPORTER = "tls-exporter";

	private static final int EXPORTER_OCTETS = 32;

	/** Only newer JDKs have it (25). */
	private static final @Nullable Method EXPORT = exportMethod();

	private ChannelBinding() {
	}

	static boolean availableTo(@Nullable SSLSession session) {
		return of(TLS_SERVER_END_POINT, session) != null || of(TLS_EXPORTER, session) != null;
	}

	static byte @Nullable [] of(String type, @Nullable SSLSession session) {
		if (session == null) {
			return null;
		}
		try {
			return switch (type) {
				case TLS_SERVER_END_POINT -> serverEndPoint(session.getLocalCertificates());
				case TLS_EXPORTER -> exporter(session);
				default -> null;
			};
		}
		catch (GeneralSecurityException ex) {
			return null;
		}
	}

	private static byte @Nullable [] serverEndPoint(Certificate @Nullable [] local) throws GeneralSecurityException {
		if (local == null || local.length == 0 || !(local[0] instanceof X509Certificate certificate)) {
			return null;
		}
		String algorithm = hashAlgorithm(certificate);
		return (algorithm != null) ? MessageDigest.getInstance(algorithm).digest(certificate.getEncoded()) : null;
	}

	/** RFC 5929 §4.1: the signature's hash, SHA-256 in place of MD5 and SHA-1. */
	private static @Nullable String hashAlgorithm(X509Certificate certificate) throws GeneralSecurityException {
		String signature = certificate.getSigAlgName().toUpperCase(Locale.ROOT);
		String hash;
		if (signature.equals("RSASSA-PSS")) {
			AlgorithmParameters parameters = AlgorithmParameters.getInstance("RSASSA-PSS");
			try {
				parameters.init(certificate.getSigAlgParams());
			}
			catch (IOException ex) {
				return null;
			}
			hash = parameters.getParameterSpec(PSSParameterSpec.class).getDigestAlgorithm().toUpperCase(Locale.ROOT);
		}
		else {
			int with = signature.indexOf("WITH");
			if (with < 0) {
				return null; // EdDSA: §4.1 leaves it undefined
			}
			hash = signature.substring(0, with);
		}
		return switch (hash) {
			case "MD5", "SHA1", "SHA-1" -> "SHA-256";
			default -> hash.matches("SHA\\d.*") && !hash.startsWith("SHA3") ? "SHA-" + hash.substring(3) : hash;
		};
	}

	private static byte @Nullable [] exporter(SSLSession session) {
		// In TLS 1.2 it is safe only with an extended master secret (RFC 9266 §4.2),
		// which a session does not tell.
		if (EXPORT == null || !(session instanceof ExtendedSSLSession) || !session.getProtocol().equals("TLSv1.3")) {
			return null;
		}
		try {
			return (byte[]) EXPORT.invoke(session, "EXPORTER-Channel-Binding", new byte[0], EXPORTER_OCTETS);
		}
		catch (ReflectiveOperationException ex) {
			return null; // the provider has no such key
		}
	}

	private static @Nullable Method exportMethod() {
		try {
			return ExtendedSSLSession.class.getMethod("exportKeyingMaterialData", String.class, byte[].class,
					int.class);
		}
		catch (NoSuchMethodException ex) {
			return null;
		}
	}

	/** RFC 5802 §6: the header that the client sent, then the binding's octets. */
	static byte[] input(Gs2Header header, byte @Nullable [] binding) {
		byte[] text = header.text().getBytes(StandardCharsets.UTF_8);
		if (binding == null) {
			return text;
		}
		byte[] input = new byte[text.length + binding.length];
		System.arraycopy(text, 0, input, 0, text.length);
		System.arraycopy(binding, 0, input, text.length, binding.length);
		return input;
	}

}
