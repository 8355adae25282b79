/* SPDX-License-Identifier: Apache-2.0 */
/* bench_scan.c: one scan as liboap judges it, and one journal write, of an
 * enrolled kiosk that holds a bundle. Codes come on stdin, one a line: good
 * ones, then an empty line, then forged ones, which are told and journalled
 * without asking anybody. Writes one JSON object: medians in microseconds;
 * "check" in CPU time, the journal write by the clock on the wall.
 *
 *   bench_scan DIRECTORY BENEFIT */
#include <oap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SCANS_MAX 20000

struct times {
	double us[SCANS_MAX];
	size_t n;
};

static double clock_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(struct times *t)
{
	if (t->n == 0)
		return 0;
	qsort(t->us, t->n, sizeof(t->us[0]), by_size);
	return t->us[t->n / 2];
}

static void die(const char *what, const char *text)
{
	fprintf(stderr, "bench_scan: %s: %s\n", what, text);
	exit(4);
}

typedef enum oap_result call(struct oap *, const struct oap_attempt *,
			     struct oap_told *, struct oap_problem *);

static double timed(struct oap *kiosk, call *f,
		    const struct oap_attempt *visit, unsigned verdict,
		    clockid_t clock)
{
	struct oap_told told;
	struct oap_problem why;
	double start = clock_us(clock);

	if (f(kiosk, visit, &told, &why) != OAP_OK)
		die("call", why.text);
	double us = clock_us(clock) - start;
	if (told.verdict != verdict)
		die(oap_verdict_name(told.verdict), told.detail);
	return us;
}

int main(int argc, char **argv)
{
	static struct times check, forged, redeemed;
	struct oap *kiosk;
	struct oap_problem why;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	if (argc != 3)
		return 2;
	if (oap_open(argv[1], 0, &kiosk, &why) != OAP_OK)
		die(argv[1], why.text);
	struct oap_attempt visit = OAP_ATTEMPT_INIT;
	visit.benefit = argv[2];
	visit.list = 24000;
	while ((n = getline(&line, &size, stdin)) > 1 && check.n < SCANS_MAX) {
		visit.code = line;
		visit.code_length = (size_t)n;
		check.us[check.n++] =
		    timed(kiosk, oap_check, &visit, OAP_ACCEPTED,
			  CLOCK_THREAD_CPUTIME_ID);
	}
	while ((n = getline(&line, &size, stdin)) > 1 &&
	       redeemed.n < SCANS_MAX) {
		visit.code = line;
		visit.code_length = (size_t)n;
		forged.us[forged.n++] =
		    timed(kiosk, oap_check, &visit, OAP_BAD_SIGNATURE,
			  CLOCK_MONOTONIC);
		redeemed.us[redeemed.n++] =
		    timed(kiosk, oap_redeem, &visit, OAP_BAD_SIGNATURE,
			  CLOCK_MONOTONIC);
	}
	printf("{\"scans\":%zu,\"check_us\":%.2f,\"journal_us\":%.2f}\n",
	       check.n, median(&check), median(&redeemed) - median(&forged));
	oap_close(kiosk);
	free(line);
	return 0;
}
