/* SPDX-License-Identifier: Apache-2.0 */
/* codefile.h: a code from the command line, or "-" for one from stdin. */
#ifndef ISSUER_CODEFILE_H
#define ISSUER_CODEFILE_H

#include "code.h"
#include "fault.h"
#include "pass.h"

struct scanned {
	uint8_t line[CODE_MAX + 4]; /* as it was given */
	size_t line_n;
	uint8_t buf[SCANNED_MAX];
	struct bytes message; /* meaningful when is_code */
	bool is_code;	      /* "OAP1:" and good Base45 */
	enum verdict shape;   /* 0, or why scan cannot be used */
	struct scan scan;
};

/* False when there is nothing to read; a bad code is no fault but a shape. */
bool scanned_get(const char *text, struct scanned *out, struct fault *fault)
    OAP_CHECKED;

#endif
