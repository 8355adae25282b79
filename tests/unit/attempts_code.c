/* SPDX-License-Identifier: Apache-2.0 */
/* attempts_code.c: attempts with a code that is none, or is not what it says. */
#include "attempts.h"

#define LINE(w, text) ((w)->line = bytes_text(text))

static void some_url(struct world *w)
{
	LINE(w, "https://example.org/ticket/42");
}

static void empty_line(struct world *w)
{
	LINE(w, "\r\n");
}

static void next_version(struct world *w)
{
	LINE(w, "OAP2:6BFOXN");
}

static void no_base45(struct world *w)
{
	LINE(w, "OAP1:lower case");
}

static void base45_of_something_else(struct world *w)
{
	LINE(w, "OAP1:BB8");
}

static void typ_of_bundle(struct world *w)
{
	w->typ = TYP_BUNDLE;
}

static void typ_of_status_token(struct world *w)
{
	w->typ = TYP_STATUS_TOKEN;
}

static void typ_of_attempt(struct world *w)
{
	w->typ = TYP_ATTEMPT;
}

static void index_past_the_list(struct world *w)
{
	w->pass.idx = CITY_ENTRIES;
}

static void index_far_past_the_list(struct world *w)
{
	w->pass.idx = UINT64_MAX;
}

static void status_three(struct world *w)
{
	w->seoul.status = 3;
}

static void list_of_one_bit(struct world *w)
{
	w->seoul.list_bits = 1;
}

static void list_of_eight_bits(struct world *w)
{
	w->seoul.list_bits = 8;
}

static void empty_list(struct world *w)
{
	w->seoul.list_entries = 0;
}

static void stranger_with_the_citys_kid(struct world *w)
{
	w->signer = &w->stranger;
	w->kid = w->seoul.signing.kid;
}

static void other_key_of_the_city_under_this_kid(struct world *w)
{
	w->signer = &w->seoul.retired;
	w->kid = w->seoul.signing.kid;
}

const struct attempt ATTEMPTS_CODE[] = {
    {"an address", VERDICT_UNKNOWN_FORMAT, some_url},
    {"nothing at all", VERDICT_UNKNOWN_FORMAT, empty_line},
    {"the next version", VERDICT_UNSUPPORTED_VERSION, next_version},
    {"no Base45", VERDICT_MALFORMED, no_base45},
    {"Base45 of no message", VERDICT_MALFORMED, base45_of_something_else},
    {"typ swapped for a bundle's", VERDICT_MALFORMED, typ_of_bundle},
    {"typ swapped for a token's", VERDICT_MALFORMED, typ_of_status_token},
    {"typ swapped for an entry's", VERDICT_MALFORMED, typ_of_attempt},
    {"index past the list", VERDICT_MALFORMED, index_past_the_list},
    {"index far past the list", VERDICT_MALFORMED, index_far_past_the_list},
    {"status 3", VERDICT_MALFORMED, status_three},
    {"list of 1 bit", VERDICT_MALFORMED, list_of_one_bit},
    {"list of 8 bits", VERDICT_MALFORMED, list_of_eight_bits},
    {"empty list", VERDICT_MALFORMED, empty_list},
    {"a stranger's signature under the city's kid", VERDICT_BAD_SIGNATURE,
     stranger_with_the_citys_kid},
    {"another key of the city under this kid", VERDICT_BAD_SIGNATURE,
     other_key_of_the_city_under_this_kid},
    {NULL, VERDICT_NONE, NULL},
};
