/* SPDX-License-Identifier: Apache-2.0 */
/* options.h: the options that may stand anywhere: which daemon is asked, how
 * it is known, and how answers are shown. */
#ifndef OAP_OPTIONS_H
#define OAP_OPTIONS_H

#include "arguments.h"
#include "client.h"
#include "limits.h"
#include "verdict.h"

#define PIN_TEXT_MAX (sizeof "sha256//" - 1 + 44)

struct options {
	struct client_options client; /* views into what was given */
	bool json;
	enum language lang;
	char pins[PINS_MAX * (PIN_TEXT_MAX + 1)];
};

extern const struct field option_fields[];

/* From the values of option_fields; what is not given stays as it is. */
void options_read(const json_t *given, struct options *out);

#endif
