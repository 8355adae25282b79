/* SPDX-License-Identifier: Apache-2.0 */
/* inforce.c: what was in force under an epoch, out of the store, and kept. */
#include "inforce.h"

#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "store_setup.h"

/* Two cities with two lists each, before and after an hourly change. */
#define LISTS_KEPT 8
/* An upload is mostly of one kiosk, which goes by one bundle for hours. */
#define SETTINGS_KEPT 16
#define ISSUERS_KEPT 16
#define SINCES_KEPT 16

/* Whose a slot is, at its beginning. */
struct tag {
	uint64_t used; /* the least goes first; 0: an empty slot */
	uint64_t epoch;
	char id[URI_MAX + 1]; /* of an issuer, a list, a facility */
	char other[NAME_ID_MAX + 1];
};

struct wanted {
	uint64_t epoch;
	struct bytes id, other;
};

/* What was in force, copied out of the store. */
struct body {
	uint8_t *p; /* malloc'd; NULL: it was not there */
	size_t n;
};

/* A status list as it was from an epoch (its tag's) on. */
struct kept_list {
	struct tag tag;
	uint8_t *bytes; /* malloc'd */
	struct status_view view;
};

/* Which epoch brought the list that was in force under another. */
struct kept_since {
	struct tag tag;
	uint64_t since; /* 0: there was none */
};

struct kept_issuer {
	struct tag tag;
	struct body document;
	bool there;
	struct issuerdoc doc; /* views into document */
};

/* What is there views the bodies. */
struct kept_setting {
	struct tag tag;
	struct body facility, benefit, policy;
	struct setting set;
};

struct inforce {
	struct kept_list list[LISTS_KEPT];
	struct kept_since since[SINCES_KEPT];
	struct kept_issuer issuer[ISSUERS_KEPT];
	struct kept_setting setting[SETTINGS_KEPT];
	uint64_t clock;
	uint8_t *inflated; /* STATUS_INFLATED_MAX */
};

struct inforce *inforce_new(void)
{
	struct inforce *f = calloc(1, sizeof(*f));

	if (f != NULL)
		f->inflated = malloc(STATUS_INFLATED_MAX);
	if (f != NULL && f->inflated == NULL) {
		free(f);
		return NULL;
	}
	return f;
}

static void clear_setting(struct kept_setting *k)
{
	free(k->facility.p);
	free(k->benefit.p);
	free(k->policy.p);
	memset(k, 0, sizeof(*k));
}

static void clear_issuer(struct kept_issuer *k)
{
	free(k->document.p);
	memset(k, 0, sizeof(*k));
}

static void clear_list(struct kept_list *k)
{
	free(k->bytes);
	memset(k, 0, sizeof(*k));
}

void inforce_forget(struct inforce *f)
{
	for (size_t i = 0; i < LISTS_KEPT; i++)
		clear_list(&f->list[i]);
	for (size_t i = 0; i < ISSUERS_KEPT; i++)
		clear_issuer(&f->issuer[i]);
	for (size_t i = 0; i < SETTINGS_KEPT; i++)
		clear_setting(&f->setting[i]);
	memset(f->since, 0, sizeof(f->since));
}

void inforce_free(struct inforce *f)
{
	if (f == NULL)
		return;
	inforce_forget(f);
	free(f->inflated);
	free(f);
}

/* ---------------------------------------------------------------- slots */

static bool is_wanted(const struct tag *tag, const struct wanted *w)
{
	return tag->used > 0 && tag->epoch == w->epoch &&
	       bytes_is_text(w->id, tag->id) &&
	       bytes_is_text(w->other, tag->other);
}

/* The slot that is wanted; else false, and the one that was used longest ago.
 * slots are count elements of size bytes that begin with a tag. */
static bool find(struct inforce *f, void *slots, size_t count, size_t size,
		 const struct wanted *w, void *out)
{
	struct tag *oldest = slots;

	for (size_t i = 0; i < count; i++) {
		struct tag *tag = (struct tag *)((char *)slots + i * size);

		if (is_wanted(tag, w)) {
			tag->used = ++f->clock;
			memcpy(out, &tag, sizeof(tag));
			return true;
		}
		if (tag->used < oldest->used)
			oldest = tag;
	}
	memcpy(out, &oldest, sizeof(oldest));
	return false;
}

/* Once it is filled; an id that does not fit is not kept. */
static void keep(struct inforce *f, struct tag *tag, const struct wanted *w)
{
	if (!bytes_to_text(w->id, tag->id, sizeof(tag->id)) ||
	    !bytes_to_text(w->other, tag->other, sizeof(tag->other)))
		return;
	tag->epoch = w->epoch;
	tag->used = ++f->clock;
}

#define FIND(f, slots, count, w, out) \
	find(f, slots, count, sizeof((slots)[0]), w, out)

static bool copy_body(void *arg, const void *row)
{
	const struct bytes *from = row;
	struct body *to = arg;

	to->p = malloc(from->n + 1);
	if (to->p == NULL)
		return false;
	memcpy(to->p, from->p, from->n);
	to->n = from->n;
	return true;
}

static enum store_result load(struct store *s, enum version_kind kind,
			      struct bytes id, uint64_t epoch,
			      struct body *out)
{
	enum store_result r = store_version(s, kind, id, epoch, copy_body, out);

	return r == STORE_NONE ? STORE_OK : r;
}

static struct bytes view_of(const struct body *b)
{
	return bytes_of(b->p, b->n);
}

/* --------------------------------------------------------- status lists */

static enum store_result since_of(struct inforce *f, struct store *s,
				  struct bytes uri, uint64_t epoch,
				  uint64_t *since)
{
	struct wanted w = {.epoch = epoch, .id = uri};
	struct kept_since *k;
	enum store_result r;

	if (!FIND(f, f->since, SINCES_KEPT, &w, &k)) {
		memset(k, 0, sizeof(*k));
		r = store_version_epoch(s, VERSION_STATUS, uri, epoch,
					&k->since);
		if (r == STORE_FAILED)
			return r;
		keep(f, &k->tag, &w);
	}
	*since = k->since;
	return STORE_OK;
}

/* What cannot be read any more is a list that is missing. */
static bool inflate(struct inforce *f, struct bytes message,
		    struct kept_list *to)
{
	struct status_token token;
	struct statuslist list;

	if (!status_token_read(message, &token) ||
	    !statuslist_inflate(token.lst, token.bits, f->inflated,
				STATUS_INFLATED_MAX, &list))
		return false;
	to->bytes = malloc(list.n + 1);
	if (to->bytes == NULL)
		return false;
	memcpy(to->bytes, list.p, list.n);
	to->view = (struct status_view){{list.bits, to->bytes, list.n},
					token.iat, token.exp, token.ttl};
	return true;
}

enum store_result inforce_list(struct inforce *f, struct store *s,
			       struct bytes uri, uint64_t epoch,
			       const struct status_view **out)
{
	struct wanted w = {.id = uri};
	struct body body = {.p = NULL};
	struct kept_list *k;
	enum store_result r = since_of(f, s, uri, epoch, &w.epoch);

	*out = NULL;
	if (r != STORE_OK || w.epoch == 0)
		return r;
	if (!FIND(f, f->list, LISTS_KEPT, &w, &k)) {
		clear_list(k);
		r = load(s, VERSION_STATUS, uri, w.epoch, &body);
		if (r == STORE_OK && body.p != NULL &&
		    inflate(f, view_of(&body), k))
			keep(f, &k->tag, &w);
		free(body.p);
	}
	if (r == STORE_OK && k->bytes != NULL)
		*out = &k->view;
	return r;
}

/* --------------------------------------------------------------- issuer */

enum store_result inforce_issuer(struct inforce *f, struct store *s,
				 struct bytes iss, uint64_t epoch,
				 const struct issuerdoc **out)
{
	struct wanted w = {.epoch = epoch, .id = iss};
	struct kept_issuer *k;
	enum store_result r = STORE_OK;

	if (!FIND(f, f->issuer, ISSUERS_KEPT, &w, &k)) {
		clear_issuer(k);
		r = load(s, VERSION_DOCUMENT, iss, epoch, &k->document);
		k->there = k->document.p != NULL &&
			   issuerdoc_read(view_of(&k->document), &k->doc);
		if (r == STORE_OK)
			keep(f, &k->tag, &w);
	}
	*out = k->there ? &k->doc : NULL;
	return r;
}

/* -------------------------------------------------------------- setting */

static enum store_result load_setting(struct store *s, const struct wanted *w,
				      struct kept_setting *k)
{
	struct setting *set = &k->set;
	struct epoch_row epoch;
	enum store_result r;

	r = load(s, VERSION_FACILITY, w->id, w->epoch, &k->facility);
	if (r == STORE_OK)
		r = load(s, VERSION_BENEFIT, w->other, w->epoch, &k->benefit);
	if (r == STORE_OK)
		r = load(s, VERSION_POLICY, bytes_text(""), w->epoch,
			 &k->policy);
	if (r == STORE_OK)
		r = store_epoch_at(s, w->epoch, &epoch);
	if (r == STORE_FAILED)
		return r;
	set->has_facility =
	    facility_read(view_of(&k->facility), &set->facility);
	set->has_benefit = benefit_read(view_of(&k->benefit), &set->benefit);
	if (!policy_read(view_of(&k->policy), &set->policy))
		set->policy = policy_default();
	set->epoch = epoch.epoch;
	set->made_at = epoch.made_at; /* none: 0, and long over */
	return STORE_OK;
}

enum store_result inforce_setting(struct inforce *f, struct store *s,
				  struct bytes facility, struct bytes benefit,
				  uint64_t epoch, const struct setting **out)
{
	struct wanted w = {.epoch = epoch, .id = facility, .other = benefit};
	struct kept_setting *k;
	enum store_result r = STORE_OK;

	if (!FIND(f, f->setting, SETTINGS_KEPT, &w, &k)) {
		clear_setting(k);
		r = load_setting(s, &w, k);
		if (r == STORE_OK)
			keep(f, &k->tag, &w);
	}
	*out = &k->set;
	return r;
}
