package io.smtpd.autoconfigure.verify;

import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

import io.smtpd.autoconfigure.verify.DnsResolver.Answer;
import io.smtpd.autoconfigure.verify.DnsResolver.RecordType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The test suite of openspf.org for RFC 7208 (release 2014.04), where Debian's package
 * python3-spf has put it.
 */
class SpfSuiteTests {

	private static final Path SUITE = Path.of("/usr/share/doc/python3-spf/rfc7208-tests.yml.gz");

	@TestFactory
	List<DynamicTest> suite() throws IOException {
		assumeTrue(Files.isReadable(SUITE), "python3-spf is not installed");
		LoaderOptions options = new LoaderOptions();
		options.setCodePointLimit(10_000_000);
		List<DynamicTest> tests = new ArrayList<>();
		try (InputStreamReader reader = new InputStreamReader(new GZIPInputStream(Files.newInputStream(SUITE)),
				StandardCharsets.UTF_8)) {
			for (Object document : new Yaml(options).loadAll(reader)) {
				Map<?, ?> scenario = (Map<?, ?>) document;
				DnsResolver zone = zone((Map<?, ?>) scenario.get("zonedata"));
				((Map<?, ?>) scenario.get("tests")).forEach((name, test) -> tests
					.add(DynamicTest.dynamicTest(scenario.get("description") + ": " + name, () -> {
						Map<?, ?> expected = (Map<?, ?>) test;
						assertThat(result(zone, expected)).as(String.valueOf(expected.get("description")))
							.isIn(asList(expected.get("result")));
					})));
			}
		}
		assertThat(tests).hasSizeGreaterThan(200);
		return tests;
	}

	private static String result(DnsResolver zone, Map<?, ?> test) throws IOException {
		String helo = String.valueOf(test.get("helo"));
		String sender = String.valueOf(test.get("mailfrom"));
		SpfCheck check = new SpfCheck(new BoundedResolver(zone, Duration.ofMinutes(1)),
				InetAddress.getByName(String.valueOf(test.get("host"))),
				sender.isEmpty() ? "postmaster@" + helo : sender, helo);
		return check.result().name().toLowerCase(Locale.ROOT);
	}

	private static DnsResolver zone(Map<?, ?> data) {
		Map<String, List<?>> zone = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		data.forEach((name, records) -> zone.put(String.valueOf(name), (List<?>) records));
		return (name, type) -> lookup(zone, name, type);
	}

	private static Answer lookup(Map<String, List<?>> zone, String name, RecordType type) throws DnsException {
		List<?> records = zone.get(name);
		if (records == null) {
			return Answer.NO_SUCH_NAME;
		}
		boolean txt = records.stream().anyMatch((data) -> data instanceof Map<?, ?> map && map.containsKey("TXT"));
		List<String> values = new ArrayList<>();
		boolean timeout = false;
		for (Object data : records) {
			if (!(data instanceof Map<?, ?> map)) {
				timeout = true; // for the types that are not there
				continue;
			}
			Map.Entry<?, ?> entry = map.entrySet().iterator().next();
			String kind = String.valueOf(entry.getKey());
			if (kind.equals("CNAME")) {
				return lookup(zone, String.valueOf(entry.getValue()), type);
			}
			kind = (kind.equals("SPF") && !txt) ? "TXT" : kind; // one text serves both
			if (kind.equals(type.name())) {
				if ("TIMEOUT".equals(entry.getValue())) {
					throw new DnsException("TIMEOUT", null);
				}
				if (!"NONE".equals(entry.getValue())) {
					values.add(value(type, entry.getValue()));
				}
			}
		}
		if (timeout && values.isEmpty()) {
			throw new DnsException("TIMEOUT", null);
		}
		return new Answer(true, values);
	}

	private static String value(RecordType type, Object value) {
		if (type == RecordType.MX) {
			return String.valueOf(((List<?>) value).get(1));
		}
		StringBuilder text = new StringBuilder();
		asList(value).forEach(text::append);
		return text.toString();
	}

	private static List<?> asList(Object value) {
		return (value instanceof List<?> list) ? list : List.of(value);
	}

}
