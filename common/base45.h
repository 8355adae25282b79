/* SPDX-License-Identifier: Apache-2.0 */
/* base45.h: Base45 (RFC 9285), the alphabet of QR alphanumeric mode. */
#ifndef OAP_BASE45_H
#define OAP_BASE45_H

#include "bytes.h"

/* Appends the characters, without a NUL. */
void base45_put(struct outbuf *out, struct bytes data);
/* Appends the bytes; false when text is no Base45 or does not fit. */
bool base45_read(struct bytes text, struct outbuf *out) OAP_CHECKED;

#endif
