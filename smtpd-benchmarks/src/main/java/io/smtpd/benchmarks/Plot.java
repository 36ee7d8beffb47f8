package io.smtpd.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

import io.smtpd.benchmarks.Results.Sample;

/**
 * The ratios of messages a second to the base as bars, in SVG: up where a server is
 * faster, down where it is slower, on a logarithmic scale so that twice and half are as
 * far away.
 */
final class Plot {

	/** Colours that can be told apart without telling red from green. */
	private static final List<String> COLOURS = List.of("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9",
			"#d55e00", "#7f7f7f", "#b0a000");

	private static final double[] GRID = { 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10 };

	private static final double LOWEST = 0.04;

	private static final double HIGHEST = 14;

	private static final int LEFT = 60;

	private static final int TOP = 70;

	private static final int HEIGHT = 360;

	private static final int BAR = 11;

	private static final int GAP = 18;

	private final StringBuilder svg = new StringBuilder();

	private final Results results;

	private final List<Server> servers;

	private final int width;

	Plot(Results results) {
		this.results = results;
		this.servers = results.servers().stream().filter((server) -> !server.name().equals(Server.BASE)).toList();
		this.width = LEFT + results.cells().size() * groupWidth() + GAP;
	}

	private int groupWidth() {
		return Math.max(104, this.servers.size() * BAR + GAP);
	}

	void write(Path file) throws IOException {
		int whole = Math.max(this.width, 720);
		add("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
				+ "font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">", whole, TOP + HEIGHT + 50, whole,
				TOP + HEIGHT + 50);
		add("<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>");
		add("<text x=\"%d\" y=\"22\" font-size=\"15\" font-weight=\"bold\">Messages a second, as a ratio to %s</text>",
				LEFT, Server.BASE);
		legend();
		grid();
		for (int i = 0; i < this.results.cells().size(); i++) {
			group(this.results.cells().get(i), LEFT + GAP + i * groupWidth());
		}
		add("<text x=\"%d\" y=\"%d\" font-size=\"11\" fill=\"#666\">1 is %s, the scale is logarithmic and ends at %s and %s; "
				+ "a red cross is a failure</text>", LEFT, TOP + HEIGHT + 42, Server.BASE, LOWEST, HIGHEST);
		add("</svg>");
		Files.writeString(file, this.svg);
	}

	private void legend() {
		int x = LEFT;
		for (int i = 0; i < this.servers.size(); i++) {
			String name = this.servers.get(i).name();
			add("<rect x=\"%d\" y=\"36\" width=\"12\" height=\"12\" fill=\"%s\"/>", x, colour(i));
			add("<text x=\"%d\" y=\"47\">%s</text>", x + 17, name);
			x += 40 + name.length() * 7;
		}
	}

	private void grid() {
		for (double line : GRID) {
			boolean base = line == 1;
			add("<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>", LEFT, this.width, y(line), y(line),
					base ? "#222" : "#ddd");
			add("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT - 8, y(line) + 4,
					(line < 1) ? Double.toString(line) : Integer.toString((int) line));
		}
	}

	private void group(Cell cell, int x) {
		for (int i = 0; i < this.servers.size(); i++) {
			Server server = this.servers.get(i);
			OptionalDouble ratio = this.results.medianRatio(cell, server, Server.BASE, Sample::perSecond);
			int left = x + i * BAR;
			if (ratio.isEmpty()) {
				add("<text x=\"%d\" y=\"%.1f\" fill=\"#c00\" font-weight=\"bold\">×<title>%s, %s: failed</title></text>",
						left, y(1) - 3, server.name(), cell.name());
				continue;
			}
			double end = y(Math.max(LOWEST, Math.min(HIGHEST, ratio.getAsDouble())));
			add("<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"%s\"><title>%s, %s: %.2f</title></rect>",
					left, Math.min(end, y(1)), BAR - 1, Math.max(1, Math.abs(end - y(1))), colour(i), server.name(),
					cell.name(), ratio.getAsDouble());
		}
		add("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-size=\"11\">%s</text>",
				x + this.servers.size() * BAR / 2, TOP + HEIGHT + 20, cell.name());
	}

	private static double y(double ratio) {
		return TOP + HEIGHT * (Math.log(HIGHEST) - Math.log(ratio)) / (Math.log(HIGHEST) - Math.log(LOWEST));
	}

	private static String colour(int index) {
		return COLOURS.get(index % COLOURS.size());
	}

	@SuppressWarnings("AnnotateFormatMethod")
	private void add(String format, Object... arguments) {
		this.svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
	}

}
