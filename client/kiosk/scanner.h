/* SPDX-License-Identifier: Apache-2.0 */
/* scanner.h: where a code comes from: the command line, lines of input, or an
 * image, which another process reads so that image formats stay out of this
 * one. */
#ifndef OAP_KIOSK_SCANNER_H
#define OAP_KIOSK_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SCANNED_TEXT 4096 /* a QR code holds at most 4,296 characters; a code
			   * of ours 1,157 */

struct scanned {
	char text[SCANNED_TEXT]; /* a NUL after its length bytes */
	size_t length;
};

/* An exit status; EXIT_DONE: *out is a code. What was wrong has been said. */
int scan_text(const char *text, struct scanned *out);
int scan_image(const char *path, struct scanned *out);
/* The next line that is not empty, without its end; what is over is dropped.
 * False at the end of input. */
bool scan_line(FILE *in, struct scanned *out);

/* Of what zbarimg printed: the one line that is a code of ours, or the one
 * line there is. Returns the number of candidates; out is set when it is 1. */
size_t scan_choose(const char *printed, size_t n, struct scanned *out);

#endif
