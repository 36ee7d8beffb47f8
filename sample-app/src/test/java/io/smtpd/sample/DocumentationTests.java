package io.smtpd.sample;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Holds the documentation against what the starter has.
 */
class DocumentationTests {

	private static final Path ROOT = Path.of("..");

	@Test
	void everyPropertyIsExplained() throws IOException {
		Set<String> properties = propertiesInMetadata();
		assertThat(properties).contains("smtpd.port");

		assertThat(namesIn("docs/properties.md", "`(smtpd\\.[a-z0-9.<>-]+)`")).containsAll(properties);
	}

	@Test
	void otherDocumentsNameNoPropertyThatIsNotExplained() throws IOException {
		String property = "`(smtpd\\.[a-z0-9.<>-]+)[`=]";
		Set<String> explained = namesIn("docs/properties.md", property);

		for (String document : List.of("README.md", "SECURITY.md", "docs/security.md")) {
			assertThat(explained).as("explained of %s", document).containsAll(namesIn(document, property));
		}
	}

	@Test
	void everyLinkBetweenDocumentsLeadsToAFile() throws IOException {
		for (String document : List.of("README.md", "docs/properties.md", "docs/beans.md", "docs/metrics.md",
				"docs/operations/README.md", "docs/protocol.md", "docs/recipes.md", "docs/relay.md",
				"docs/verification.md", "docs/architecture.md", "docs/performance.md", "docs/security.md",
				"SECURITY.md", "CONTRIBUTING.md")) {
			for (String link : namesIn(document, "]\\((?!https?:)([^)#]+)(?:#[^)]*)?\\)")) {
				assertThat(ROOT.resolve(document).resolveSibling(link)).as("link in %s", document).exists();
			}
		}
	}

	@Test
	void everyTestThatShowsTheSecurityIsThere() throws IOException {
		Set<String> tests = namesIn("docs/security.md", "`([A-Za-z]+Tests#[A-Za-z0-9]+)`");
		assertThat(tests).hasSizeGreaterThan(20).allSatisfy((test) -> {
			String[] names = test.split("#");
			assertThat(sourcesOf(names[0] + ".java")).anyMatch((source) -> source.contains("void " + names[1] + "(")
					|| source.contains("ArchRule " + names[1] + " ="));
		});
	}

	private static List<String> sourcesOf(String fileName) throws IOException {
		List<String> sources = new ArrayList<>();
		for (String module : List.of("smtpd-core", "smtpd-spring-boot-autoconfigure", "sample-app")) {
			try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
				for (Path file : files.filter((path) -> path.endsWith(fileName)).toList()) {
					sources.add(Files.readString(file));
				}
			}
		}
		return sources;
	}

	static Set<String> namesIn(String document, String pattern) throws IOException {
		String text = Files.readString(ROOT.resolve(document));
		return Pattern.compile(pattern)
			.matcher(text)
			.results()
			.map((MatchResult result) -> result.group(1))
			.collect(Collectors.toCollection(TreeSet::new));
	}

	private static Set<String> propertiesInMetadata() throws IOException {
		Set<String> names = new TreeSet<>();
		for (URL url : Collections.list(DocumentationTests.class.getClassLoader()
			.getResources("META-INF/spring-configuration-metadata.json"))) {
			try (InputStream stream = url.openStream()) {
				for (JsonNode property : JsonMapper.shared().readTree(stream).get("properties")) {
					String name = property.get("name").asString();
					if (name.startsWith("smtpd.")) {
						names.add(name);
					}
				}
			}
		}
		return names;
	}

}
