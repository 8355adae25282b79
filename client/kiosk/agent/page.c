/* SPDX-License-Identifier: Apache-2.0 */
#include "page.h"

#include <string.h>

const struct page_file *page_find(const char *path)
{
	for (const struct page_file *f = PAGE_FILES; f->path != NULL; f++)
		if (strcmp(f->path, path) == 0)
			return f;
	return NULL;
}
