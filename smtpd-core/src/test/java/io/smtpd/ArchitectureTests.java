package io.smtpd;

import java.io.ObjectInputStream;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.Set;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasModifiers.Predicates.modifier;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

@AnalyzeClasses(packages = "io.smtpd", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTests {

	/** All that a user sees; what joins them is a change of the public API. */
	private static final Set<String> API = Set.of("SmtpServer", "SmtpServerCustomizer", "SmtpBindException",
			"MessageHandler", "ConnectionChecker", "HeloChecker", "SenderChecker", "RecipientChecker", "Authenticator",
			"Peer", "Envelope", "SmtpReply", "SmtpException", "SmtpLimits", "TlsPolicy", "BareLineEndings",
			"SessionListener", "SaslMechanism", "EsmtpExtension", "RateLimiter");

	@ArchTest
	static final ArchRule coreNeedsNothingButTheJdkSlf4jAndJSpecify = classes().should()
		.onlyDependOnClassesThat(
				resideInAnyPackage("io.smtpd..", "java..", "javax..", "org.slf4j..", "org.jspecify.."));

	@ArchTest
	static final ArchRule onlyTheListedTypesArePublic = classes().that()
		.resideInAPackage("io.smtpd")
		.and()
		.areTopLevelClasses()
		.and(not(named(API)))
		.should()
		.notBePublic();

	@ArchTest
	static final ArchRule everythingListedIsPublic = classes().that(named(API)).should().bePublic();

	/** As an application's own extensions and mechanisms would have to. */
	@ArchTest
	static final ArchRule leavesUseNothingButThePublicTypes = noClasses().that()
		.resideInAnyPackage("io.smtpd.esmtp..", "io.smtpd.sasl..")
		.should()
		.dependOnClassesThat(resideInAPackage("io.smtpd").and(not(modifier(JavaModifier.PUBLIC))));

	@ArchTest
	static final ArchRule leavesDoNotKnowEachOther = noClasses().that()
		.resideInAPackage("io.smtpd.esmtp..")
		.should()
		.dependOnClassesThat(resideInAPackage("io.smtpd.sasl.."));

	/** Two different servers must be able to live in one JVM. */
	@ArchTest
	static final ArchRule nothingStaticChanges = fields().that()
		.haveModifier(JavaModifier.STATIC)
		.and()
		.areDeclaredInClassesThat()
		.resideInAPackage("io.smtpd..")
		.should()
		.haveModifier(JavaModifier.FINAL);

	/**
	 * A clock that is set must neither end a session nor keep it: deadlines are kept by
	 * nanoTime.
	 */
	@ArchTest
	static final ArchRule onlyWhatIsShownToPeopleComesFromTheWallClock = noClasses().that()
		.resideInAPackage("io.smtpd")
		.and(not(named(Set.of("Session", "Transaction", "TraceLine"))))
		.should()
		.callMethod(System.class, "currentTimeMillis")
		.orShould()
		.callMethod(Instant.class, "now")
		.orShould()
		.dependOnClassesThat(DescribedPredicate.or(JavaClass.Predicates.assignableTo(Clock.class),
				JavaClass.Predicates.assignableTo(Date.class)));

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

	private static DescribedPredicate<JavaClass> named(Set<String> names) {
		return DescribedPredicate.describe("one of " + names,
				(type) -> type.getPackageName().equals("io.smtpd") && names.contains(type.getSimpleName()));
	}

}
