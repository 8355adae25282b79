/* SPDX-License-Identifier: Apache-2.0 */
/* code.h: the text in the QR code, "OAP1:" and Base45, and what a kiosk
 * carries of a scan that is no such text. */
#ifndef OAP_CODE_H
#define OAP_CODE_H

#include "bytes.h"
#include "limits.h"
#include "verdict.h"

/* Appends the code of a message: CODE_MAX characters at most, no NUL. */
void code_put(struct outbuf *out, struct bytes message);

/* Reads one scanned line; CR and LF at its end are dropped, spaces are part
 * of the alphabet and stay. scanned, a view of buf, gets what entries and
 * questions carry: the message, or the first 16 characters of a text that is
 * none (then the result says why: unknown-format, unsupported-version or
 * malformed). 0 when it is a code; its message is yet to be decoded. */
enum verdict code_read(struct bytes line, uint8_t buf[static SCANNED_MAX],
		       struct bytes *scanned) OAP_CHECKED;

/* The same judgement on what was carried: 0 when it can be a message. */
enum verdict code_judge_scanned(struct bytes scanned) OAP_CHECKED;

#endif
