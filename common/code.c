/* SPDX-License-Identifier: Apache-2.0 */
/* code.c: the text in the QR code.
 *
 * The service never sees the scanned text, only what was carried of it. So
 * the kiosk judges by that too: both then come to the same verdict. */
#include "code.h"

#include <string.h>

#include "base45.h"

#define CODE_NAME "OAP"
#define CODE_PREFIX "OAP1:"
#define CODE_PREFIX_LEN (sizeof(CODE_PREFIX) - 1)

void code_put(struct outbuf *out, struct bytes message)
{
	if (message.n > SCANNED_MAX) {
		out->failed = true;
		return;
	}
	out_text(out, CODE_PREFIX);
	base45_put(out, message);
}

static bool starts_with(struct bytes text, const char *prefix)
{
	size_t n = strlen(prefix);

	return text.n >= n && memcmp(text.p, prefix, n) == 0;
}

/* "OAP", digits, ":": of this version or another. */
static bool is_any_version(struct bytes text)
{
	size_t first = sizeof(CODE_NAME) - 1, i = first;

	if (!starts_with(text, CODE_NAME))
		return false;
	while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
		i++;
	return i > first && i < text.n && text.p[i] == ':';
}

/* A message is a tagged COSE_Sign1 array: no text begins so that is not a
 * combining character on its own. */
static bool is_message(struct bytes scanned)
{
	return starts_with(scanned, "\xd2\x84");
}

static struct bytes trim(struct bytes line)
{
	while (line.n > 0 &&
	       (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	return line;
}

static size_t prefix_size(struct bytes text)
{
	if (utf8_valid(text))
		return utf8_prefix(text, SCAN_PREFIX_MAX);
	return text.n < SCAN_PREFIX_MAX ? text.n : SCAN_PREFIX_MAX;
}

enum verdict code_read(struct bytes line, uint8_t buf[static SCANNED_MAX],
                       struct bytes *scanned)
{
	struct bytes text = trim(line), body;
	struct outbuf out = outbuf_in(buf, SCANNED_MAX);

	if (starts_with(text, CODE_PREFIX)) {
		body = bytes_of(text.p + CODE_PREFIX_LEN,
		                text.n - CODE_PREFIX_LEN);
		if (base45_read(body, &out) && is_message(out_view(&out))) {
			*scanned = out_view(&out);
			return VERDICT_NONE;
		}
	}
	out = outbuf_in(buf, SCANNED_MAX);
	out_put(&out, text.p, prefix_size(text));
	*scanned = out_view(&out);
	return code_judge_scanned(*scanned);
}

enum verdict code_judge_scanned(struct bytes scanned)
{
	if (is_message(scanned))
		return VERDICT_NONE;
	if (starts_with(scanned, CODE_PREFIX))
		return VERDICT_MALFORMED;
	if (is_any_version(scanned))
		return VERDICT_UNSUPPORTED_VERSION;
	return VERDICT_UNKNOWN_FORMAT;
}
