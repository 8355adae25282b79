/* SPDX-License-Identifier: Apache-2.0 */
/* publish: writes what the services fetch, issuer.cose and a status list token
 * for each list. Any static web server, or a USB stick, can carry it.
 *
 * A new issuer document waits for the root key, which is kept elsewhere; what
 * was revoked waits for nothing. So without the root key the document of
 * before is published, with the lists that it names, signed by a key that it
 * names. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "document.h"
#include "interrupt.h"
#include "output.h"
#include "press.h"
#include "signer.h"
#include "statuslist.h"
#include "when.h"

#define TTL_DEFAULT_S (36 * 3600)
#define VALID_DEFAULT_S (14 * 86400)
#define BITS 2

struct publishing {
	const struct options *o;
	uint64_t now, ttl, valid;
	struct office office;
	struct document document;
	struct city_key *key, *root; /* root is NULL when nothing needs it */
	bool interrupted;
	/* of one token */
	uint8_t bits[LIST_CAPACITY_MAX * BITS / 8];
	uint8_t lst[STATUS_TOKEN_MAX];
	uint8_t message[STATUS_TOKEN_MAX];
	uint8_t scratch[2 * STATUS_TOKEN_MAX];
};

static bool take_span(const struct options *o, enum option_key key,
		      const char *name, uint64_t otherwise, uint64_t *out,
		      struct fault *fault)
{
	const char *text = options_get(o, key);

	*out = otherwise;
	if (!text || when_parse_span(text, out))
		return true;
	return fault_set(fault, EXIT_USAGE,
			 "--%s \"%s\": not a length of time; write 90m, 36h or "
			 "14d", name, text);
}

static bool take_options(struct publishing *p, struct fault *fault)
{
	if (!take_span(p->o, OPT_TTL, "ttl", TTL_DEFAULT_S, &p->ttl, fault) ||
	    !take_span(p->o, OPT_VALID, "valid", VALID_DEFAULT_S, &p->valid,
		       fault))
		return false;
	if (p->ttl > p->valid)
		return fault_set(fault, EXIT_USAGE,
				 "--ttl: longer than --valid; a list must be "
				 "renewed before it ends");
	if (p->valid > STATUS_CAP_DEFAULT_S)
		say("--valid %s: services trust no list longer than %d days, "
		    "unless their operators have said so",
		    options_get(p->o, OPT_VALID), STATUS_CAP_DEFAULT_S / 86400);
	return true;
}

static bool write_file(const struct publishing *p, const char *name,
		       struct bytes data, struct fault *fault)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s",
		     options_get(p->o, OPT_OUT_DIR), name) >=
	    (int)sizeof(path))
		return fault_set(fault, EXIT_USAGE, "--out-dir: too long");
	return output_write(path, OUTPUT_MODE_PUBLIC, data, fault);
}

static bool publish_document(struct publishing *p, struct fault *fault)
{
	struct document *document = &p->document;
	uint64_t number = document->says.number;

	if (document->is_unsigned &&
	    !document_sign(&p->office, p->root, p->now, document, fault))
		return false;
	if (!write_file(p, "issuer.cose",
			bytes_of(document->message, document->n), fault) ||
	    !registry_document_published(p->office.registry, number, fault))
		return false;
	say("issuer.cose: number %llu, %s", (unsigned long long)number,
	    !document->is_published ? "new"
	    : document->is_pending  ? "of before"
				    : "unchanged");
	return true;
}

/* Each token of a list is newer than the one before it: services refuse one
 * that is not. */
static bool next_iat(const struct publishing *p, const struct list_info *list,
		     uint64_t *iat, struct fault *fault)
{
	char last[WHEN_TEXT];

	*iat = p->now > list->published_at ? p->now : list->published_at + 1;
	if (*iat <= p->now + SKEW_DEFAULT_S)
		return true;
	when_format(list->published_at, last);
	return fault_set(fault, EXIT_REFUSED,
			 "list %u was published at %s, which is still to come; "
			 "set the clock right", list->n, last);
}

static bool make_token(struct publishing *p, const struct list_info *list,
		       uint64_t iat, size_t *n, struct fault *fault)
{
	struct outbuf message = outbuf_in(p->message, sizeof(p->message));
	struct outbuf scratch = outbuf_in(p->scratch, sizeof(p->scratch));
	struct outbuf lst = outbuf_in(p->lst, sizeof(p->lst));
	struct statuslist bits = {
	    BITS, p->bits, ((size_t)list->capacity * BITS + 7) / 8};
	struct status_token token = {.iat = iat,
				     .exp = iat + p->valid,
				     .ttl = p->ttl,
				     .bits = BITS};
	char uri[URI_MAX + 1];

	memset(p->bits, 0, sizeof(p->bits));
	if (!registry_fill_list(p->office.registry, list->n, p->bits, fault))
		return false;
	statuslist_deflate(&lst, &bits);
	if (lst.failed || !press_list_uri(&p->office.identity, list->n, uri))
		return fault_set(fault, EXIT_REFUSED,
				 "list %u does not fit a token", list->n);
	token.uri = bytes_text(uri);
	token.lst = out_view(&lst);
	status_token_put(&message, &token, p->key->kid, p->key->sk, &scratch);
	*n = message.n;
	return message.failed ? fault_set(fault, EXIT_REFUSED,
					  "list %u does not fit a token",
					  list->n)
			      : true;
}

static bool publish_list(struct publishing *p, const struct list_info *list,
			 struct fault *fault)
{
	uint64_t trusted = p->valid < STATUS_CAP_DEFAULT_S
			       ? p->valid
			       : STATUS_CAP_DEFAULT_S;
	char name[32], until[WHEN_TEXT];
	size_t n = 0;
	uint64_t iat;

	if (!next_iat(p, list, &iat, fault) ||
	    !make_token(p, list, iat, &n, fault))
		return false;
	snprintf(name, sizeof(name), "status-%u.cose", list->n);
	/* remembered first: two tokens of one time would contradict */
	if (!registry_list_published(p->office.registry, list->n, iat,
				     fault) ||
	    !write_file(p, name, bytes_of(p->message, n), fault))
		return false;
	when_format(iat + trusted, until);
	say("%s: %u of %u given out, good until %s", name, list->given,
	    list->capacity, until);
	return true;
}

/* Lists that the document does not name come with the next one. */
static bool publish_lists(struct publishing *p, struct fault *fault)
{
	struct list_info list;
	char uri[URI_MAX + 1];

	for (unsigned n = 0;; n++) {
		enum found found =
		    registry_list(p->office.registry, n, &list, fault);

		if (found != FOUND)
			return found == NOT_FOUND;
		if (!press_list_uri(&p->office.identity, n, uri) ||
		    !issuerdoc_has_uri(&p->document.says, bytes_text(uri)))
			continue;
		p->interrupted = interrupt_waiting();
		if (p->interrupted)
			return fault_set(fault, EXIT_IO,
					 "interrupted; run it again");
		if (!publish_list(p, &list, fault))
			return false;
	}
}

static bool write_all(struct publishing *p, struct fault *fault)
{
	const char *dir = options_get(p->o, OPT_OUT_DIR);

	if (!output_make_dir(dir, 0755, fault) ||
	    !publish_document(p, fault) || !publish_lists(p, fault))
		return false;
	if (!p->document.is_pending)
		return true;
	return fault_set(fault, EXIT_IO,
			 "issuer.cose: keys, lists or names have changed since "
			 "number %llu, and %s/" OFFICE_ROOT_KEY " is not here "
			 "to sign them: publish again with --root-key FILE; "
			 "doors refuse what is new until then",
			 (unsigned long long)p->document.says.number,
			 p->office.path);
}

/* Before anything is written: nobody is asked for a passphrase half-way, and
 * a wrong one takes no number of a document. */
static bool take_keys(struct publishing *p, struct fault *fault)
{
	const struct document *document = &p->document;

	p->key = signer_open(&p->office, p->o, &document->says,
			     document->is_pending, fault);
	if (!p->key || !document->is_unsigned)
		return p->key != NULL;
	p->root = office_root_key(&p->office, p->o,
				  "sign the first issuer document", fault);
	return p->root != NULL;
}

static int publish(struct publishing *p)
{
	struct interrupt held;
	struct fault fault;
	int status;

	if (!take_options(p, &fault) ||
	    !office_open(&p->office, options_get(p->o, OPT_DIR), &fault) ||
	    !document_plan(&p->office, p->o, &p->document, &fault) ||
	    !take_keys(p, &fault))
		return fault_report(&fault);
	interrupt_hold(&held);
	status = write_all(p, &fault) ? EXIT_DONE : fault_report(&fault);
	interrupt_end(&held, p->interrupted);
	return status;
}

int cmd_publish(const struct options *o, const struct world *world)
{
	struct publishing *p = calloc(1, sizeof(*p));
	int status;

	if (!p) {
		say("no memory");
		return EXIT_IO;
	}
	p->o = o;
	p->now = world->now;
	p->office.dir = -1;
	status = publish(p);
	city_key_free(p->key);
	city_key_free(p->root);
	office_close(&p->office);
	free(p);
	return status;
}
