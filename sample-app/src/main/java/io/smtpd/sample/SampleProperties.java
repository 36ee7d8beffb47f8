package io.smtpd.sample;

import java.util.Map;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What can be set in this application beside {@code smtpd.*}.
 *
 * @param store where messages go
 * @param users passwords by user name
 */
@ConfigurationProperties("sample")
record SampleProperties(@DefaultValue Store store, @DefaultValue Map<String, String> users) {

	/**
	 * Where messages go.
	 *
	 * @param directory the directory, made when it is missing; empty to accept messages
	 * and discard them
	 */
	record Store(@DefaultValue("mail") String directory) {

	}

	/** Hides the passwords. */
	@Override
	public String toString() {
		return "SampleProperties[store=" + this.store + ", users=" + this.users.keySet() + "]";
	}

}
