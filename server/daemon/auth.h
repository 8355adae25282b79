/* SPDX-License-Identifier: Apache-2.0 */
/* auth.h: who an operator's call comes from: a bearer token (RFC 6750), or on
 * the local socket the peer's user: root and the daemon's own are admins. */
#ifndef OAP_AUTH_H
#define OAP_AUTH_H

#include "request.h"

/* Fills r->caller; false and a problem (401) when nobody is known. */
bool auth_caller(struct request *r, struct problem *p) OAP_CHECKED;
/* The request came over the local socket, from an admin's user. */
bool auth_is_local_admin(const struct request *r);

#endif
