package io.smtpd;

import java.io.ByteArrayOutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Changes inputs at random, without the guidance of a fuzzer but the same in every build.
 */
public final class Mutations {

	private static final int ROUNDS = Integer.getInteger("mutation.rounds", 300);

	private static final long SEED = Long.getLong("mutation.seed", 20260103L);

	private static final String[] TOKENS = { "\r\n", "\r", "\n", ".", "\0", "\t", " ", "<", ">", "\"", "\\", "@", "[",
			"]", ":", "=", ",", "+", ";", "\u0001", "\u00e4", "\u00c2\u0085", "\u00e2\u0080\u00a8", "a".repeat(64),
			"a".repeat(600) };

	private Mutations() {
	}

	/**
	 * Makes a test of every {@link FuzzTest} of a class: it gets a fixed number of inputs
	 * that are made of its seeds.
	 */
	public static Stream<DynamicTest> of(Object tests) {
		return Stream.of(tests.getClass().getDeclaredMethods())
			.filter((method) -> method.isAnnotationPresent(FuzzTest.class))
			.sorted(Comparator.comparing(Method::getName))
			.map((target) -> DynamicTest.dynamicTest(target.getName(), () -> run(tests, target)));
	}

	private static void run(Object tests, Method target) throws Exception {
		List<byte[]> seeds = seeds(tests.getClass(), target.getAnnotation(MethodSource.class).value()[0]);
		target.setAccessible(true);
		Random random = new Random(SEED);
		for (int round = 0; round < ROUNDS; round++) {
			byte[] input = of(seeds, TOKENS, random);
			try {
				target.invoke(tests, (Object) input.clone());
			}
			catch (InvocationTargetException ex) {
				throw new AssertionError(
						"seed " + SEED + ", round " + round + ", input " + Base64.getEncoder().encodeToString(input)
								+ " which is:\n" + visible(input) + "\nfails: " + ex.getCause(),
						ex.getCause());
			}
		}
	}

	private static List<byte[]> seeds(Class<?> tests, String name) throws Exception {
		Method method = tests.getDeclaredMethod(name);
		method.setAccessible(true);
		return ((Stream<?>) method.invoke(null)).map((seed) -> (byte[]) ((Named<?>) seed).getPayload()).toList();
	}

	/** Makes an input of others. */
	static byte[] of(List<byte[]> seeds, String[] tokens, Random random) {
		byte[] octets = seeds.get(random.nextInt(seeds.size()));
		for (int i = random.nextInt(5); i > 0; i--) {
			int from = random.nextInt(octets.length + 1);
			int to = from + random.nextInt(Math.min(20, octets.length - from) + 1);
			byte[] other = seeds.get(random.nextInt(seeds.size()));
			octets = switch (random.nextInt(6)) {
				case 0 -> join(octets, from, new byte[] { (byte) random.nextInt(256) }, from + ((to > from) ? 1 : 0));
				case 1 -> join(octets, from, new byte[0], to);
				case 2 -> join(octets, to, Arrays.copyOfRange(octets, from, to), to);
				case 3 -> join(octets, from, token(tokens, random), from);
				case 4 -> join(octets, from, other, octets.length);
				default -> join(octets, from, token(tokens, random), to);
			};
		}
		return octets;
	}

	static byte[] token(String[] tokens, Random random) {
		return tokens[random.nextInt(tokens.length)].getBytes(StandardCharsets.ISO_8859_1);
	}

	private static byte[] join(byte[] octets, int headEnd, byte[] middle, int tailStart) {
		ByteArrayOutputStream joined = new ByteArrayOutputStream();
		joined.write(octets, 0, headEnd);
		joined.writeBytes(middle);
		joined.write(octets, tailStart, octets.length - tailStart);
		return joined.toByteArray();
	}

	/** Octets as they are printed when a test fails. */
	static String visible(byte[] octets) {
		return new String(octets, StandardCharsets.ISO_8859_1).replace("\r", "\\r").replace("\n", "\\n\n");
	}

}
