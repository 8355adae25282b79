/* SPDX-License-Identifier: Apache-2.0 */
/* index.h: index.csv, which says whose pass each file of a directory is. Runs
 * share a directory: what earlier ones wrote there stays in the index. */
#ifndef ISSUER_INDEX_H
#define ISSUER_INDEX_H

#include "bytes.h"
#include "fault.h"

struct index;

/* What is in the file; empty when there is none. NULL and a fault when it is
 * no index of ours, which must not be lost either. */
struct index *index_read(const char *path, struct fault *fault) OAP_CHECKED;
void index_free(struct index *index); /* takes NULL */

/* The pass gets a row of this run. Returns the reference for it: ref, or when
 * that is empty the one of an earlier row, which lives until the next call. */
struct bytes index_replace(struct index *index, const uint8_t cti[static 16],
			   struct bytes ref);
/* Each row that was not replaced, in the order of the file and as it stands
 * there, without its line end. */
typedef void index_row_fn(void *arg, struct bytes row);
void index_each_left(const struct index *index, index_row_fn *put, void *arg);

#endif
