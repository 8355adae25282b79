/* SPDX-License-Identifier: Apache-2.0 */
/* cbor.c: strict deterministic CBOR (RFC 8949 section 4.2.1): the judge of a
 * whole item, and the readers. cborput.c writes.
 *
 * Every item opens with a head: three bits of major type, five of additional
 * information, and the argument in 0, 1, 2, 4 or 8 bytes that follow. One
 * function reads heads, and so is the only place that moves over input
 * unasked. */
#include "cbor.h"

#include <string.h>

#include "limits.h"

struct head {
	enum cbor_major major;
	uint64_t arg;
};

static size_t left(const struct cbor_in *in)
{
	return (size_t)(in->end - in->p);
}

static enum cbor_fault judge_simple(unsigned info)
{
	if (info >= CBOR_FALSE && info <= CBOR_NULL)
		return CBOR_OK;
	if (info >= 25 && info <= 27)
		return CBOR_FLOAT;
	if (info == 31)
		return CBOR_INDEFINITE;
	return info >= 28 ? CBOR_RESERVED : CBOR_SIMPLE;
}

/* The smallest value that needs 1, 2, 4, 8 bytes of argument. */
static const uint64_t shortest[] = {24, 0x100, 0x10000, 0x100000000};

static enum cbor_fault read_argument(struct cbor_in *in, unsigned info,
                                     uint64_t *arg)
{
	size_t n, i;

	if (info < 24) {
		*arg = info;
		return CBOR_OK;
	}
	if (info == 31)
		return CBOR_INDEFINITE;
	if (info > 27)
		return CBOR_RESERVED;
	n = (size_t)1 << (info - 24);
	if (left(in) < n)
		return CBOR_TRUNCATED;
	*arg = 0;
	for (i = 0; i < n; i++)
		*arg = *arg << 8 | *in->p++;
	return *arg < shortest[info - 24] ? CBOR_NOT_SHORTEST : CBOR_OK;
}

/* What the argument promises must be able to fit: a string's bytes, or at
 * least one byte an item of an array, two a pair of a map. */
static enum cbor_fault judge_argument(const struct cbor_in *in,
                                      const struct head *head)
{
	switch (head->major) {
	case CBOR_MAJOR_BYTES:
	case CBOR_MAJOR_TEXT:
	case CBOR_MAJOR_ARRAY:
		return head->arg > left(in) ? CBOR_TRUNCATED : CBOR_OK;
	case CBOR_MAJOR_MAP:
		return head->arg > left(in) / 2 ? CBOR_TRUNCATED : CBOR_OK;
	case CBOR_MAJOR_TAG:
		return head->arg == 17 || head->arg == 18 ? CBOR_OK : CBOR_TAG;
	default: return CBOR_OK;
	}
}

/* After it, in is behind the head; on a fault in is anywhere. */
static enum cbor_fault read_head(struct cbor_in *in, struct head *head)
{
	enum cbor_fault fault;
	unsigned info;

	if (left(in) == 0)
		return CBOR_TRUNCATED;
	head->major = (enum cbor_major)(*in->p >> 5);
	info = *in->p++ & 0x1f;
	if (head->major == CBOR_MAJOR_SIMPLE) {
		head->arg = info;
		return judge_simple(info);
	}
	fault = read_argument(in, info, &head->arg);
	return fault ? fault : judge_argument(in, head);
}

/* ------------------------------------------------------------- checking */

/* An array, map or tag of which something is still to come. Items of a map are
 * keys and values in turn, a key when an even number is left. */
struct frame {
	uint64_t items; /* at least 1 */
	bool is_map;
	const uint8_t *key; /* where the key that is being read begins */
	struct bytes last_key;
};

struct walk {
	struct cbor_in in;
	struct frame stack[CBOR_DEPTH_MAX];
	size_t depth;
	const uint8_t *fault_at;
};

static enum cbor_fault open_frame(struct walk *w, const struct head *head)
{
	struct frame *f;

	if (w->depth == CBOR_DEPTH_MAX)
		return CBOR_TOO_DEEP;
	f = &w->stack[w->depth++];
	*f = (struct frame){.items = head->arg};
	if (head->major == CBOR_MAJOR_TAG)
		f->items = 1;
	if (head->major == CBOR_MAJOR_MAP) {
		f->is_map = true;
		f->items = 2 * head->arg;
	}
	return CBOR_OK;
}

static enum cbor_fault judge_key(struct walk *w, struct frame *f)
{
	struct bytes key = bytes_of(f->key, (size_t)(w->in.p - f->key));
	int order = f->last_key.n ? bytes_compare(f->last_key, key) : -1;

	f->last_key = key;
	w->fault_at = key.p;
	if (order == 0)
		return CBOR_DUPLICATE;
	return order > 0 ? CBOR_UNSORTED : CBOR_OK;
}

/* An item is complete: so may be those that it is the last part of. */
static enum cbor_fault close_frames(struct walk *w)
{
	enum cbor_fault fault;
	struct frame *f;

	while (w->depth > 0) {
		f = &w->stack[w->depth - 1];
		f->items--;
		if (f->is_map && f->items % 2 == 1) {
			fault = judge_key(w, f);
			if (fault)
				return fault;
		}
		if (f->items > 0)
			return CBOR_OK;
		w->depth--;
	}
	return CBOR_OK;
}

static enum cbor_fault walk_string(struct walk *w, const struct head *head)
{
	struct bytes text = bytes_of(w->in.p, (size_t)head->arg);

	if (head->major == CBOR_MAJOR_TEXT && !utf8_valid(text))
		return CBOR_BAD_TEXT;
	w->in.p += text.n;
	return CBOR_OK;
}

static enum cbor_fault walk_one(struct walk *w)
{
	enum cbor_fault fault;
	struct head head;

	w->fault_at = w->in.p;
	if (w->depth > 0 && w->stack[w->depth - 1].items % 2 == 0)
		w->stack[w->depth - 1].key = w->in.p;
	fault = read_head(&w->in, &head);
	if (fault)
		return fault;
	switch (head.major) {
	case CBOR_MAJOR_BYTES:
	case CBOR_MAJOR_TEXT: fault = walk_string(w, &head); break;
	case CBOR_MAJOR_ARRAY:
	case CBOR_MAJOR_MAP:
	case CBOR_MAJOR_TAG:
		fault = open_frame(w, &head);
		if (!fault && w->stack[w->depth - 1].items > 0)
			return CBOR_OK;
		if (!fault)
			w->depth--; /* empty: complete as it is */
		break;
	default: break;
	}
	return fault ? fault : close_frames(w);
}

enum cbor_fault cbor_check(struct bytes item, size_t *at)
{
	struct walk w = {.in = cbor_reader(item)};
	enum cbor_fault fault;

	do {
		fault = walk_one(&w);
	} while (!fault && w.depth > 0);
	if (!fault && !cbor_at_end(&w.in)) {
		w.fault_at = w.in.p;
		fault = CBOR_TRAILING;
	}
	if (fault && at)
		*at = item.n ? (size_t)(w.fault_at - item.p) : 0;
	return fault;
}

static const char *const fault_texts[] = {
    [CBOR_OK] = "no fault",
    [CBOR_TRUNCATED] = "a length runs past the end",
    [CBOR_TRAILING] = "bytes after the end",
    [CBOR_NOT_SHORTEST] = "a number that is not in its shortest form",
    [CBOR_INDEFINITE] = "an indefinite length",
    [CBOR_FLOAT] = "a floating-point number",
    [CBOR_SIMPLE] = "a simple value other than false, true and null",
    [CBOR_TAG] = "a tag other than 17 and 18",
    [CBOR_UNSORTED] = "map keys out of order",
    [CBOR_DUPLICATE] = "a map key twice",
    [CBOR_BAD_TEXT] = "text that is not UTF-8",
    [CBOR_TOO_DEEP] = "nesting that is too deep",
    [CBOR_RESERVED] = "a head that RFC 8949 reserves",
};

const char *cbor_fault_text(enum cbor_fault fault)
{
	size_t count = sizeof(fault_texts) / sizeof(fault_texts[0]);

	return (size_t)fault < count ? fault_texts[fault] : "unknown fault";
}

/* -------------------------------------------------------------- reading */

struct cbor_in cbor_reader(struct bytes item)
{
	static const uint8_t nothing;

	if (item.n == 0)
		return (struct cbor_in){&nothing, &nothing};
	return (struct cbor_in){item.p, item.p + item.n};
}

bool cbor_at_end(const struct cbor_in *in)
{
	return in->p == in->end;
}

int cbor_peek(const struct cbor_in *in)
{
	return cbor_at_end(in) ? -1 : *in->p >> 5;
}

static bool take_head(struct cbor_in *in, enum cbor_major major, uint64_t *arg)
{
	struct cbor_in at = *in;
	struct head head;

	if (read_head(&at, &head) != CBOR_OK || head.major != major)
		return false;
	*arg = head.arg;
	*in = at;
	return true;
}

bool cbor_uint(struct cbor_in *in, uint64_t *v)
{
	return take_head(in, CBOR_MAJOR_UINT, v);
}

bool cbor_int(struct cbor_in *in, int64_t *v)
{
	struct cbor_in at = *in;
	bool negative = cbor_peek(in) == CBOR_MAJOR_NEGATIVE;
	uint64_t arg;

	if (!take_head(&at, negative ? CBOR_MAJOR_NEGATIVE : CBOR_MAJOR_UINT,
	               &arg) ||
	    arg > INT64_MAX)
		return false;
	*v = negative ? -1 - (int64_t)arg : (int64_t)arg;
	*in = at;
	return true;
}

static bool take_string(struct cbor_in *in, enum cbor_major major,
                        struct bytes *v)
{
	uint64_t n;

	if (!take_head(in, major, &n))
		return false;
	*v = bytes_of(in->p, (size_t)n);
	in->p += n;
	return true;
}

bool cbor_bytes(struct cbor_in *in, struct bytes *v)
{
	return take_string(in, CBOR_MAJOR_BYTES, v);
}

bool cbor_text(struct cbor_in *in, struct bytes *v)
{
	struct cbor_in at = *in;
	struct bytes text;

	if (!take_string(&at, CBOR_MAJOR_TEXT, &text) || !utf8_valid(text))
		return false;
	*v = text;
	*in = at;
	return true;
}

static bool take_count(struct cbor_in *in, enum cbor_major major, size_t *count)
{
	uint64_t arg;

	if (!take_head(in, major, &arg))
		return false;
	*count = (size_t)arg; /* fits: no more than bytes are left */
	return true;
}

bool cbor_array(struct cbor_in *in, size_t *count)
{
	return take_count(in, CBOR_MAJOR_ARRAY, count);
}

bool cbor_map(struct cbor_in *in, size_t *pairs)
{
	return take_count(in, CBOR_MAJOR_MAP, pairs);
}

bool cbor_tag(struct cbor_in *in, uint64_t *tag)
{
	return take_head(in, CBOR_MAJOR_TAG, tag);
}

bool cbor_bool(struct cbor_in *in, bool *v)
{
	struct cbor_in at = *in;
	uint64_t arg;

	if (!take_head(&at, CBOR_MAJOR_SIMPLE, &arg) || arg == CBOR_NULL)
		return false;
	*v = arg == CBOR_TRUE;
	*in = at;
	return true;
}

bool cbor_null(struct cbor_in *in)
{
	struct cbor_in at = *in;
	uint64_t arg;

	if (!take_head(&at, CBOR_MAJOR_SIMPLE, &arg) || arg != CBOR_NULL)
		return false;
	*in = at;
	return true;
}

/* Counts the items that are still promised; needs no stack, since nobody
 * asks which of them belongs to what. */
bool cbor_item(struct cbor_in *in, struct bytes *item)
{
	struct cbor_in at = *in;
	uint64_t promised = 1;
	struct head head;

	while (promised > 0) {
		if (promised > left(&at) || read_head(&at, &head) != CBOR_OK)
			return false;
		promised--;
		if (head.major == CBOR_MAJOR_BYTES ||
		    head.major == CBOR_MAJOR_TEXT)
			at.p += head.arg;
		else if (head.major == CBOR_MAJOR_ARRAY)
			promised += head.arg;
		else if (head.major == CBOR_MAJOR_MAP)
			promised += 2 * head.arg;
		else if (head.major == CBOR_MAJOR_TAG)
			promised++;
	}
	*item = bytes_of(in->p, (size_t)(at.p - in->p));
	*in = at;
	return true;
}

struct cbor_in cbor_members(struct bytes array)
{
	struct cbor_in in = cbor_reader(array);
	size_t n;

	return cbor_array(&in, &n) ? in : cbor_reader((struct bytes){NULL, 0});
}

bool cbor_uint_max(struct cbor_in *in, uint64_t max, uint64_t *v)
{
	struct cbor_in at = *in;
	uint64_t found;

	if (!cbor_uint(&at, &found) || found > max)
		return false;
	*v = found;
	*in = at;
	return true;
}

bool cbor_int_range(struct cbor_in *in, int64_t min, int64_t max, int64_t *v)
{
	struct cbor_in at = *in;
	int64_t found;

	if (!cbor_int(&at, &found) || found < min || found > max)
		return false;
	*v = found;
	*in = at;
	return true;
}

bool cbor_bytes_exact(struct cbor_in *in, uint8_t *p, size_t n)
{
	struct cbor_in at = *in;
	struct bytes found;

	if (!cbor_bytes(&at, &found) || found.n != n)
		return false;
	memcpy(p, found.p, n);
	*in = at;
	return true;
}

bool cbor_text_sized(struct cbor_in *in, size_t min, size_t max,
                     struct bytes *v)
{
	struct cbor_in at = *in;
	struct bytes found;

	if (!cbor_text(&at, &found) || found.n < min || found.n > max)
		return false;
	*v = found;
	*in = at;
	return true;
}

bool cbor_name_id(struct cbor_in *in, struct bytes *v)
{
	struct cbor_in at = *in;
	struct bytes found;

	if (!cbor_text(&at, &found) || !name_id_valid(found))
		return false;
	*v = found;
	*in = at;
	return true;
}
