package io.smtpd.autoconfigure.dkim;

import java.io.IOException;
import java.util.List;

/**
 * Gives the key records of a signer, from the DNS or from elsewhere. Must be thread-safe.
 */
@FunctionalInterface
public interface DkimKeyLookup {

	/**
	 * Returns the TXT records of a name (RFC 6376 §3.6.2).
	 * @param name the name, such as {@code selector._domainkey.example.org}
	 * @return the records, the strings of each joined; empty when there is none
	 * @throws IOException when that cannot be known now
	 */
	List<String> keyRecords(String name) throws IOException;

}
