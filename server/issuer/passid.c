/* SPDX-License-Identifier: Apache-2.0 */
/* Reads ids from the command line. */
#include "passid.h"

const char *state_name(enum status_value state)
{
	static const char *const names[] = {
	    [STATUS_VALID] = "valid",
	    [STATUS_INVALID] = "revoked",
	    [STATUS_SUSPENDED] = "suspended",
	};

	return names[state];
}

bool pass_id_read(const char *text, uint8_t cti[static 16],
		  struct fault *fault)
{
	if (hex_decode(bytes_text(text), cti, 16))
		return true;
	return fault_set(fault, EXIT_USAGE,
			 "\"%s\": not a pass id, which has 32 hexadecimal "
			 "digits; oap-issuer find shows it", text);
}

bool kid_read(const char *text, uint8_t kid[static 8], struct fault *fault)
{
	if (hex_decode(bytes_text(text), kid, 8))
		return true;
	return fault_set(fault, EXIT_USAGE,
			 "\"%s\": not a key id, which has 16 hexadecimal "
			 "digits; oap-issuer keys lists them", text);
}
