/* SPDX-License-Identifier: Apache-2.0 */
/* import_check.c: reading a file that came back, and whether it is for us. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "fault.h"
#include "import.h"

enum oap_result import_bad(const struct import *im, const char *what,
			   struct oap_problem *why)
{
	return fault(why, OAP_BAD_FILE, "%s: %s; nothing was changed",
		     im->path, what);
}

/* ------------------------------------------------------------- reading */

static size_t read_file(void *arg, uint8_t *p, size_t n)
{
	return fread(p, 1, n, arg);
}

static enum oap_result explain(const struct import *im,
			       enum parcel_result result,
			       struct oap_problem *why)
{
	if (ferror(im->file))
		return fault(why, OAP_FILE_FAILED, "%s: cannot be read: %s",
			     im->path, strerror(errno));
	if (result == PARCEL_OTHER)
		return import_bad(im,
				  "it is no file that oapctl import --receipt "
				  "or oapctl bundle wrote", why);
	return import_bad(im, parcel_result_text(result), why);
}

static enum oap_result read_item(struct import *im, size_t n,
				 struct oap_problem *why)
{
	im->bytes = malloc(n);
	im->n = n;
	if (im->bytes == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	return parcel_read(&im->parcel, im->bytes, n)
		   ? OAP_OK
		   : explain(im, PARCEL_CUT, why);
}

enum oap_result import_each(struct import *im,
			    enum oap_result (*visit)(struct import *im,
						     struct oap_problem *why),
			    struct oap_problem *why)
{
	enum oap_result result = OAP_OK;
	enum parcel_result next;
	size_t n, most = BUNDLE_MAX; /* the bundle comes first */

	rewind(im->file);
	next = parcel_open(&im->parcel, read_file, im->file);
	for (im->at = 0; next == PARCEL_OK && result == OAP_OK; im->at++) {
		next = parcel_next(&im->parcel, most, &n);
		if (next != PARCEL_OK)
			break;
		result = read_item(im, n, why);
		if (result == OAP_OK)
			result = visit(im, why);
		free(im->bytes);
		im->bytes = NULL;
		most = RECEIPT_MAX;
	}
	return result == OAP_OK && next != PARCEL_END ? explain(im, next, why)
						      : result;
}

/* ------------------------------------------------------------ checking */

/* By the key that its kid names, of those that are to be believed. */
static enum oap_result check_signature(const struct import *im,
				       const uint8_t kid[static 8],
				       const struct cose *cose,
				       struct oap_problem *why)
{
	const struct import_key *key = &im->pinned;
	size_t cap = cose->whole.n + 64;
	struct outbuf scratch;
	uint8_t *room;
	bool good;

	if (memcmp(kid, key->kid, sizeof(key->kid)) != 0)
		key = &im->next;
	if (!key->there || memcmp(kid, key->kid, sizeof(key->kid)) != 0)
		return import_bad(im,
				  "it is signed by another service than this "
				  "kiosk's", why);
	room = malloc(cap);
	if (room == NULL)
		return fault(why, OAP_NO_MEMORY, "out of memory");
	scratch = outbuf_in(room, cap);
	good = cose_verify(cose, key->pk, &scratch);
	free(room);
	return good ? OAP_OK
		    : import_bad(im,
				 "its signature is false: it is damaged or "
				 "forged", why);
}

static enum oap_result check_bundle(struct import *im, struct oap_problem *why)
{
	struct bundle b;

	if (!bundle_read(bytes_of(im->bytes, im->n), &b))
		return explain(im, PARCEL_OTHER, why);
	return check_signature(im, b.service_kid, &b.cose, why);
}

enum oap_result import_receipt(struct import *im, struct receipt *out,
			       struct oap_problem *why)
{
	char whose[OAP_KID_TEXT], text[96];
	enum oap_result result;

	if (!receipt_read(bytes_of(im->bytes, im->n), out))
		return explain(im, PARCEL_OTHER, why);
	result = check_signature(im, out->service_kid, &out->cose, why);
	if (result != OAP_OK)
		return result;
	if (memcmp(out->kiosk, im->o->key.kid, sizeof(out->kiosk)) == 0)
		return OAP_OK;
	hex_encode(out->kiosk, sizeof(out->kiosk), whose);
	snprintf(text, sizeof(text), "it is for another kiosk, %s", whose);
	return import_bad(im, text, why);
}

/* An entry's number may have been given twice: by a journal that was brought
 * back from a copy, or by the copy. Then a receipt does not say which of them
 * the service has. */
static enum oap_result check_chain(struct import *im, const struct receipt *r,
				   struct oap_problem *why)
{
	struct oap *o = im->o;
	enum oap_result result = OAP_OK;
	struct journal_tip tip;
	struct journal_at at;

	handle_lock(o);
	if (!journal_tip(o->journal, &tip) ||
	    !journal_entry_at(o->journal, r->held_seq, &at))
		result = handle_journal_failed(o, why);
	handle_unlock(o);
	if (result != OAP_OK)
		return result;
	if (r->held_seq < tip.next_seq &&
	    (!at.there || memcmp(at.hash, r->held_hash, sizeof(at.hash)) == 0))
		return OAP_OK;
	return import_bad(im,
			  "the service has other entries of this kiosk than "
			  "its journal: one of them was brought back from a "
			  "copy; an operator must look into it", why);
}

enum oap_result import_check(struct import *im, struct oap_problem *why)
{
	enum oap_result result;
	struct receipt r;

	if (im->at == 0)
		return check_bundle(im, why);
	result = import_receipt(im, &r, why);
	return result == OAP_OK ? check_chain(im, &r, why) : result;
}
