/* SPDX-License-Identifier: Apache-2.0 */
/* output.h: a file that is there whole or not at all. It is written under a
 * temporary name, synced, and renamed; "-", which is stdout, a device and a
 * pipe are written as it comes. */
#ifndef ISSUER_OUTPUT_H
#define ISSUER_OUTPUT_H

#include "bytes.h"
#include "fault.h"

#define OUTPUT_MODE_PASS 0600	/* a code is as good as the pass */
#define OUTPUT_MODE_PUBLIC 0644 /* what is made to be published */

struct output;

/* The temporary name is path + ".part"; one left over is replaced. NULL and
 * a fault when it cannot be made, and when the path leads to anything else
 * than a file, a character device or a pipe: so that nothing is entered that
 * could not be written, and nothing replaced that is no file. */
struct output *output_open(const char *path, unsigned mode,
			   struct fault *fault) OAP_CHECKED;
/* Refuses an output that would take the place of what is read; "-" is stdin
 * there. */
bool output_refuse_input(const char *path, const char *input,
			 struct fault *fault) OAP_CHECKED;
/* Buffered. A failure is kept until output_commit. */
void output_put(struct output *out, struct bytes data);
/* Hands what is buffered to the kernel; so stdout shows it now. */
void output_flush(struct output *out);
/* Whether all went well so far, so that a long run can end early. */
bool output_check(const struct output *out, struct fault *fault) OAP_CHECKED;
/* Syncs and renames, syncs the directory too, and frees. */
bool output_commit(struct output *out, struct fault *fault) OAP_CHECKED;
/* Removes the temporary file and frees; takes NULL. */
void output_abandon(struct output *out);

/* Sends on what printf and its like have left in stdio's buffer; a failure is
 * told once, and what could not be written is forgotten. */
bool output_flush_stdout(struct fault *fault) OAP_CHECKED;

/* All of the above for a few bytes. */
bool output_write(const char *path, unsigned mode, struct bytes data,
		  struct fault *fault) OAP_CHECKED;

/* Writes and syncs a file below a directory, made with O_EXCL after removing
 * a left-over one; the caller renames and syncs the directory. */
bool output_write_at(int dir, const char *name, unsigned mode,
		     struct bytes data, struct fault *fault) OAP_CHECKED;
/* Makes a directory, durably; it may be there. */
bool output_make_dir(const char *path, unsigned mode, struct fault *fault)
    OAP_CHECKED;
/* Makes a rename in the directory durable. */
bool output_sync_dir(int dir, const char *name, struct fault *fault)
    OAP_CHECKED;
/* Likewise for the directory that holds a path. */
bool output_sync_parent(const char *path, struct fault *fault) OAP_CHECKED;

#endif
