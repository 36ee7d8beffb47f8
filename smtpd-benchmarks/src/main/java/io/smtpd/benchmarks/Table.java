package io.smtpd.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** A table in Markdown. */
final class Table {

	private final List<String> lines = new ArrayList<>();

	Table(String... columns) {
		this(List.of(columns));
	}

	Table(List<String> columns) {
		row(columns);
		this.lines.add("|---" + "|---:".repeat(columns.size() - 1) + "|");
	}

	void row(List<String> cells) {
		this.lines.add("| " + String.join(" | ", cells) + " |");
	}

	void row(String... cells) {
		row(List.of(cells));
	}

	static String number(OptionalDouble value, int decimals) {
		return value.isPresent() ? number(value.getAsDouble(), decimals) : "–";
	}

	static String number(double value, int decimals) {
		return String.format(Locale.ROOT, "%." + decimals + "f", value);
	}

	@Override
	public String toString() {
		return String.join("\n", this.lines) + "\n";
	}

}
