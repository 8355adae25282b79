/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_report_worker.c: the thread that reads, beside the one that writes:
 * what it sees is whole, what it cannot do is said, and nothing hangs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledgerbed.h"
#include "report_worker.h"
#include "store_report.h"

/* A job whose end can be waited for, and whose beginning can be held up. */
struct task {
	struct report_job job;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool begun, may_end, ended;
	enum store_result gives;
	int64_t counting, rows; /* what it read */
};

static void task_init(struct task *t,
                      enum store_result (*call)(struct store *reader,
                                                struct report_job *job))
{
	memset(t, 0, sizeof *t);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, NULL);
	t->job.call = call;
	t->job.owner = t;
	t->may_end = true;
}

static void task_close(struct task *t)
{
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
}

static void set(struct task *t, bool *flag)
{
	pthread_mutex_lock(&t->lock);
	*flag = true;
	pthread_cond_broadcast(&t->wake);
	pthread_mutex_unlock(&t->lock);
}

static void wait_until(struct task *t, const bool *flag)
{
	pthread_mutex_lock(&t->lock);
	while (!*flag)
		pthread_cond_wait(&t->wake, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

static void on_done(struct report_job *job)
{
	struct task *t = job->owner;

	set(t, &t->ended);
}

static void submit(struct report_worker *w, struct task *t)
{
	t->job.done = on_done;
	assert_true(report_worker_submit(w, &t->job));
}

static struct report_worker *start(const struct bed *bed, size_t queue_max)
{
	char error[256] = "";
	struct report_worker *w =
	    report_worker_start(bed_dir(bed), queue_max, error, sizeof error);

	if (!w)
		fail_msg("%s", error);
	return w;
}

static bool add_counting(const struct sums *sums, void *arg)
{
	int64_t *counting = arg;

	*counting += sums->total.counting;
	return true;
}

static bool add_row(const struct found_attempt *found, void *arg)
{
	int64_t *rows = arg;

	*rows += found->attempt.counts;
	return true;
}

/* The same figure from two tables: of one view, or they differ. */
static enum store_result read_both(struct store *s, struct report_job *job)
{
	static const struct attempt_filter all = {.first_day = 19700101};
	struct attempt_place place = {.day = 99991231, .n = INT64_MAX};
	struct task *t = job->owner;
	enum store_result r;
	bool more;

	r = store_sums(s, BY_DAY, 19700101, 99991231, add_counting,
	               &t->counting);
	return r == STORE_OK ? store_search(s, &all, &place, 100000, add_row,
	                                    &t->rows, &more)
	                     : r;
}

static enum store_result hold_up(struct store *s, struct report_job *job)
{
	struct task *t = job->owner;

	(void)s;
	set(t, &t->begun);
	wait_until(t, &t->may_end);
	return t->gives;
}

static void run_both(struct report_worker *w, struct task *t)
{
	task_init(t, read_both);
	submit(w, t);
	wait_until(t, &t->ended);
	assert_false(t->job.failed);
	task_close(t);
}

/* ---------------------------------------------------------------- jobs */

static void it_reads_what_was_committed(void **state)
{
	struct bed *bed = bed_open();
	struct report_worker *w = start(bed, 4);
	struct task t;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct visit v = bed_visit(bed, 0, i, BED_ONCE);

		assert_int_equal(bed_redeem(bed, &v).answer.verdict,
		                 VERDICT_ACCEPTED);
		run_both(w, &t);
		assert_int_equal(t.counting, i + 1);
		assert_int_equal(t.rows, i + 1);
	}
	report_worker_stop(w);
	bed_close(bed);
}

static void its_result_is_the_jobs_own(void **state)
{
	static const enum store_result gives[] = {STORE_OK, STORE_NONE,
	                                          STORE_FAILED, STORE_OK};
	struct bed *bed = bed_open();
	struct report_worker *w = start(bed, 4);

	(void)state;
	for (size_t i = 0; i < sizeof gives / sizeof gives[0]; i++) {
		struct task t;

		task_init(&t, hold_up);
		t.gives = gives[i];
		submit(w, &t);
		wait_until(&t, &t.ended);
		assert_int_equal(t.job.result, gives[i]);
		assert_int_equal(t.job.failed, gives[i] == STORE_FAILED);
		task_close(&t);
	}
	report_worker_stop(w);
	bed_close(bed);
}

static void a_full_queue_says_so(void **state)
{
	struct bed *bed = bed_open();
	struct report_worker *w = start(bed, 2);
	struct task t[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		task_init(&t[i], hold_up);
		t[i].may_end = false;
		t[i].job.done = on_done;
	}
	submit(w, &t[0]);
	wait_until(&t[0], &t[0].begun);
	submit(w, &t[1]);
	submit(w, &t[2]);
	assert_false(report_worker_submit(w, &t[3].job));
	for (size_t i = 0; i < 3; i++) {
		set(&t[i], &t[i].may_end);
		wait_until(&t[i], &t[i].ended);
		assert_false(t[i].job.failed);
	}
	submit(w, &t[3]);
	set(&t[3], &t[3].may_end);
	wait_until(&t[3], &t[3].ended);
	for (size_t i = 0; i < 4; i++)
		task_close(&t[i]);
	report_worker_stop(w);
	bed_close(bed);
}

static void *stop(void *arg)
{
	report_worker_stop(arg);
	return NULL;
}

struct probe {
	struct report_job job;
	struct probe *before;
};

static void count_given_up(struct report_job *job)
{
	_Atomic size_t *given_up = job->owner;

	*given_up += job->failed;
}

/* Hands in jobs until one is refused, which is when stop has begun. */
static size_t probe_until_refused(struct report_worker *w,
                                  _Atomic size_t *given_up, struct probe **list)
{
	for (size_t n = 0;; n++) {
		struct probe *p = calloc(1, sizeof *p);

		assert_non_null(p);
		p->before = *list;
		*list = p;
		p->job.call = hold_up;
		p->job.done = count_given_up;
		p->job.owner = given_up;
		if (!report_worker_submit(w, &p->job))
			return n;
		sched_yield();
	}
}

static void a_stop_ends_what_is_at_work_and_gives_up_the_rest(void **state)
{
	struct bed *bed = bed_open();
	struct report_worker *w = start(bed, SIZE_MAX);
	_Atomic size_t given_up = 0;
	struct probe *list = NULL;
	struct task at_work;
	pthread_t stopper;
	size_t probes;

	(void)state;
	task_init(&at_work, hold_up);
	at_work.may_end = false;
	submit(w, &at_work);
	wait_until(&at_work, &at_work.begun);
	assert_int_equal(pthread_create(&stopper, NULL, stop, w), 0);
	probes = probe_until_refused(w, &given_up, &list);
	assert_int_equal(given_up, 0);
	set(&at_work, &at_work.may_end);
	pthread_join(stopper, NULL);
	assert_true(at_work.ended);
	assert_false(at_work.job.failed);
	assert_int_equal(given_up, probes);
	while (list) {
		struct probe *p = list;

		list = p->before;
		free(p);
	}
	task_close(&at_work);
	bed_close(bed);
}

/* --------------------------------------------------- beside the writer */

struct reading {
	struct report_worker *w;
	_Atomic bool stop;
	size_t reads;
	bool torn; /* a view that was not whole */
};

static void *keep_reading(void *arg)
{
	struct reading *r = arg;
	int64_t last = 0;

	while (!r->stop || r->reads == 0) {
		struct task t;

		run_both(r->w, &t);
		if (t.counting != t.rows || t.counting < last)
			r->torn = true;
		last = t.counting;
		r->reads++;
	}
	return NULL;
}

static void each_view_is_whole_while_the_ledger_writes(void **state)
{
	struct bed *bed = bed_open();
	struct reading r = {.w = start(bed, 4)};
	pthread_t reader;

	(void)state;
	assert_int_equal(pthread_create(&reader, NULL, keep_reading, &r), 0);
	for (unsigned i = 0; i < 200; i++) {
		struct visit v = bed_visit(bed, i % 4, i, BED_ONCE);

		assert_int_equal(bed_redeem(bed, &v).answer.verdict,
		                 VERDICT_ACCEPTED);
	}
	r.stop = true;
	pthread_join(reader, NULL);
	assert_false(r.torn);
	assert_true(r.reads > 0);
	report_worker_stop(r.w);
	bed_close(bed);
}

/* A view that is held long does not stop doors, nor what is written back. */
static void a_long_read_holds_nobody_up(void **state)
{
	struct bed *bed = bed_open();
	struct report_worker *w = start(bed, 4);
	struct task t;

	(void)state;
	bed_keep_log(bed, 8);
	task_init(&t, hold_up);
	t.may_end = false;
	submit(w, &t);
	wait_until(&t, &t.begun);
	for (unsigned i = 0; i < 50; i++) {
		struct visit v = bed_visit(bed, 0, i, BED_ONCE);

		assert_int_equal(bed_redeem(bed, &v).answer.verdict,
		                 VERDICT_ACCEPTED);
	}
	assert_false(t.ended);
	set(&t, &t.may_end);
	wait_until(&t, &t.ended);
	task_close(&t);
	run_both(w, &t);
	assert_int_equal(t.rows, 50);
	report_worker_stop(w);
	bed_close(bed);
}

static void no_store_to_read_is_one_line(void **state)
{
	char error[256] = "";

	(void)state;
	assert_null(
	    report_worker_start("/nonexistent/oap", 4, error, sizeof error));
	assert_non_null(strstr(error, "/nonexistent/oap"));
	assert_null(strchr(error, '\n'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_reads_what_was_committed),
	    cmocka_unit_test(its_result_is_the_jobs_own),
	    cmocka_unit_test(a_full_queue_says_so),
	    cmocka_unit_test(a_stop_ends_what_is_at_work_and_gives_up_the_rest),
	    cmocka_unit_test(each_view_is_whole_while_the_ledger_writes),
	    cmocka_unit_test(a_long_read_holds_nobody_up),
	    cmocka_unit_test(no_store_to_read_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
