/* SPDX-License-Identifier: Apache-2.0 */
/* env.c: clocks and randomness of a Linux machine. */
#include "env.h"

#include <fcntl.h>
#include <sodium.h>
#include <time.h>
#include <unistd.h>

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

static int64_t clock_ms(clockid_t which)
{
	struct timespec t;

	if (clock_gettime(which, &t) != 0)
		return 0;
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t wall_ms(void *arg)
{
	(void)arg;
	return clock_ms(CLOCK_REALTIME);
}

static int64_t boot_ms(void *arg)
{
	(void)arg;
	return clock_ms(CLOCK_BOOTTIME);
}

static void boot_id(void *arg, char text[static BOOT_ID_TEXT])
{
	int fd = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	(void)arg;
	if (fd >= 0) {
		n = read(fd, text, BOOT_ID_TEXT - 1);
		close(fd);
	}
	text[n == BOOT_ID_TEXT - 1 ? n : 0] = '\0';
}

static void random_bytes(void *arg, uint8_t *p, size_t n)
{
	(void)arg;
	randombytes_buf(p, n);
}

struct env env_real(void)
{
	return (struct env){
	    .wall_ms = wall_ms,
	    .boot_ms = boot_ms,
	    .boot_id = boot_id,
	    .random = random_bytes,
	};
}
