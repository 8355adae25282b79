/* SPDX-License-Identifier: Apache-2.0 */
/* servicenext.c: three names in the data directory. At any moment service.key
 * is a whole file: the next one is renamed over it, after the one in use has
 * got a second name. */
#include "servicenext.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "localday.h"
#include "servicefile.h"

/* Two files, and what is in them. */
struct pair {
	struct servicefile now_file, next_file;
	struct secrets now, next;
	int has_next; /* as servicefile_read */
};

static void day_of(uint64_t seconds, char text[static 11])
{
	const struct zone_span utc = {0};

	date_format(local_time_at(&utc, (int64_t)seconds * 1000).date, text);
}

/* NULL: the error is set. */
static struct pair *open_pair(const char *data_dir, const uint8_t *wrap,
			      char *error, size_t error_size)
{
	const struct servicefile file = {
	    .wrap = wrap, .error = error, .error_size = error_size};
	struct pair *p = sodium_malloc(sizeof(*p));
	int there;

	if (p == NULL) {
		snprintf(error, error_size, "%s: no memory that can be locked "
					    "for keys", data_dir);
		return NULL;
	}
	p->now_file = p->next_file = file;
	if (servicefile_at(&p->now_file, data_dir, SERVICE_KEY) &&
	    servicefile_at(&p->next_file, data_dir, SERVICE_KEY_NEXT)) {
		there = servicefile_read(&p->now_file, &p->now);
		p->has_next = servicefile_read(&p->next_file, &p->next);
		if (there == 0)
			servicefile_fail(&p->now_file,
					 "missing; start oapd once, and it is "
					 "made");
		if (there == 1 && p->has_next >= 0)
			return p;
	}
	sodium_free(p);
	return NULL;
}

static bool make(struct pair *p, const char *data_dir, uint64_t now_s)
{
	char what[96], day[11];

	if (p->has_next == 1) {
		day_of(p->next.made_at, day);
		snprintf(what, sizeof(what),
			 "is there already, made on %s, and announced", day);
		return servicefile_fail(&p->next_file, what);
	}
	p->next = p->now;
	randombytes_buf(p->next.seed, sizeof(p->next.seed));
	p->next.made_at = now_s;
	return servicefile_make(&p->next_file, data_dir, &p->next);
}

bool service_next_make(const char *data_dir, const uint8_t *wrap,
		       uint64_t now_s, char *error, size_t error_size)
{
	struct pair *p = open_pair(data_dir, wrap, error, error_size);
	bool good = p != NULL && make(p, data_dir, now_s);

	sodium_free(p);
	return good;
}

/* Durable step by step: a second name for the one in use, then its own. */
static bool change_names(const struct pair *p, const char *data_dir)
{
	struct servicefile before = p->now_file;

	if (!servicefile_at(&before, data_dir, SERVICE_KEY_BEFORE))
		return false;
	if (unlink(before.path) != 0 && errno != ENOENT)
		return servicefile_fail_errno(&before, "cannot be removed");
	if (link(p->now_file.path, before.path) != 0 ||
	    !servicefile_sync(data_dir))
		return servicefile_fail_errno(&before, "cannot be made");
	if (rename(p->next_file.path, p->now_file.path) != 0 ||
	    !servicefile_sync(data_dir))
		return servicefile_fail_errno(&p->next_file,
					      "cannot be put in place");
	return true;
}

static bool use(const struct pair *p, const char *data_dir, uint64_t now_s)
{
	uint64_t due = p->next.made_at + SERVICE_KEY_NOTICE_S;
	char what[128], day[11];

	if (p->has_next == 0)
		return servicefile_fail(&p->next_file,
					"missing; make one with "
					"oapd --make-next-key first");
	if (memcmp(p->now.pass_key, p->next.pass_key,
		   sizeof(p->now.pass_key)) != 0 ||
	    memcmp(p->now.grant_key, p->next.grant_key,
		   sizeof(p->now.grant_key)) != 0)
		return servicefile_fail(&p->next_file,
					"belongs to another service");
	if (now_s < due) {
		day_of(due, day);
		snprintf(what, sizeof(what),
			 "kiosks are still being told of it; it may be used "
			 "from %s on", day);
		return servicefile_fail(&p->next_file, what);
	}
	return change_names(p, data_dir);
}

bool service_next_use(const char *data_dir, const uint8_t *wrap,
		      uint64_t now_s, char *error, size_t error_size)
{
	struct pair *p = open_pair(data_dir, wrap, error, error_size);
	bool good = p != NULL && use(p, data_dir, now_s);

	sodium_free(p);
	return good;
}

bool service_next_pk(const char *data_dir, const uint8_t *wrap,
		     uint8_t pk[static KEY_PUBLIC], bool *has, char *error,
		     size_t error_size)
{
	struct pair *p = open_pair(data_dir, wrap, error, error_size);
	uint8_t sk[KEY_SECRET];

	*has = false;
	if (p == NULL)
		return false;
	*has = p->has_next == 1;
	if (*has)
		crypto_sign_seed_keypair(pk, sk, p->next.seed);
	sodium_memzero(sk, sizeof(sk));
	sodium_free(p);
	return true;
}
