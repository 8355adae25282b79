/* SPDX-License-Identifier: Apache-2.0 */
/* render.h: a pass as something to hand over: the code as text, its QR as a
 * bitmap or as vectors, or a card to print. */
#ifndef ISSUER_RENDER_H
#define ISSUER_RENDER_H

#include "file.h"
#include "registry.h"

enum form { FORM_TXT, FORM_PNG, FORM_SVG, FORM_PDF, FORM_COUNT };

/* What is rendered; a PDF shows all of it, the others the code alone. */
struct sheet {
	struct bytes code;
	const struct identity *identity;
	const struct pass_record *record;
	struct bytes hint;
};

/* "txt", …; -1 when there is none. */
int form_of_name(const char *name);
/* By the ending of a file's name; "-" is text. */
int form_of_path(const char *path);
const char *form_name(enum form form);

/* Refuses a form that cannot be made well here, before anything is issued. */
bool render_check(enum form form, const struct identity *identity,
		  struct fault *fault) OAP_CHECKED;
/* The same for the hint of one pass. */
bool render_check_hint(enum form form, struct bytes hint,
		       struct fault *fault) OAP_CHECKED;
/* On success the caller frees out with blob_free. */
bool render(enum form form, const struct sheet *sheet, struct blob *out,
	    struct fault *fault) OAP_CHECKED;

#endif
