/* SPDX-License-Identifier: Apache-2.0 */
/* api_backup.c: POST /v1/backup. Who asked is in the audit trail (and so in
 * the copy) before the copy is made; the copier's thread makes and checks it;
 * then it is streamed out. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "backup.h"
#include "log.h"
#include "reply.h"
#include "store_setup.h"
#include "stream.h"
#include "taker.h"

#define TYPE_SQLITE "application/vnd.sqlite3"
#define DIGEST_MAX (crypto_hash_sha256_BYTES * 2 + 16)

struct backing {
	struct ledger_job trail;
	struct report_job copy;
	struct backup backup;
	atomic_bool *at_work; /* the service's; ours as long as this lives */
};

static void free_backing(void *work)
{
	struct backing *b = work;

	backup_close(&b->backup);
	atomic_store(b->at_work, false);
	free(b);
}

/* Ledger thread. */
static enum store_result add_to_trail(struct store *s, struct ledger_job *job,
				      int64_t now_ms)
{
	const struct request *r = job->owner;
	struct audit_row row = {.at_ms = now_ms,
				.actor = r->caller.actor,
				.action = "backup",
				.object = ""};

	return store_audit_add(s, &row);
}

/* Copier's thread. Never STORE_FAILED: what failed is in the backup. */
static enum store_result run_copy(struct store *reader, struct report_job *job)
{
	const struct request *r = job->owner;
	struct backing *b = r->work;

	backup_make(reader, r->service->config->data_dir,
		    r->service->now_ms(r->service->clock), &r->service->ending,
		    &b->backup);
	return STORE_OK;
}

/* RFC 9530. */
static bool put_digest(struct request *r, const struct backup *backup)
{
	char base64[DIGEST_MAX], value[DIGEST_MAX + 16];

	sodium_bin2base64(base64, sizeof(base64), backup->sha256,
			  sizeof(backup->sha256),
			  sodium_base64_VARIANT_ORIGINAL);
	snprintf(value, sizeof(value), "sha-256=:%s:", base64);
	return reply_header(r, "Repr-Digest", value);
}

static void refuse(struct request *r, const char *why)
{
	struct problem p = {.status = 0};

	log_error("backup: %s", why);
	problem_set(&p, 503, "backup-failed", "no backup was made: %s", why);
	p.verdict = VERDICT_UNAVAILABLE;
	reply_problem(r, &p);
}

static void copied(struct request *r)
{
	struct backing *b = r->work;

	if (b->copy.failed) {
		reply_unavailable(r);
	} else if (b->backup.error[0] != '\0') {
		refuse(r, b->backup.error);
	} else if (!put_digest(r, &b->backup)) {
		reply_unavailable(r);
	} else {
		log_info("backup: %llu bytes for %s",
			 (unsigned long long)b->backup.size, r->caller.actor);
		stream_file(r, TYPE_SQLITE, b->backup.fd, b->backup.size);
	}
}

static void traced(struct request *r)
{
	struct backing *b = r->work;

	if (b->trail.failed)
		reply_unavailable(r);
	else
		request_to_copier(r, &b->copy, copied);
}

/* Else each client that asks and does not read holds a copy's room. */
static struct backing *open_backing(struct request *r)
{
	atomic_bool *at_work = &r->service->backup_at_work;
	struct backing *b;

	if (atomic_exchange(at_work, true)) {
		reply_busy(r, "another backup is being made or sent");
		return NULL;
	}
	b = calloc(1, sizeof(*b));
	if (b == NULL) {
		atomic_store(at_work, false);
		reply_unavailable(r);
		return NULL;
	}
	b->at_work = at_work;
	b->backup.fd = -1;
	b->trail.kind = JOB_CALL;
	b->trail.call = add_to_trail;
	b->copy.call = run_copy;
	r->work = b;
	r->free_work = free_backing;
	return b;
}

void api_backup(struct request *r)
{
	static const char *const none[] = {NULL};
	struct problem p = {.status = 0};
	struct backing *b;
	struct taker t;

	if (!taker_open(&t, r->json, &p) || !take_known(&t, none)) {
		reply_problem(r, &p);
		return;
	}
	b = open_backing(r);
	if (b != NULL)
		request_to_ledger(r, &b->trail, traced);
}
