/* SPDX-License-Identifier: Apache-2.0 */
/* Renders passes as text, PNG and SVG, and sends PDF to the card's file. */
#include "render.h"

#include <errno.h>
#include <cairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "qr.h"

#define MODULE_PX 8 /* 552 pixels at version 11: sharp on a phone, 6 cm at
		     * 240 dpi */

typedef bool render_fn(FILE *to, const struct sheet *sheet,
		       const struct qr *qr);

static bool put_txt(FILE *to, const struct sheet *sheet, const struct qr *qr)
{
	(void)qr;
	return fwrite(sheet->code.p, 1, sheet->code.n, to) == sheet->code.n &&
	       fputc('\n', to) != EOF;
}

static cairo_status_t to_stream(void *to, const unsigned char *p,
				unsigned int n)
{
	return fwrite(p, 1, n, to) == n ? CAIRO_STATUS_SUCCESS
					: CAIRO_STATUS_WRITE_ERROR;
}

/* Dark modules as rectangles; the context is scaled to modules. */
void render_modules(cairo_t *cr, const struct qr *qr)
{
	for (int y = 0; y < qr->size; y++) {
		int length = 0;

		for (int x = 0; qr_next_run(qr, y, &x, &length); x += length)
			cairo_rectangle(cr, x, y, length, 1);
	}
	cairo_fill(cr);
}

/* One bit a pixel: in cairo's A1 what is opaque becomes white. */
static bool put_png(FILE *to, const struct sheet *sheet, const struct qr *qr)
{
	int side = (qr->size + 2 * QR_QUIET) * MODULE_PX;
	cairo_surface_t *image =
	    cairo_image_surface_create(CAIRO_FORMAT_A1, side, side);
	cairo_t *cr = cairo_create(image);
	bool ok;

	(void)sheet;
	cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
	cairo_paint(cr);
	cairo_scale(cr, MODULE_PX, MODULE_PX);
	cairo_translate(cr, QR_QUIET, QR_QUIET);
	cairo_set_operator(cr, CAIRO_OPERATOR_CLEAR);
	render_modules(cr, qr);
	ok = cairo_status(cr) == CAIRO_STATUS_SUCCESS &&
	     cairo_surface_write_to_png_stream(image, to_stream, to) ==
		 CAIRO_STATUS_SUCCESS;
	cairo_destroy(cr);
	cairo_surface_destroy(image);
	return ok;
}

static bool put_svg(FILE *to, const struct sheet *sheet, const struct qr *qr)
{
	int side = qr->size + 2 * QR_QUIET;

	(void)sheet;
	fprintf(to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" "
		"viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
		"shape-rendering=\"crispEdges\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		"<path d=\"",
		side, side, side * MODULE_PX, side * MODULE_PX);
	for (int y = 0; y < qr->size; y++) {
		int length = 0;

		for (int x = 0; qr_next_run(qr, y, &x, &length); x += length)
			fprintf(to, "M%d %dh%dv1h-%dz", x + QR_QUIET,
				y + QR_QUIET, length, length);
	}
	fprintf(to, "\"/>\n</svg>\n");
	return !ferror(to);
}

static bool put_pdf(FILE *to, const struct sheet *sheet, const struct qr *qr)
{
	return card_put(to, sheet, qr);
}

static const struct {
	const char *name;
	render_fn *put;
} forms[FORM_COUNT] = {
    [FORM_TXT] = {"txt", put_txt},
    [FORM_PNG] = {"png", put_png},
    [FORM_SVG] = {"svg", put_svg},
    [FORM_PDF] = {"pdf", put_pdf},
};

int form_of_name(const char *name)
{
	for (int f = 0; f < FORM_COUNT; f++)
		if (!strcmp(name, forms[f].name))
			return f;
	return -1;
}

int form_of_path(const char *path)
{
	const char *dot = strrchr(path, '.');

	if (!strcmp(path, "-"))
		return FORM_TXT;
	return dot && !strchr(dot, '/') ? form_of_name(dot + 1) : -1;
}

const char *form_name(enum form form)
{
	return forms[form].name;
}

bool render(enum form form, const struct sheet *sheet, struct blob *out,
	    struct fault *fault)
{
	struct qr qr = {0};
	char *p = NULL;
	size_t n = 0;
	FILE *to;
	bool ok;

	if (form != FORM_TXT && !qr_make(sheet->code, &qr, fault))
		return false;
	to = open_memstream(&p, &n);
	ok = to && forms[form].put(to, sheet, &qr);
	if (to && fclose(to))
		ok = false;
	qr_free(&qr);
	*out = (struct blob){(uint8_t *)p, n};
	if (ok)
		return true;
	blob_free(out);
	return fault_set(fault, EXIT_IO, "%s: cannot be rendered: %s",
			 forms[form].name, strerror(errno));
}
