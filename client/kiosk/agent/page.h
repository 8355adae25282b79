/* SPDX-License-Identifier: Apache-2.0 */
/* page.h: the files of the page, as they are in the source, put into the
 * program when it is built. */
#ifndef OAP_AGENT_PAGE_H
#define OAP_AGENT_PAGE_H

#include <stddef.h>

struct page_file {
	const char *path; /* "/words.js" */
	const char *type;
	const unsigned char *bytes;
	size_t n;
};

/* NULL: there is none. */
const struct page_file *page_find(const char *path);

/* Made by embed.cmake; ends with a NULL path. */
extern const struct page_file PAGE_FILES[];

#endif
