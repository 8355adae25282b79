/* SPDX-License-Identifier: Apache-2.0 */
/* visit.h: passes judged and visits taken back: the way from whoever asks to
 * the library, on a thread that may wait, and back to the asker and to every
 * page. All of it is called on the loop's thread. */
#ifndef OAP_AGENT_VISIT_H
#define OAP_AGENT_VISIT_H

#include "asked.h"
#include "web.h"

/* A code for what stands at the desk; c: who waits for it, answered here. */
void visit_scan(struct call *c, const char *code, size_t n);

/* The same with everything said. */
void visit_redeem(struct call *c, const struct asked *asked);
void visit_reverse(struct call *c, const struct asked_reversal *asked);
/* A line of the scanner; it waits until those before it are judged. */
void visit_line(struct agent *a, const char *line, size_t n);

#endif
