/* SPDX-License-Identifier: Apache-2.0 */
/* bundle_content.c: reads facilities, benefits, issuers with their status
 * tokens, kiosks and policy, and encodes them as the arrays of a bundle. */
#include "bundle_content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "statuslist.h"

#define HEAD_MAX 9 /* of a CBOR array */
#define GROW_LEAST 4096
/* Names and their heads take most of it; then transitions of 15 bytes. */
#define FACILITY_ENCODED_MAX (4 * (NAME_TEXT_MAX + 8) + 16 * 16 + 256)
#define KIOSK_ENCODED_MAX 64
#define PIN_ENCODED_MAX 34
#define STRING_HEAD_MAX 9

bool content_fail(const struct content *c, const char *what)
{
	snprintf(c->order->error, c->order->error_size, "%s", what);
	return false;
}

bool content_store_failed(const struct content *c)
{
	/* Unless a visitor has said more already. */
	if (c->order->error[0] == '\0')
		content_fail(c, store_error(c->store));
	return false;
}

/* ------------------------------------------------------- growing arrays */

/* Room for one more member of at most n bytes; false without memory. */
static bool grow(struct growing *g, size_t n)
{
	size_t cap = g->out.cap;
	uint8_t *p;

	if (g->out.n == 0)
		g->out.n = HEAD_MAX;
	if (cap >= g->out.n && cap - g->out.n >= n)
		return true;
	if (cap < GROW_LEAST)
		cap = GROW_LEAST;
	while (cap - g->out.n < n)
		cap *= 2;
	p = realloc(g->out.p, cap);
	if (p == NULL)
		return false;
	g->out.p = p;
	g->out.cap = cap;
	return true;
}

/* The encoded array; it cannot grow any more. */
static struct bytes finish(struct growing *g)
{
	uint8_t head[HEAD_MAX];
	struct outbuf out = outbuf_in(head, sizeof(head));

	cbor_put_array(&out, g->count);
	memcpy(g->out.p + HEAD_MAX - out.n, head, out.n);
	return bytes_of(g->out.p + HEAD_MAX - out.n,
			g->out.n - HEAD_MAX + out.n);
}

/* What a visitor works with: false ends the walk, and the error is set. */
static bool no_memory(const struct content *c)
{
	return content_fail(c, "out of memory");
}

/* ----------------------------------------------------------- facilities */

static const struct zone_span *span_of(struct content *c, const char *name)
{
	struct kept_span *kept;
	size_t n = c->span_count < SPANS_KEPT ? c->span_count : SPANS_KEPT;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(c->spans[i].name, name) == 0)
			return &c->spans[i].span;
	}
	kept = &c->spans[c->span_count % SPANS_KEPT];
	if (!zone_span(name, c->order->now_ms / 1000, &kept->span)) {
		kept->name[0] = '\0';
		return NULL;
	}
	strcpy(kept->name, name);
	c->span_count++;
	return &kept->span;
}

static bool take_zone(struct content *c, const struct facility_row *row,
		      struct zone_span *out)
{
	char name[ZONE_NAME_MAX + 1];
	const struct zone_span *span = NULL;

	if (bytes_to_text(row->zone, name, sizeof(name)))
		span = span_of(c, name);
	if (span != NULL) {
		*out = *span;
		return true;
	}
	snprintf(c->order->error, c->order->error_size,
		 "facility \"%.*s\": time zone \"%.*s\": not in the system's "
		 "time-zone database; install tzdata",
		 (int)row->id.n, (const char *)row->id.p, (int)row->zone.n,
		 (const char *)row->zone.p);
	return false;
}

static bool take_facility(void *arg, const void *stored)
{
	const struct facility_row *row = stored;
	struct content *c = arg;
	struct cbor_in names = cbor_reader(row->names);
	struct facility f = {
	    .id = row->id, .city = row->city, .currency = row->currency};

	if (!names_read(&names, &f.names))
		return content_fail(c, "a facility's names are damaged");
	if (!take_zone(c, row, &f.zone))
		return false;
	if (!grow(&c->facilities, FACILITY_ENCODED_MAX))
		return no_memory(c);
	facility_put(&c->facilities.out, &f);
	c->facilities.count++;
	return true;
}

/* ------------------------------------------------------------- benefits */

static bool take_benefit(void *arg, const void *stored)
{
	const struct benefit_row *row = stored;
	struct content *c = arg;

	if (row->withdrawn)
		return true;
	if (!grow(&c->benefits, row->encoded.n))
		return no_memory(c);
	out_bytes(&c->benefits.out, row->encoded);
	c->benefits.count++;
	return true;
}

/* -------------------------------------------------------------- issuers */

/* The tokens of one issuer: of each list the freshest whose signer counts.
 * They come by uri, the freshest first; their signatures were verified when
 * they were taken in. */
struct token_choice {
	struct content *content;
	struct issuerdoc doc;
	struct growing tokens;
	char chosen[URI_MAX + 1]; /* the list that has its token */
};

static bool take_token(void *arg, const void *stored)
{
	const struct token_row *row = stored;
	struct token_choice *choice = arg;
	struct status_token token;
	struct issuer_key signer;

	if (bytes_is_text(row->uri, choice->chosen) ||
	    !status_token_read(row->token, &token) ||
	    !status_token_signer(&token, &choice->doc, &signer))
		return true;
	if (!bytes_to_text(row->uri, choice->chosen, sizeof(choice->chosen)) ||
	    !grow(&choice->tokens, row->token.n + STRING_HEAD_MAX))
		return no_memory(choice->content);
	cbor_put_bytes(&choice->tokens.out, row->token);
	choice->tokens.count++;
	return true;
}

static bool put_issuer(struct content *c, const struct issuer_row *row,
		       struct bytes tokens)
{
	if (!grow(&c->issuers, row->document.n + tokens.n + 64))
		return no_memory(c);
	bundle_put_issuer(&c->issuers.out, row->root.p, row->document, tokens);
	c->issuers.count++;
	return true;
}

static bool take_issuer(void *arg, const void *stored)
{
	const struct issuer_row *row = stored;
	struct content *c = arg;
	struct token_choice choice = {.content = c};
	bool good;

	if (row->withdrawn)
		return true;
	if (row->root.n != 32 || !issuerdoc_read(row->document, &choice.doc))
		return content_fail(c, "an issuer's document is damaged");
	good = grow(&choice.tokens, 0) || no_memory(c);
	if (good &&
	    store_tokens(c->store, row->iss, take_token, &choice) != STORE_OK)
		good = content_store_failed(c);
	good = good && put_issuer(c, row, finish(&choice.tokens));
	free(choice.tokens.out.p);
	return good;
}

/* --------------------------------------------------------------- kiosks */

static bool take_kiosk(void *arg, const void *stored)
{
	const struct kiosk_row *row = stored;
	struct content *c = arg;
	struct bundle_kiosk k = {.facility = row->facility,
				 .state = row->state};

	if (row->kid.n != sizeof(k.kid))
		return content_fail(c, "a kiosk's id is damaged");
	if (!grow(&c->kiosks, KIOSK_ENCODED_MAX))
		return no_memory(c);
	memcpy(k.kid, row->kid.p, sizeof(k.kid));
	bundle_put_kiosk(&c->kiosks.out, &k);
	c->kiosks.count++;
	return true;
}

static bool take_pins(struct content *c)
{
	for (size_t i = 0; i < c->order->pin_count; i++) {
		if (!grow(&c->pins, PIN_ENCODED_MAX))
			return no_memory(c);
		cbor_put_bytes(&c->pins.out, bytes_of(c->order->pins[i], 32));
		c->pins.count++;
	}
	return true;
}

/* ------------------------------------------------------------------ all */

static bool gather_rows(struct content *c)
{
	struct store *s = c->store;

	return (store_facilities(s, NULL, take_facility, c) == STORE_OK &&
		store_benefits(s, NULL, take_benefit, c) == STORE_OK &&
		store_issuers(s, NULL, take_issuer, c) == STORE_OK &&
		store_kiosks(s, NULL, take_kiosk, c) == STORE_OK &&
		policy_load(s, &c->policy) == STORE_OK) ||
	       content_store_failed(c);
}

/* Empty ones too have a head. */
static bool make_room(struct content *c)
{
	return (grow(&c->facilities, 0) && grow(&c->benefits, 0) &&
		grow(&c->issuers, 0) && grow(&c->kiosks, 0) &&
		grow(&c->pins, 0)) ||
	       no_memory(c);
}

bool content_gather(struct content *c)
{
	if (!make_room(c) || !gather_rows(c) || !take_pins(c))
		return false;
	c->bundle.facilities = finish(&c->facilities);
	c->bundle.benefits = finish(&c->benefits);
	c->bundle.issuers = finish(&c->issuers);
	c->bundle.kiosks = finish(&c->kiosks);
	c->bundle.pins = finish(&c->pins);
	c->bundle.policy = c->policy.policy;
	c->bundle.has_next_key = c->order->next_key != NULL;
	if (c->bundle.has_next_key)
		memcpy(c->bundle.next_key, c->order->next_key,
		       sizeof(c->bundle.next_key));
	return !c->facilities.out.failed ||
	       content_fail(c, "a facility is longer than a bundle takes");
}

void content_free(struct content *c)
{
	free(c->facilities.out.p);
	free(c->benefits.out.p);
	free(c->issuers.out.p);
	free(c->kiosks.out.p);
	free(c->pins.out.p);
}
