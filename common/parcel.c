/* SPDX-License-Identifier: Apache-2.0 */
/* parcel.c: heads are read byte by byte, since nobody knows how long one is
 * before its first byte; only the shortest form is taken. */
#include "parcel.h"

enum { MAJOR_BYTES = 2, MAJOR_ARRAY = 4 }; /* RFC 8949 section 3.1 */

/* The number in a head whose first byte has been read. */
static enum parcel_result read_number(struct parcel *p, unsigned info,
                                      uint64_t *v)
{
	static const uint64_t least[] = {24, 0x100, 0x10000, 0x100000000};
	uint8_t bytes[8];
	size_t n;

	*v = info;
	if (info < 24)
		return PARCEL_OK;
	if (info > 27)
		return PARCEL_OTHER;
	n = (size_t)1 << (info - 24);
	if (p->source(p->arg, bytes, n) != n)
		return PARCEL_CUT;
	*v = 0;
	for (size_t i = 0; i < n; i++)
		*v = *v << 8 | bytes[i];
	return *v >= least[info - 24] ? PARCEL_OK : PARCEL_OTHER;
}

static enum parcel_result read_head(struct parcel *p, unsigned major,
                                    uint64_t *v)
{
	uint8_t first;

	if (p->source(p->arg, &first, 1) != 1)
		return PARCEL_CUT;
	if (first >> 5 != major)
		return PARCEL_OTHER;
	return read_number(p, first & 0x1f, v);
}

enum parcel_result parcel_open(struct parcel *p, parcel_source *source,
                               void *arg)
{
	enum parcel_result result;

	*p = (struct parcel){.source = source, .arg = arg};
	result = read_head(p, MAJOR_ARRAY, &p->count);
	if (result == PARCEL_OK && p->count == 0)
		result = PARCEL_OTHER;
	p->left = p->count;
	return result;
}

enum parcel_result parcel_next(struct parcel *p, size_t most, size_t *n)
{
	enum parcel_result result;
	uint8_t more;

	*n = 0;
	if (p->left == 0)
		return p->source(p->arg, &more, 1) == 0 ? PARCEL_END
		                                        : PARCEL_TRAILING;
	result = read_head(p, MAJOR_BYTES, &p->rest);
	if (result != PARCEL_OK)
		return result;
	if (p->rest == 0)
		return PARCEL_OTHER;
	if (p->rest > most)
		return PARCEL_TOO_LONG;
	p->left--;
	*n = (size_t)p->rest;
	return PARCEL_OK;
}

bool parcel_read(struct parcel *p, uint8_t *bytes, size_t n)
{
	size_t got;

	if (n > p->rest)
		return false;
	got = p->source(p->arg, bytes, n);
	p->rest -= got;
	return got == n;
}

const char *parcel_result_text(enum parcel_result result)
{
	switch (result) {
	case PARCEL_CUT:
		return "it ends in the middle; copy it again";
	case PARCEL_TOO_LONG:
		return "a part of it is longer than any may be";
	case PARCEL_TRAILING:
		return "something follows after its end; copy it again";
	default:
		return "it is no file of One-Asia Pass";
	}
}
