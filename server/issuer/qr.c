/* SPDX-License-Identifier: Apache-2.0 */
/* Encodes codes as QR symbols with libqrencode. */
#include "qr.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

bool qr_make(struct bytes code, struct qr *out, struct fault *fault)
{
	QRinput *input = QRinput_new2(0, QR_ECLEVEL_M);
	QRcode *made = NULL;

	*out = (struct qr){0};
	if (input && !QRinput_append(input, QR_MODE_AN, (int)code.n, code.p))
		made = QRcode_encodeInput(input);
	if (!made)
		fault_set(fault, EXIT_IO, "QR code: %s", strerror(errno));
	QRinput_free(input);
	if (!made)
		return false;
	*out = (struct qr){made, made->version, made->width};
	return true;
}

bool qr_dark(const struct qr *qr, int x, int y)
{
	const QRcode *code = qr->code;

	return code->data[y * qr->size + x] & 1;
}

bool qr_next_run(const struct qr *qr, int y, int *x, int *length)
{
	int end;

	while (*x < qr->size && !qr_dark(qr, *x, y))
		(*x)++;
	for (end = *x; end < qr->size && qr_dark(qr, end, y);)
		end++;
	*length = end - *x;
	return *length > 0;
}

void qr_free(struct qr *qr)
{
	QRcode_free(qr->code);
	*qr = (struct qr){0};
}
