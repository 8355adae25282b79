/* SPDX-License-Identifier: Apache-2.0 */
/* env.h: the outside world as a value: clocks, randomness, and the file
 * system under the journal. Tests set their own. */
#ifndef OAP_ENV_H
#define OAP_ENV_H

#include "bytes.h"

#define BOOT_ID_TEXT 37 /* a UUID in text, and its NUL */

struct env {
	/* The kiosk's raw clock, ms since 1970 UTC; people set it. */
	int64_t (*wall_ms)(void *arg);
	/* Ms since boot, suspended or not; nobody sets it. */
	int64_t (*boot_ms)(void *arg);
	/* Names this boot; "" when it cannot be told. */
	void (*boot_id)(void *arg, char text[static BOOT_ID_TEXT]);
	/* Cryptographic. */
	void (*random)(void *arg, uint8_t *p, size_t n);
	void *arg;
	const char *vfs; /* SQLite's, NULL: its default */
};

/* The real ones. Their functions may be called from any thread. */
struct env env_real(void);

#endif
