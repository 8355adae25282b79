/* SPDX-License-Identifier: Apache-2.0 */
/* card.h: a card to print, of the size of a bank card (ISO/IEC 7810 ID-1):
 * the city's names, class and validity, and the QR code. */
#ifndef ISSUER_CARD_H
#define ISSUER_CARD_H

#include <stdio.h>

#include "qr.h"
#include "render.h"

/* The first of the card's own texts that no font here can show; NULL when all
 * can be shown. */
const char *card_unknown_text(const struct identity *identity);
/* Whether the hint of a pass can be shown. */
bool card_can_show(struct bytes hint);
/* A PDF of one card. */
bool card_put(FILE *to, const struct sheet *sheet, const struct qr *qr)
    OAP_CHECKED;

#endif
