/* SPDX-License-Identifier: Apache-2.0 */
/* vectors.c: see vectors.h. */
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SKIPPED 77 /* SKIP_RETURN_CODE in CMakeLists.txt */

static bool missing;

json_t *vectors_load(const char *name)
{
	const char *dir = getenv("OAP_VECTORS");
	char path[4096];
	json_error_t error;
	json_t *root;

	snprintf(path, sizeof(path), "%s/%s",
	         dir ? dir : OAP_SOURCE_DIR "/../shared/vectors", name);
	root = json_load_file(path, 0, &error);
	if (root)
		return root;
	missing = true;
	fprintf(stderr,
	        "SKIPPED: %s: %s; OAP_VECTORS names the directory of the "
	        "public vectors\n",
	        path, error.text);
	return NULL;
}

int vectors_status(int failed)
{
	if (failed != 0)
		return 1;
	return missing ? SKIPPED : 0;
}

const char *vector_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

struct bytes from_hex(const char *hex, uint8_t *buf, size_t cap)
{
	size_t n = strlen(hex) / 2;

	assert_true(n <= cap);
	assert_true(hex_decode(bytes_text(hex), buf, n));
	return bytes_of(buf, n);
}

struct bytes vector_hex(const json_t *object, const char *key, uint8_t *buf,
                        size_t cap)
{
	return from_hex(vector_text(object, key), buf, cap);
}
