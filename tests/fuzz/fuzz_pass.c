/* SPDX-License-Identifier: Apache-2.0 */
/* A scan, as a line of text, as what is carried and as a payload alone: what
 * decodes as a pass or a presentation is written to the same payloads and to
 * the same code. */
#include <string.h>

#include "code.h"
#include "fuzz.h"
#include "pass.h"

static void check_pass(const struct pass *pass, struct bytes payload)
{
	uint8_t buf[SCANNED_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	check(pass->iss.n > 0 && pass->uri.n > 0);
	check(pass->exp > pass->nbf && pass->nbf >= pass->iat);
	check(pass_class_of(pass_class_name(pass->class)) == (int)pass->class);
	pass_put_payload(&out, pass);
	check_written(&out, payload);
}

static void check_shown(const struct presentation *p, struct bytes payload)
{
	uint8_t buf[SCANNED_MAX];
	struct outbuf out = outbuf_in(buf, sizeof(buf));

	check(p->aud.n == 0 || name_id_valid(p->aud));
	presentation_put_payload(&out, p);
	check_written(&out, payload);
}

/* Payloads alone, for which no COSE message has to be found. */
static void check_payloads(struct bytes input)
{
	struct presentation p;
	struct pass pass;

	if (pass_read_payload(input, &pass))
		check_pass(&pass, input);
	if (presentation_read_payload(input, &p))
		check_shown(&p, input);
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
	check_pass(&scan.pass, scan.pass_cose.payload);
	if (scan.live)
		check_shown(&scan.presentation,
			    scan.presentation_cose.payload);
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

	check_scanned(input);
	verdict = code_read(input, buf, &scanned);
	check(scanned.p == buf && scanned.n <= sizeof(buf));
	check(verdict == code_judge_scanned(scanned));
	check_scanned(scanned);
	check_payloads(input);
	return 0;
}
