package io.smtpd.benchmarks;

import java.util.Arrays;
import java.util.OptionalDouble;

/** The middle of some figures. */
final class Medians {

	private Medians() {
	}

	static OptionalDouble of(double... figures) {
		if (figures.length == 0) {
			return OptionalDouble.empty();
		}
		double[] sorted = figures.clone();
		Arrays.sort(sorted);
		int middle = sorted.length / 2;
		boolean odd = sorted.length % 2 == 1;
		return OptionalDouble.of(odd ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
	}

}
