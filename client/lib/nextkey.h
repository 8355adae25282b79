/* SPDX-License-Identifier: Apache-2.0 */
/* nextkey.h: the key that a kiosk rolls to, beside the one in use, and the
 * message (65006) that introduces it to the service. All under the lock. */
#ifndef OAP_NEXTKEY_H
#define OAP_NEXTKEY_H

#include "handle.h"

/* From its file, which is made, durably, when it is missing. */
enum oap_result nextkey_need(struct oap *o, struct device_key *next,
			     struct oap_problem *why) OAP_CHECKED;
/* Whether roll has the message that introduces it, to this service. */
bool nextkey_is_introduced(const struct oap *o, const struct device_key *next,
			   const struct roll *roll) OAP_CHECKED;
/* Makes that message, signed by both keys. */
bool nextkey_introduce(const struct oap *o, const struct device_key *next,
		       struct roll *roll) OAP_CHECKED;
/* While opening, with identity and key read: the journal may have gone over to
 * the next key already, whose file has still to take the other's name. */
enum oap_result nextkey_complete(struct oap *o, struct oap_problem *why)
    OAP_CHECKED;

#endif
