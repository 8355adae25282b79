/* SPDX-License-Identifier: Apache-2.0 */
/* attempts.h: attempts and the verdict that each must get: what is changed in
 * a world (city.h) in which the attempt would be accepted. */
#ifndef ATTEMPTS_H
#define ATTEMPTS_H

#include "city.h"

typedef void change(struct world *w);

struct attempt {
	const char *what;
	enum verdict verdict;
	change *change;
};

/* The tables, one after another, each ended by a NULL `what`. */
extern const struct attempt ATTEMPTS_ACCEPTED[];
extern const struct attempt ATTEMPTS_CODE[];
extern const struct attempt ATTEMPTS_PASS[];
extern const struct attempt ATTEMPTS_USE[];
extern const struct attempt ATTEMPTS_UNDECIDED[];

/* Changes that several tables begin with. */
void go_offline(struct world *w);
void ask_service(struct world *w);
void bind_pass(struct world *w);
void show_live(struct world *w);

#endif
