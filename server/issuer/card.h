/* SPDX-License-Identifier: Apache-2.0 */
/* card.h: a card to print, of the size of a bank card (ISO/IEC 7810 ID-1):
 * the city's names, class and validity, and the QR code. */
#ifndef ISSUER_CARD_H
#define ISSUER_CARD_H

#include <stdio.h>

#include "qr.h"
#include "render.h"

/* A PDF of one card. */
bool card_put(FILE *to, const struct sheet *sheet, const struct qr *qr)
    OAP_CHECKED;

#endif
