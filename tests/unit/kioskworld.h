/* SPDX-License-Identifier: Apache-2.0 */
/* kioskworld.h: a kiosk in a directory of its own, enrolled with the service
 * of city.h, with a clock that the test sets, and a service on loopback that
 * does what it is told. */
#ifndef KIOSKWORLD_H
#define KIOSKWORLD_H

#include <pthread.h>

#include "city.h"
#include "handle.h"

enum doing {
	DO_ACCEPT,     /* answer every question with accepted, take entries */
	DO_SILENCE,    /* read, and say nothing */
	DO_BREAK_ONCE, /* break the first question off, then accept */
};

#define LISTENER_CONNECTIONS 256

struct connection {
	struct listener *listener;
	pthread_t thread;
	int fd;
};

struct listener {
	pthread_t thread;
	struct connection connections[LISTENER_CONNECTIONS];
	size_t count; /* its thread's, until that has ended */
	pthread_mutex_t lock; /* of what the first question was */
	int fd, port;
	int64_t service_ms;
	_Atomic int doing;   /* enum doing */
	_Atomic bool stop;
	_Atomic int asked;   /* questions that came */
	_Atomic int silent;  /* requests that met silence */
	uint8_t first[65536]; /* body of the first question */
	size_t first_n;
	_Atomic bool same;   /* all later ones had the same body */
};

void listener_start(struct listener *l, enum doing doing);
void listener_stop(struct listener *l);

struct kioskworld {
	struct world world;
	char dir[64];
	struct env env;
	int64_t wall_ms, boot_ms; /* boot_ms < 0: the real one */
	char boot_id[BOOT_ID_TEXT];
	struct oap *o;
	uint64_t epoch, made_at; /* of the next bundle */
	const uint8_t *pin, *next_key; /* in it; NULL: none */
	bool revoked;		       /* this kiosk, in it */
};

/* Enrolled, open, with a bundle. port 0: a service that is not there. */
void kioskworld_make(struct kioskworld *k, int port);
/* Closes it and removes the directory. */
void kioskworld_end(struct kioskworld *k);
enum oap_result kioskworld_open(struct kioskworld *k, struct oap_problem *why);
void kioskworld_close(struct kioskworld *k);
/* Gives the kiosk a bundle of epoch and made_at, as if it had been fetched. */
enum oap_result kioskworld_bundle(struct kioskworld *k,
				  struct oap_problem *why);

/* Runs SQL on the journal of a kiosk that is closed. */
void kioskworld_change(struct kioskworld *k, const char *sql);

/* Redeems a text; asserts that the call itself works. */
struct oap_told kioskworld_redeem(struct kioskworld *k, const char *text,
				  unsigned deadline_ms);
/* The code of the world's pass; a new pass id each time. */
void kioskworld_pass(struct kioskworld *k, char code[static CODE_MAX + 1]);

/* A VFS over the default one, named "faulty", whose n-th write, sync or
 * truncate from now on fails once with IOERR, fails with FULL, or ends the
 * process. n 0: never. */
enum fault_kind { FAULT_IOERR, FAULT_FULL, FAULT_EXIT };
void faulty_vfs_arm(unsigned n, enum fault_kind kind);
/* The same for so many in a row, from the n-th on. */
void faulty_vfs_arm_run(unsigned n, unsigned times, enum fault_kind kind);
/* The database file takes no write, while its log does. */
void faulty_vfs_break_database(bool broken);
void faulty_vfs_register(void);
/* Whether the armed fault has happened. */
bool faulty_vfs_fired(void);

#endif
