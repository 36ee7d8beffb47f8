package io.smtpd.autoconfigure;

import io.smtpd.autoconfigure.actuate.SmtpServerActuatorAutoConfiguration;
import io.smtpd.autoconfigure.metrics.SmtpServerMetricsAutoConfiguration;
import io.smtpd.autoconfigure.metrics.SmtpServerObservationAutoConfiguration;
import io.smtpd.autoconfigure.ratelimit.SmtpServerRateLimiterAutoConfiguration;
import io.smtpd.autoconfigure.security.SmtpServerSecurityAutoConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles.Kind;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.javapoet.ClassName;

import static org.assertj.core.api.Assertions.assertThat;

class AheadOfTimeTests {

	@Test
	void everyBeanCanBeMadeWithoutReflectionOnConfigurations() {
		InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
		DefaultGenerationContext generation = new DefaultGenerationContext(
				new ClassNameGenerator(ClassName.get(AheadOfTimeTests.class)), files);
		AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
		TestPropertyValues.of("smtpd.auth.spring-security=true").applyTo(context);
		context.register(MetricsAutoConfiguration.class, SimpleMetricsExportAutoConfiguration.class,
				CompositeMeterRegistryAutoConfiguration.class, ObservationAutoConfiguration.class,
				SmtpServerAutoConfiguration.class, SmtpServerRateLimiterAutoConfiguration.class,
				SmtpServerSecurityAutoConfiguration.class, SmtpServerActuatorAutoConfiguration.class,
				SmtpServerMetricsAutoConfiguration.class, SmtpServerObservationAutoConfiguration.class);
		new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
		generation.writeGeneratedContent();
		assertThat(files.getGeneratedFiles(Kind.SOURCE).keySet())
			.anyMatch((file) -> file.contains("SmtpServerAutoConfiguration"))
			.anyMatch((file) -> file.contains("SmtpServerRateLimiterAutoConfiguration"))
			.anyMatch((file) -> file.contains("SmtpServerSecurityAutoConfiguration"))
			.anyMatch((file) -> file.contains("SmtpServerMetricsAutoConfiguration"))
			.anyMatch((file) -> file.contains("SmtpServerObservationAutoConfiguration"))
			.anyMatch((file) -> file.contains("SmtpServerActuatorAutoConfiguration"));
		assertThat(RuntimeHintsPredicates.reflection().onType(SmtpServerProperties.class))
			.accepts(generation.getRuntimeHints());
		assertThat(RuntimeHintsPredicates.reflection().onType(SmtpServerListenerProperties.class))
			.accepts(generation.getRuntimeHints());
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_21)
	void nativeImageKeepsTheWayToVirtualThreads() throws Exception {
		RuntimeHints hints = new RuntimeHints();
		new VirtualThreadRuntimeHints().registerHints(hints, getClass().getClassLoader());
		Class<?> builder = Class.forName("java.lang.Thread$Builder");
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Thread.class.getMethod("ofVirtual")))
			.accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection()
			.onMethodInvocation(builder.getMethod("name", String.class, long.class))).accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(builder.getMethod("factory"))).accepts(hints);
	}

}
