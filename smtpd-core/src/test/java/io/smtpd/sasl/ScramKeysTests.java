package io.smtpd.sasl;

import java.util.Base64;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ScramKeysTests {

	private static final byte[] SALT = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");

	@Test
	void derivesTheKeysOfAPassword() {
		// what PostgreSQL stores for this password and salt
		ScramKeys keys = ScramKeys.derive("pencil", SALT, 4096);
		assertThat(Base64.getEncoder().encodeToString(keys.storedKey()))
			.isEqualTo("WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=");
		assertThat(Base64.getEncoder().encodeToString(keys.serverKey()))
			.isEqualTo("wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
		assertThat(keys.salt()).isEqualTo(SALT);
		assertThat(keys.iterations()).isEqualTo(4096);
	}

	@Test
	void derivesWithANewSaltEachTime() {
		ScramKeys one = ScramKeys.derive("pencil");
		ScramKeys other = ScramKeys.derive("pencil");
		assertThat(one.salt()).hasSize(16).isNotEqualTo(other.salt());
		assertThat(one).isNotEqualTo(other).isEqualTo(ScramKeys.derive("pencil", one.salt(), 4096));
		assertThat(one).hasSameHashCodeAs(ScramKeys.derive("pencil", one.salt(), 4096));
	}

	@Test
	void preparesThePasswordWithSaslPrep() {
		// RFC 4013 §3: a soft hyphen goes, a Roman numeral is two letters
		assertThat(ScramKeys.derive("I\u00adX", SALT, 4096)).isEqualTo(ScramKeys.derive("IX", SALT, 4096))
			.isEqualTo(ScramKeys.derive("\u2168", SALT, 4096));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "\u00ad", "pen\u0007cil", "\u0627\u0031" })
	void refusesAPasswordThatSaslPrepRefusesWithoutQuotingIt(String password) {
		assertThatIllegalArgumentException().isThrownBy(() -> ScramKeys.derive(password, SALT, 4096))
			.withMessageContaining("RFC")
			.withMessageNotContaining("cil")
			.withMessageNotContaining("\u0627");
	}

	@Test
	void refusesWeakOrMisshapenKeys() {
		byte[] key = new byte[32];
		assertThatIllegalArgumentException().isThrownBy(() -> new ScramKeys(SALT, 4095, key, key));
		assertThatIllegalArgumentException().isThrownBy(() -> new ScramKeys(new byte[0], 4096, key, key));
		assertThatIllegalArgumentException().isThrownBy(() -> new ScramKeys(SALT, 4096, new byte[20], key));
		assertThatIllegalArgumentException().isThrownBy(() -> new ScramKeys(SALT, 4096, key, new byte[33]));
		assertThatIllegalArgumentException().isThrownBy(() -> ScramKeys.derive("pencil", SALT, 1));
	}

	@Test
	void cannotBeChangedFromOutside() {
		byte[] salt = { 1 };
		byte[] key = new byte[32];
		ScramKeys keys = new ScramKeys(salt, 4096, key, key);
		salt[0] = 2;
		key[0] = 2;
		keys.salt()[0] = 3;
		keys.storedKey()[0] = 3;
		keys.serverKey()[0] = 3;
		assertThat(keys).isEqualTo(new ScramKeys(new byte[] { 1 }, 4096, new byte[32], new byte[32]));
	}

	@Test
	void hidesTheKeysInToString() {
		assertThat(ScramKeys.derive("pencil", SALT, 4096)).hasToString("ScramKeys[iterations=4096]");
	}

}
