/* SPDX-License-Identifier: Apache-2.0 */
/* enrolcode.h: the one-time code that enrols a kiosk: "OAPE1:" and the Base45
 * of a map (messages.cddl, enrolment-code), for a QR code or to be typed. */
#ifndef OAP_ENROLCODE_H
#define OAP_ENROLCODE_H

#include "bytes.h"
#include "limits.h"

struct enrolcode {
	struct bytes url; /* of the service; printable ASCII, URL_MAX at most */
	uint8_t service_pk[32];
	bool has_pin;
	uint8_t pin[32]; /* SHA-256 of the TLS key's SPKI */
	uint8_t secret[16];
	uint64_t expires; /* seconds */
};

/* Appends ENROLCODE_MAX characters at most, without a NUL. */
void enrolcode_put(struct outbuf *out, const struct enrolcode *code);
/* Reads a line as it was scanned or typed: blanks, CR and LF around it are
 * dropped. buf (ENROLCODE_MAX is always enough) holds what out->url views. */
bool enrolcode_read(struct bytes text, uint8_t *buf, size_t cap,
		    struct enrolcode *out) OAP_CHECKED;

#endif
