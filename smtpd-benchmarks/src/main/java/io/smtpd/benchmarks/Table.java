package io.smtpd.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A table in Markdown. */
final class Table {

	private static final Pattern NUMBER = Pattern.compile("[-0-9.]+|–|\\*\\*failed\\*\\*.*");

	private final List<List<String>> rows = new ArrayList<>();

	Table(String... columns) {
		this(List.of(columns));
	}

	Table(List<String> columns) {
		this.rows.add(columns);
	}

	void row(List<String> cells) {
		this.rows.add(cells);
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

	/** Columns of numbers are set to the right. */
	@Override
	public String toString() {
		List<String> columns = this.rows.get(0);
		List<List<String>> body = this.rows.subList(1, this.rows.size());
		StringBuilder rule = new StringBuilder("|");
		for (int i = 0; i < columns.size(); i++) {
			int column = i;
			boolean numbers = body.stream().allMatch((row) -> NUMBER.matcher(row.get(column)).matches());
			rule.append(numbers ? "---:|" : "---|");
		}
		return line(columns) + rule + "\n" + body.stream().map(Table::line).collect(Collectors.joining());
	}

	private static String line(List<String> cells) {
		return "| " + String.join(" | ", cells) + " |\n";
	}

}
