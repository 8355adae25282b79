/* SPDX-License-Identifier: Apache-2.0 */
/* partfile.h: the temporary file beside an output. It is locked while it is
 * being written, so that one which an interrupted run left over, and which is
 * replaced, is told from one that another run is at. */
#ifndef ISSUER_PARTFILE_H
#define ISSUER_PARTFILE_H

/* A new, empty file of that name, open for writing and locked until it is
 * closed; -1 and errno, which is EWOULDBLOCK when another run has it. Whoever
 * renames or removes it does so before closing. */
int partfile_open(const char *path, unsigned mode);

#endif
