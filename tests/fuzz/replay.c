/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c: runs a fuzz target over every file of a directory, for builds
 * without libFuzzer. An input is on the heap in its own size, so that a
 * sanitizer sees a read past its end. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	struct stat st;
	size_t n = 0;
	int rc = -1;

	if (!f || fstat(fileno(f), &st) < 0)
		goto cleanup;
	n = (size_t)st.st_size;
	data = malloc(n ? n : 1);
	if (!data || fread(data, 1, n, f) != n)
		goto cleanup;
	rc = LLVMFuzzerTestOneInput(data, n);
cleanup:
	if (rc < 0)
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	free(data);
	if (f)
		fclose(f);
	return rc;
}

int main(int argc, char **argv)
{
	struct dirent *entry;
	char path[4096];
	int count = 0;
	DIR *dir;

	dir = argc == 2 ? opendir(argv[1]) : NULL;
	if (!dir) {
		fprintf(stderr, "usage: %s DIRECTORY (of inputs)\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		fprintf(stderr, "%s\n", path);
		if (run_file(path) < 0)
			return 1;
		count++;
	}
	closedir(dir);
	printf("%d inputs\n", count);
	return count > 0 ? 0 : 1;
}
