/* SPDX-License-Identifier: Apache-2.0 */
/* A scan, as a line of text and as what is carried: what decodes as a pass or
 * a presentation is written to the same payloads and to the same code. */
#include <string.h>

#include "code.h"
#include "fuzz.h"
#include "pass.h"

static void check_pass(const struct scan *scan)
{
	uint8_t buf[SCANNED_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	check(scan->pass.exp > scan->pass.iat);
	check(scan->pass.nbf >= scan->pass.iat);
	check(pass_class_of(pass_class_name(scan->pass.class)) ==
	      (int)scan->pass.class);
	pass_put_payload(&out, &scan->pass);
	check_written(&out, scan->pass_cose.payload);
	if (!scan->live)
		return;
	out = outbuf_in(buf, sizeof(buf));
	presentation_put_payload(&out, &scan->presentation);
	check_written(&out, scan->presentation_cose.payload);
}

static void check_scanned(struct bytes scanned)
{
	uint8_t text[CODE_MAX], buf[SCANNED_MAX];
	struct outbuf code = outbuf_in(text, sizeof(text));
	enum verdict verdict;
	struct bytes again;
	struct scan scan;

	verdict = scan_read(scanned, &scan);
	if (code_judge_scanned(scanned) != VERDICT_NONE)
		check(verdict == code_judge_scanned(scanned));
	if (verdict != VERDICT_NONE)
		return;
	check_pass(&scan);
	code_put(&code, scanned);
	check(!code.failed);
	check(code_read(out_view(&code), buf, &again) == VERDICT_NONE);
	check(bytes_equal(again, scanned));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size), scanned;
	uint8_t buf[SCANNED_MAX];
	enum verdict verdict;
	struct pass pass;
	struct presentation p;

	check_scanned(input);
	verdict = code_read(input, buf, &scanned);
	check(scanned.p == buf && scanned.n <= sizeof(buf));
	check(verdict == code_judge_scanned(scanned));
	check_scanned(scanned);
	/* Payloads alone, which no signature has to be found for. */
	if (pass_read_payload(input, &pass))
		check(pass.iss.n > 0 && pass.uri.n > 0);
	if (presentation_read_payload(input, &p))
		check(p.aud.n == 0 || name_id_valid(p.aud));
	return 0;
}
