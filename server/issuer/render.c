/* SPDX-License-Identifier: Apache-2.0 */
/* Renders passes as text, PNG and SVG, and sends PDF to the card's file. */
#include "render.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "printable.h"
#include "qr.h"

#define MODULE_PX 8 /* 552 pixels at version 11: sharp on a phone, 6 cm at
		     * 240 dpi */
#define PNG_ROW_MAX (177 + 2 * QR_QUIET) /* version 40 */

typedef bool render_fn(FILE *to, const struct sheet *sheet,
		       const struct qr *qr);

static bool put_txt(FILE *to, const struct sheet *sheet, const struct qr *qr)
{
	(void)qr;
	return fwrite(sheet->code.p, 1, sheet->code.n, to) == sheet->code.n &&
	       fputc('\n', to) != EOF;
}

/* libpng reports errors by jumping here; nothing of ours is held across. */
static void write_bytes(png_structp png, png_bytep p, size_t n)
{
	FILE *to = png_get_io_ptr(png);

	if (fwrite(p, 1, n, to) != n)
		png_error(png, "write");
}

static void flush_nothing(png_structp png)
{
	(void)png;
}

static void put_rows(png_structp png, const struct qr *qr)
{
	uint8_t row[PNG_ROW_MAX];

	for (int y = -QR_QUIET; y < qr->size + QR_QUIET; y++) {
		int length = 0;

		memset(row, 0xff, sizeof(row));
		if (y >= 0 && y < qr->size)
			for (int x = 0; qr_next_run(qr, y, &x, &length);
			     x += length)
				memset(row + x + QR_QUIET, 0, (size_t)length);
		for (int i = 0; i < MODULE_PX; i++)
			png_write_row(png, row);
	}
}

/* One bit a pixel and a byte a module, which is why MODULE_PX is 8. */
static bool put_png(FILE *to, const struct sheet *sheet, const struct qr *qr)
{
	png_uint_32 side = (png_uint_32)(qr->size + 2 * QR_QUIET) * MODULE_PX;
	png_structp png =
	    png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png ? png_create_info_struct(png) : NULL;

	(void)sheet;
	if (!info || setjmp(png_jmpbuf(png))) {
		png_destroy_write_struct(&png, &info);
		return false;
	}
	png_set_write_fn(png, to, write_bytes, flush_nothing);
	png_set_IHDR(png, info, side, side, 1, PNG_COLOR_TYPE_GRAY,
		     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	png_set_filter(png, 0, PNG_FILTER_NONE);
	png_write_info(png, info);
	put_rows(png, qr);
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	return true;
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

bool render_check(enum form form, const struct identity *identity,
		  struct fault *fault)
{
	const char *text =
	    form == FORM_PDF ? card_unknown_text(identity) : NULL;

	char shown[64];

	if (!text)
		return true;
	return fault_set(fault, EXIT_IO,
			 "pdf: no font here shows \"%s\"; install one that "
			 "does, as fonts-noto-cjk",
			 printable(bytes_text(text), shown, sizeof(shown)));
}

bool render_check_hint(enum form form, struct bytes hint, struct fault *fault)
{
	char shown[HINT_MAX + 8];

	if (form != FORM_PDF || !hint.n || card_can_show(hint))
		return true;
	return fault_set(fault, EXIT_REFUSED,
			 "hint \"%s\": no font here shows all of it on a card; "
			 "give another hint, or install such a font",
			 printable(hint, shown, sizeof(shown)));
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
