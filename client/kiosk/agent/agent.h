/* SPDX-License-Identifier: Apache-2.0 */
/* agent.h: what the agent's parts share. It belongs to the loop's thread; the
 * kiosk's handle alone is used by the pools' threads, too. */
#ifndef OAP_AGENT_H
#define OAP_AGENT_H

#include <oap.h>
#include <stdbool.h>

#include "courier.h"
#include "desk.h"
#include "feed.h"
#include "guard.h"
#include "mailbox.h"
#include "options.h"
#include "pool.h"
#include "scanner.h"
#include "streams.h"

struct web;

/* Whether the service was reached when it was last tried. */
enum link_state { LINK_UNKNOWN, LINK_UP, LINK_DOWN };

/* A line that the scanner gave and that waits its turn. */
struct waiting_line {
	char text[SCANNED_TEXT];
	size_t n;
};

struct agent {
	const struct options *options;
	struct oap *kiosk;
	struct event_base *base;
	struct mailbox *mail;
	struct pool *door; /* what asks the service and writes the journal */
	struct pool *look; /* what only looks */
	struct courier *courier;
	struct feed *feed; /* NULL: no scanner of its own */
	struct web *web;
	struct streams streams;
	struct guard guard;
	struct desk desk;
	bool benefit_checked; /* that of the command line, once */
	bool ending;
	unsigned looking; /* status jobs for pages on their way: 0 or 1 */
	bool look_again;  /* another is wanted after it */
	unsigned at_door; /* visits and reversals that are on their way */

	enum link_state link;
	int64_t link_since_ms; /* monotonic */
	char trouble[OAP_PROBLEM_TEXT]; /* what the courier last met; "" */
	enum feed_state feed_state;
	char feed_detail[SCANNER_DETAIL];
	json_t *last_told; /* for a page that comes anew; NULL: none */
	int64_t last_told_ms; /* monotonic */
	struct oap_synced refused; /* reversals that nobody has read of yet */

	/* The scanner's: one line is judged at a time. */
	struct waiting_line waiting[LINES_WAITING];
	unsigned waiting_first, waiting_count;
	bool judging_line;
	char last_line[SCANNED_TEXT]; /* with what came of it */
	size_t last_line_n;
	int64_t last_line_ms; /* when it was last seen */
	bool last_line_settled; /* seen again at once, it says nothing new */
};

void agent_link(struct agent *a, enum link_state state);
/* A status for every page is worked out soon. */
void agent_look(struct agent *a);
/* A page is told to say something that is no verdict: "no-benefit",
 * "too-fast", "failed", "withdrawn". */
void agent_notice(struct agent *a, const char *kind, const char *detail);

#endif
