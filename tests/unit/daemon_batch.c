/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_batch.c: what shares a transaction of the ledger, and in which order:
 * after an outage, uploads do not hold up the door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <semaphore.h>
#include <stdlib.h>

#include "ledgerbed_inside.h"
#include "limits.h"

#define JOBS_MAX 1000
#define UPLOAD 100 /* items: two of them are as many as fit in a commit */

/* The ledger at work on something while others queue behind it, and what
 * became of them. */
struct line {
	struct bed *bed;
	struct ledger_job busy;
	sem_t begun, go_on, done;
	size_t waiting;
	/* the ledger thread's, until all are done */
	const struct ledger_job *order[JOBS_MAX];
	uint64_t commit[JOBS_MAX];
	size_t n;
};

static void on_done(struct ledger_job *job)
{
	struct line *line = job->owner;
	struct ledger_figures f;

	ledger_figures(line->bed->ledger, &f);
	line->order[line->n] = job;
	line->commit[line->n++] = f.commits;
	sem_post(&line->done);
}

static void join(struct line *line, struct ledger_job *job)
{
	job->owner = line;
	job->done = on_done;
	line->waiting++;
	assert_true(ledger_submit(line->bed->ledger, job));
}

static enum store_result hold_up(struct store *s, struct ledger_job *job,
                                 int64_t now_ms)
{
	struct line *line = job->owner;

	(void)s;
	(void)now_ms;
	sem_post(&line->begun);
	sem_wait(&line->go_on);
	return STORE_OK;
}

static enum store_result do_nothing(struct store *s, struct ledger_job *job,
                                    int64_t now_ms)
{
	(void)s;
	(void)job;
	(void)now_ms;
	return STORE_OK;
}

static struct line *line_open(struct bed *bed)
{
	struct line *line = calloc(1, sizeof *line);

	assert_non_null(line);
	line->bed = bed;
	sem_init(&line->begun, 0, 0);
	sem_init(&line->go_on, 0, 0);
	sem_init(&line->done, 0, 0);
	bed_job_init(bed, &line->busy, JOB_CALL, 0);
	line->busy.call = hold_up;
	join(line, &line->busy);
	sem_wait(&line->begun);
	return line;
}

/* Lets the ledger go on, until all who queued are done. */
static void line_move(struct line *line)
{
	sem_post(&line->go_on);
	while (line->waiting > 0) {
		sem_wait(&line->done);
		line->waiting--;
	}
	assert_ptr_equal(line->order[0], &line->busy);
}

static void line_close(struct line *line)
{
	sem_destroy(&line->begun);
	sem_destroy(&line->go_on);
	sem_destroy(&line->done);
	free(line);
}

/* The n-th that was done after what held them up, and in which transaction. */
static void assert_done(const struct line *line, size_t n,
                        const struct ledger_job *job, uint64_t commit)
{
	assert_ptr_equal(line->order[n], job);
	assert_int_equal(line->commit[n] - line->commit[0], commit);
}

static void questions_go_before_the_uploads_that_were_there_first(void **state)
{
	static const uint64_t commit_of[5] = {1, 1, 2, 2, 3};
	struct bed *bed = *state;
	struct ledger_item *items = calloc(5 * UPLOAD, sizeof *items);
	struct line *line = line_open(bed);
	struct ledger_job upload[5];
	struct asking asking[3];

	assert_non_null(items);
	for (unsigned i = 0; i < 5; i++) {
		bed_job_init(bed, &upload[i], JOB_ENTRIES, 0);
		upload[i].items = &items[i * UPLOAD];
		upload[i].item_count = UPLOAD;
		join(line, &upload[i]);
	}
	for (unsigned i = 0; i < 3; i++) {
		struct visit v = bed_visit(bed, 0, i, BED_ONCE);

		bed_ask_init(bed, &asking[i], &v, INT64_MAX);
		join(line, &asking[i].job);
	}
	line_move(line);
	for (size_t i = 0; i < 3; i++)
		assert_done(line, 1 + i, &asking[i].job, 1);
	for (size_t i = 0; i < 5; i++)
		assert_done(line, 4 + i, &upload[i], commit_of[i]);
	line_close(line);
	free(items);
}

static void no_commit_takes_more_than_its_share_of_the_rest(void **state)
{
	size_t n = 2 * ITEMS_PER_COMMIT + 1;
	struct bed *bed = *state;
	struct ledger_job *call = calloc(n, sizeof *call);
	struct line *line = line_open(bed);

	assert_non_null(call);
	for (size_t i = 0; i < n; i++) {
		bed_job_init(bed, &call[i], JOB_CALL, 0);
		call[i].call = do_nothing;
		join(line, &call[i]);
	}
	line_move(line);
	for (size_t i = 0; i < n; i++)
		assert_done(line, 1 + i, &call[i], 1 + i / ITEMS_PER_COMMIT);
	line_close(line);
	free(call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORY(questions_go_before_the_uploads_that_were_there_first),
	    STORY(no_commit_takes_more_than_its_share_of_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
