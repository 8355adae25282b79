/* SPDX-License-Identifier: Apache-2.0 */
/* portfile.c: the port in a file. It needs no fsync: it is made anew at each
 * start. */
#include "portfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_TEXT_MAX 512

bool port_file_write(const char *data_dir, uint16_t port, char *error,
		     size_t error_size)
{
	char path[PATH_TEXT_MAX], temporary[PATH_TEXT_MAX];
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), "%s/port", data_dir);
	snprintf(temporary, sizeof(temporary), "%s/port.new", data_dir);
	file = fopen(temporary, "we");
	good = file != NULL && fprintf(file, "%u\n", (unsigned)port) > 0;
	if (file != NULL)
		good = fclose(file) == 0 && good;
	if (good && rename(temporary, path) == 0)
		return true;
	snprintf(error, error_size, "%s: %s", path, strerror(errno));
	return false;
}
