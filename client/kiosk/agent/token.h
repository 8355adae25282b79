/* SPDX-License-Identifier: Apache-2.0 */
/* token.h: the agent's two secrets, in files of its own. */
#ifndef OAP_AGENT_TOKEN_H
#define OAP_AGENT_TOKEN_H

#include <stdbool.h>

#include "bounds.h"

/* The token in a file, which is made (0600) when it is not there. False: what
 * was wrong has been said. */
bool token_of_file(const char *path, char token[TOKEN_MAX + 1]);

/* The page's link "http://…/#KEY" in a file: the key in it stays, address and
 * port become those of now. */
bool token_of_link(const char *path, const char *url,
		   char key[TOKEN_MAX + 1]);

#endif
