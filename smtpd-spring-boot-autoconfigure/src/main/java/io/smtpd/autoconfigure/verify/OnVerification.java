package io.smtpd.autoconfigure.verify;

import java.util.List;

import io.smtpd.autoconfigure.verify.SmtpVerifyProperties.Mode;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Matches when something is verified, or a property says neither that nor off. */
final class OnVerification extends SpringBootCondition {

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition("smtpd.verify");
		Binder binder = Binder.get(context.getEnvironment());
		for (String method : List.of("spf", "dkim", "dmarc")) {
			try {
				if (binder.bind("smtpd.verify." + method, Mode.class).orElse(Mode.OFF) != Mode.OFF) {
					return ConditionOutcome.match(message.because(method + " is verified"));
				}
			}
			catch (BindException ex) { // binding the properties will explain it
				return ConditionOutcome.match(message.because(method + " has another value"));
			}
		}
		return ConditionOutcome.noMatch(message.because("nothing is verified"));
	}

}
