/* SPDX-License-Identifier: Apache-2.0 */
/* Base45: what can be read is written to the same text, and any bytes come
 * back from their text. */
#include "base45.h"
#include "fuzz.h"

#define BYTES_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t plain[BYTES_MAX], text[BYTES_MAX / 2 * 3];
	struct bytes input =
	    bytes_of(data, size < BYTES_MAX ? size : BYTES_MAX);
	struct outbuf out = outbuf_in(plain, sizeof(plain)), back;

	if (base45_read(input, &out)) {
		back = outbuf_in(text, sizeof(text));
		base45_put(&back, out_view(&out));
		check_written(&back, input);
	}
	back = outbuf_in(text, sizeof(text));
	base45_put(&back, input);
	out = outbuf_in(plain, sizeof(plain));
	check(base45_read(out_view(&back), &out));
	check_written(&out, input);
	return 0;
}
