/* SPDX-License-Identifier: Apache-2.0 */
/* mapkey.h: walks a map whose keys are known: in deterministic CBOR they come
 * in one order, so a payload reads as the list of its keys. */
#ifndef OAP_MAPKEY_H
#define OAP_MAPKEY_H

#include "cbor.h"

/* Steps over the map's key when it is the next thing; else does not move. */
bool map_key(struct cbor_in *in, int64_t key);

#endif
