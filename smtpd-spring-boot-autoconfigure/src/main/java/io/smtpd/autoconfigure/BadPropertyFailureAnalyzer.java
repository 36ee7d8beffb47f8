package io.smtpd.autoconfigure;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.validation.BindValidationException;
import org.springframework.boot.context.properties.bind.validation.ValidationErrors;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.util.ClassUtils;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.FieldError;
import org.springframework.validation.ObjectError;

/**
 * Explains a bad value of an {@code smtpd.*} property: its name as the user writes it,
 * the value, where it came from and what is allowed. Comes before Spring Boot's own
 * analyzers, which leave other properties to them.
 */
@Order(Ordered.LOWEST_PRECEDENCE - 100)
final class BadPropertyFailureAnalyzer extends AbstractFailureAnalyzer<BindException> {

	private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of("smtpd");

	/** What Kubernetes and Docker links put into a variable that ends in _PORT. */
	private static final Pattern SERVICE_LINK = Pattern.compile("(tcp|udp|sctp)://\\S+");

	/** A key that needs no brackets is written without them. */
	private static final Pattern LISTENER_KEY = Pattern.compile("^listeners\\[([a-z0-9][a-z0-9-]*)]");

	private static final Map<Class<?>, String> ALLOWED = Map.of(Boolean.class, "true or false", Integer.class,
			"a whole number", Duration.class, "a duration such as 60s or 5m", DataSize.class, "a size such as 10MB",
			InetAddress.class, "an IP address of this machine, or a host name that stands for one");

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, BindException cause) {
		ConfigurationPropertyName name = cause.getName();
		if (!ROOT.equals(name) && !ROOT.isAncestorOf(name)) {
			return null;
		}
		BindValidationException invalid = findCause(cause, BindValidationException.class);
		return (invalid != null) ? invalid(cause, invalid.getValidationErrors()) : unconvertible(cause);
	}

	private FailureAnalysis invalid(Throwable cause, ValidationErrors errors) {
		StringBuilder description = new StringBuilder("The SMTP server cannot work with the value of a property:");
		for (ObjectError error : errors) {
			String field = (error instanceof FieldError fieldError) ? fieldError.getField() : "";
			ConfigurationPropertyName name = errors.getName()
				.append(LISTENER_KEY.matcher(DataObjectPropertyName.toDashedForm(field)).replaceFirst("listeners.$1"));
			Object rejected = (error instanceof FieldError fieldError) ? fieldError.getRejectedValue() : null;
			ConfigurationProperty property = errors.getBoundProperties()
				.stream()
				.filter((candidate) -> candidate.getName().equals(name) || name.isParentOf(candidate.getName()))
				.findFirst()
				.orElse(null);
			describe(description, name.toString(), rejected, property, String.valueOf(error.getDefaultMessage()));
		}
		return new FailureAnalysis(description.toString(), "Change the value to one that is allowed.", cause);
	}

	private @Nullable FailureAnalysis unconvertible(BindException cause) {
		ConfigurationProperty property = cause.getProperty();
		if (property == null) {
			return null;
		}
		String name = property.getName().toString();
		StringBuilder description = new StringBuilder("The SMTP server cannot read the value of a property:");
		describe(description, name, null, property, "must be " + allowed(cause.getTarget().getType().resolve()));
		if (SERVICE_LINK.matcher(String.valueOf(property.getValue())).matches()) {
			return serviceLink(description, name, cause);
		}
		return new FailureAnalysis(description.toString(), "Change the value to one that is allowed.", cause);
	}

	/** Nobody wrote that value, so "change the value" would be no help. */
	private static FailureAnalysis serviceLink(StringBuilder description, String name, BindException cause) {
		description.append(String.format("%nThe value looks like the address of a Kubernetes service or of a linked "
				+ "container named 'smtpd': such names become variables like SMTPD_PORT in the containers beside it."));
		String action = String.format("Do one of these:%n%n    - give the service a name other than 'smtpd'%n"
				+ "    - set 'enableServiceLinks: false' in the pod's specification%n"
				+ "    - set %s where it comes before environment variables, for example with the argument --%s=2525",
				name, name);
		return new FailureAnalysis(description.toString(), action, cause);
	}

	private static String allowed(@Nullable Class<?> type) {
		if (type == null) {
			return "of another type";
		}
		if (type.isEnum()) {
			return Arrays.stream(type.getEnumConstants())
				.map((constant) -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-'))
				.collect(Collectors.joining(" or "));
		}
		Class<?> boxed = ClassUtils.resolvePrimitiveIfNecessary(type);
		return ALLOWED.getOrDefault(boxed, "a " + boxed.getSimpleName());
	}

	private static void describe(StringBuilder description, String name, @Nullable Object rejected,
			@Nullable ConfigurationProperty property, String reason) {
		Object value = (property != null && !(rejected instanceof List<?>)) ? property.getValue() : rejected;
		String shown = (value instanceof List<?> list)
				? list.stream().map(String::valueOf).collect(Collectors.joining(",")) : String.valueOf(value);
		description.append(String.format("%n%n    Property: %s%n    Value: ", name));
		description.append((value != null) ? "\"" + shown + "\"" : "none");
		if (property != null && property.getOrigin() != null) {
			description.append(String.format("%n    Origin: %s", property.getOrigin()));
		}
		description.append(String.format("%n    Reason: %s%n", reason));
	}

}
