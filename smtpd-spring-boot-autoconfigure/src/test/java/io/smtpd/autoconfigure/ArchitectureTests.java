package io.smtpd.autoconfigure;

import java.io.ObjectInputStream;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

@AnalyzeClasses(packages = "io.smtpd", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTests {

	private static final DescribedPredicate<JavaClass> INSIDE_OF_THE_CORE = DescribedPredicate.describe(
			"are the inside of the core",
			(type) -> type.getPackageName().startsWith("io.smtpd")
					&& !type.getPackageName().startsWith("io.smtpd.autoconfigure")
					&& !type.getModifiers().contains(JavaModifier.PUBLIC));

	@ArchTest
	static final ArchRule usesOnlyThePublicApiOfTheCore = noClasses().that()
		.resideInAPackage("io.smtpd.autoconfigure..")
		.should()
		.dependOnClassesThat(INSIDE_OF_THE_CORE);

	@ArchTest
	static final ArchRule optionalLibrariesStayInPackagesOfTheirOwn = noClasses().that()
		.resideInAPackage("io.smtpd.autoconfigure")
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("io.micrometer..", "org.springframework.boot.health..",
				"org.springframework.boot.actuate..", "org.springframework.boot.micrometer..",
				"org.springframework.security..", "io.github.bucket4j..", "com.github.benmanes..");

	@ArchTest
	static final ArchRule healthAndMetricsDoNotNeedEachOther = noClasses().that()
		.resideInAPackage("io.smtpd.autoconfigure.actuate..")
		.should()
		.dependOnClassesThat()
		.resideInAPackage("io.smtpd.autoconfigure.metrics..");

	@ArchTest
	static final ArchRule autoConfigurationsAreFinal = classes().that()
		.haveSimpleNameEndingWith("AutoConfiguration")
		.should()
		.haveModifier(JavaModifier.FINAL);

	/** What a client sends is text, and can become nothing else. */
	@ArchTest
	static final ArchRule nothingIsDeserializedLookedUpInJndiExecutedOrScripted = noClasses().that()
		.resideInAPackage("io.smtpd..")
		.should()
		.dependOnClassesThat(JavaClass.Predicates.assignableTo(ObjectInputStream.class))
		.orShould()
		.dependOnClassesThat()
		.resideInAnyPackage("javax.naming..", "javax.script..", "java.rmi..", "java.beans..")
		.orShould()
		.dependOnClassesThat()
		.areAssignableTo(ProcessBuilder.class)
		.orShould()
		.dependOnClassesThat()
		.areAssignableTo(Runtime.class);

}
