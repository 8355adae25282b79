/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration: a file that is taken is shown as a file that sets the same,
 * and is shown the same again; one that is refused is told why in one line. */
#include <stdio.h>
#include <string.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config first = {.port = -1}, second = {.port = -1};
	static bool started;
	char error[512], *text, *again;
	size_t n, again_n;

	if (!started)
		config_start();
	started = true;
	if (!parse(bytes_of(data, size), &first, error)) {
		check(strncmp(error, "f:", 2) == 0 &&
		      strchr(error, '\n') == NULL);
		check(first.port == -1);
		return 0;
	}
	show(&first, &text, &n);
	check(parse(bytes_of(text, n), &second, error));
	show(&second, &again, &again_n);
	check(bytes_equal(bytes_of(text, n), bytes_of(again, again_n)));
	free(text);
	free(again);
	return 0;
}
