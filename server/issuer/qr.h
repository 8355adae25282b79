/* SPDX-License-Identifier: Apache-2.0 */
/* qr.h: the QR code of a pass: alphanumeric mode, error correction level M,
 * the smallest version that holds it. */
#ifndef ISSUER_QR_H
#define ISSUER_QR_H

#include "bytes.h"
#include "fault.h"

#define QR_QUIET 4 /* modules of white around it (ISO/IEC 18004) */

struct qr {
	void *code; /* libqrencode's */
	int version;
	int size; /* modules a side, without the quiet zone */
};

bool qr_make(struct bytes code, struct qr *out, struct fault *fault)
    OAP_CHECKED;
/* Whether the module at column x of row y is dark; both below size. */
bool qr_dark(const struct qr *qr, int x, int y);
/* Takes a zeroed one. */
void qr_free(struct qr *qr);

/* A run of dark modules in a row, from *x on: true, *x its start and *length
 * set; false when the row has no more. */
bool qr_next_run(const struct qr *qr, int y, int *x, int *length);

#endif
