/* SPDX-License-Identifier: Apache-2.0 */
/* busydoor.c: a door that goes on while its kiosk rolls its key, or is wiped:
 *
 *	busydoor DIR BENEFIT roll|refresh < CODES
 *
 * A thread redeems the codes and prints "told VERDICT ID", another does the
 * other thing again and again until they are all told, and the last line says
 * how often that was done: "done N". */
#define _POSIX_C_SOURCE 200809L /* nanosleep */
#include <oap.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct door {
	struct oap *kiosk;
	const char *benefit;
	_Atomic int over;
};

/* Now and then nobody comes for a moment, at the busiest door. */
static void breathe(unsigned visits)
{
	struct timespec moment = {.tv_nsec = 60000000};

	if (visits % 10 == 0)
		nanosleep(&moment, NULL);
}

static void *tell_all(void *arg)
{
	struct oap_attempt visit = OAP_ATTEMPT_INIT;
	struct door *door = arg;
	struct oap_problem why;
	struct oap_told told;
	unsigned visits = 0;
	char line[4300];

	visit.benefit = door->benefit;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		visit.code = line;
		visit.code_length = strlen(line);
		if (oap_redeem(door->kiosk, &visit, &told, &why) == OAP_OK)
			printf("told %u %s\n", told.verdict, told.id);
		else
			printf("result %d\n", (int)why.result);
		breathe(++visits);
	}
	door->over = 1;
	return NULL;
}

static int do_once(struct oap *kiosk, int rolls)
{
	struct oap_refreshed refreshed;
	struct oap_rolled rolled;
	struct oap_problem why;

	if (rolls)
		return oap_roll(kiosk, &rolled, &why) == OAP_OK;
	return oap_refresh(kiosk, &refreshed, &why) == OAP_OK;
}

int main(int argc, char **argv)
{
	struct oap_problem why;
	struct oap_synced synced;
	pthread_t thread;
	struct door door = {0};
	int done = 0;

	if (argc != 4 || oap_open(argv[1], 0, &door.kiosk, &why) != OAP_OK)
		return 2;
	door.benefit = argv[2];
	if (pthread_create(&thread, NULL, tell_all, &door) != 0)
		return 2;
	while (!door.over)
		done += do_once(door.kiosk, strcmp(argv[3], "roll") == 0);
	pthread_join(thread, NULL);
	printf("done %d\n", done);
	(void)!oap_sync(door.kiosk, &synced, &why);
	oap_close(door.kiosk);
	return 0;
}
