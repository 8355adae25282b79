/* SPDX-License-Identifier: Apache-2.0 */
/* Reads codes as a kiosk does. */
#include "codefile.h"

#include <string.h>

#include "file.h"

static bool take_line(struct bytes text, struct scanned *out,
		      struct fault *fault)
{
	const uint8_t *lf = text.n ? memchr(text.p, '\n', text.n) : NULL;
	size_t n = lf ? (size_t)(lf - text.p) : text.n;

	if (n == 0)
		return fault_set(fault, EXIT_USAGE, "the code is empty");
	if (n > sizeof(out->line))
		return fault_set(fault, EXIT_REFUSED,
				 "%zu characters are more than any code has",
				 n);
	memcpy(out->line, text.p, n);
	out->line_n = n;
	return true;
}

bool scanned_get(const char *text, struct scanned *out, struct fault *fault)
{
	struct blob blob = {0};
	bool ok;

	if (strcmp(text, "-") != 0) {
		ok = take_line(bytes_text(text), out, fault);
	} else {
		ok = file_read("-", 64 * 1024, &blob, fault) &&
		     take_line(blob_view(&blob), out, fault);
		blob_free(&blob);
	}
	if (!ok)
		return false;
	out->shape = code_read(bytes_of(out->line, out->line_n), out->buf,
			       &out->message);
	out->is_code = out->shape == VERDICT_NONE;
	if (out->is_code)
		out->shape = scan_read(out->message, &out->scan);
	return true;
}
