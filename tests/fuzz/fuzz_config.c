/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration: a file that is taken is shown as a file that sets the same,
 * and is shown the same again; of one that is loaded anew just the keys that
 * may change do; one that is refused is told why in one line. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config.h"
#include "fuzz.h"

static bool parse(struct bytes text, struct config *config, char error[512])
{
	error[0] = '\0';
	return config_parse(text, "f", config, error, 512);
}

static void show(const struct config *config, char **text, size_t *n)
{
	FILE *file = open_memstream(text, n);

	check(file != NULL);
	config_show(config, file);
	fclose(file);
}

static void check_same(const struct config *a, const struct config *b)
{
	size_t count;
	const struct config_key *keys = config_table(&count);

	for (size_t i = 0; i < count; i++)
		check(!config_differs(a, b, &keys[i]));
}

/* Under a daemon that runs with the least that there is. */
static void check_reload(const struct config *next)
{
	struct config old = {.port = -1}, now;
	char error[512];
	size_t count;
	const struct config_key *keys = config_table(&count);

	check(parse(bytes_text("[service]\ndata_dir = /x\n"), &old, error));
	now = old;
	config_take_reloadable(&now, next);
	for (size_t i = 0; i < count; i++)
		check(!config_differs(&now, keys[i].reload ? next : &old,
				      &keys[i]));
}

/* As oapd reads it: from a file, with the same end. */
static void check_load(struct bytes input, bool good)
{
	struct config config;
	char path[64], error[512];
	int fd = memfd_create("config", MFD_CLOEXEC);

	check(fd >= 0 && write(fd, input.p, input.n) == (ssize_t)input.n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check(config_load(path, &config, error, sizeof(error)) == good);
	close(fd);
	check(!config_load(path, &config, error, sizeof(error)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config first = {.port = -1}, second = {.port = -1};
	static bool started;
	char error[512], *text, *again;
	size_t n, again_n;

	if (!started)
		config_start();
	started = true;
	if (size > CONFIG_FILE_MAX) {
		check_load(bytes_of(data, size), false);
		return 0;
	}
	if (!parse(bytes_of(data, size), &first, error)) {
		check_load(bytes_of(data, size), false);
		check(strncmp(error, "f:", 2) == 0 &&
		      strchr(error, '\n') == NULL);
		check(first.port == -1);
		return 0;
	}
	check_load(bytes_of(data, size), true);
	show(&first, &text, &n);
	check(parse(bytes_of(text, n), &second, error));
	check_same(&first, &second);
	check_reload(&first);
	show(&second, &again, &again_n);
	check(bytes_equal(bytes_of(text, n), bytes_of(again, again_n)));
	free(text);
	free(again);
	return 0;
}
