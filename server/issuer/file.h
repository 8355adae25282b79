/* SPDX-License-Identifier: Apache-2.0 */
/* file.h: reads a whole file, or stdin, into memory, up to a limit. */
#ifndef ISSUER_FILE_H
#define ISSUER_FILE_H

#include "bytes.h"
#include "fault.h"

/* Bytes that blob_free releases. */
struct blob {
	uint8_t *p;
	size_t n;
};

/* "-" reads stdin. An empty file is no fault. On false nothing is held. */
bool file_read(const char *path, size_t max, struct blob *out,
	       struct fault *fault) OAP_CHECKED;
/* Likewise, below an open directory. */
bool file_read_at(int dir, const char *name, size_t max, struct blob *out,
		  struct fault *fault) OAP_CHECKED;
struct bytes blob_view(const struct blob *blob);
/* Wipes, then frees; takes a zeroed blob. */
void blob_free(struct blob *blob);

#endif
