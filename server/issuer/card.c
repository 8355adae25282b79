/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the card with cairo and pango. Texts are set as plain text, never as
 * markup, each in its own language, because the same code point is drawn in
 * one way in Japanese and in another in Chinese. */
#include "card.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <string.h>

#include "when.h"

#define MM (72.0 / 25.4) /* points */
#define CARD_W (85.6 * MM)
#define CARD_H (53.98 * MM)
#define MARGIN (4.5 * MM)
#define QR_SIDE (45.0 * MM) /* with its quiet zone */
#define TEXT_W (CARD_W - QR_SIDE - 1.5 * MARGIN)
#define BAND_H (7.5 * MM)

static const char *const class_labels[CLASS_COUNT][LANG_COUNT] = {
    [CLASS_ADULT] = {"Adult", "성인", "大人", "成人"},
    [CLASS_YOUTH] = {"Youth", "청소년", "青少年", "青少年"},
    [CLASS_CHILD] = {"Child", "어린이", "子ども", "儿童"},
    [CLASS_SENIOR] = {"Senior", "경로", "シニア", "长者"},
    [CLASS_DISABLED] = {"Disabled", "장애인", "障がい者", "残障人士"},
};

/* A text at a height, cut off with an ellipsis; returns its height. */
static double put_text(cairo_t *cr, double y, double points, bool bold,
		       enum language lang, const char *text)
{
	PangoLayout *layout = pango_cairo_create_layout(cr);
	PangoFontDescription *font =
	    pango_font_description_from_string("Noto Sans CJK KR, sans-serif");
	int w, h;

	pango_context_set_language(
	    pango_layout_get_context(layout),
	    pango_language_from_string(language_tag(lang)));
	pango_layout_context_changed(layout);
	if (lang == LANG_JA)
		pango_font_description_set_family(
		    font, "Noto Sans CJK JP, sans-serif");
	else if (lang == LANG_ZH)
		pango_font_description_set_family(
		    font, "Noto Sans CJK SC, sans-serif");
	pango_font_description_set_size(font, (int)(points * PANGO_SCALE));
	pango_font_description_set_weight(
	    font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(layout, font);
	pango_layout_set_width(layout, (int)(TEXT_W * PANGO_SCALE));
	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	pango_layout_set_text(layout, text, -1);
	cairo_move_to(cr, MARGIN, y);
	pango_cairo_show_layout(cr, layout);
	pango_layout_get_size(layout, &w, &h);
	pango_font_description_free(font);
	g_object_unref(layout);
	return (double)h / PANGO_SCALE;
}

static double put_city(cairo_t *cr, double y, const struct identity *identity)
{
	bool first = true;

	for (int lang = 0; lang < LANG_COUNT; lang++) {
		if (!identity->name[lang][0])
			continue;
		y += put_text(cr, y, first ? 12 : 8, first,
			      (enum language)lang, identity->name[lang]);
		first = false;
	}
	return y;
}

static double put_class(cairo_t *cr, double y, const struct sheet *sheet)
{
	for (int lang = 0; lang < LANG_COUNT; lang++)
		if (lang == LANG_EN || sheet->identity->name[lang][0])
			y += put_text(cr, y, 7, lang == LANG_EN,
				      (enum language)lang,
				      class_labels[sheet->record->class][lang]);
	return y;
}

static void put_texts(cairo_t *cr, const struct sheet *sheet)
{
	char until[WHEN_TEXT], hint[HINT_MAX + 1], line[48];
	double y = BAND_H + 2 * MM;

	y = put_city(cr, y, sheet->identity);
	y = put_class(cr, y + 1.2 * MM, sheet) + 1.2 * MM;
	when_format(sheet->record->exp, until);
	/* to the minute, since exp is the first second that is too late */
	snprintf(line, sizeof(line), "until %.10s %.5s UTC", until,
		 until + 11);
	y += put_text(cr, y, 6.5, false, LANG_EN, line);
	if (sheet->hint.n && bytes_to_text(sheet->hint, hint, sizeof(hint)))
		put_text(cr, y, 8, true, LANG_EN, hint);
}

static void put_band(cairo_t *cr)
{
	cairo_set_source_rgb(cr, 0.07, 0.26, 0.42);
	cairo_rectangle(cr, 0, 0, CARD_W, BAND_H);
	cairo_fill(cr);
	cairo_set_source_rgb(cr, 1, 1, 1);
	put_text(cr, 1.6 * MM, 9, true, LANG_EN, "One-Asia Pass");
	cairo_set_source_rgb(cr, 0, 0, 0);
}

/* Rectangles, one unit a module. */
static void put_modules(cairo_t *cr, const struct qr *qr)
{
	for (int y = 0; y < qr->size; y++) {
		int length = 0;

		for (int x = 0; qr_next_run(qr, y, &x, &length); x += length)
			cairo_rectangle(cr, x, y, length, 1);
	}
	cairo_fill(cr);
}

static void put_qr(cairo_t *cr, const struct qr *qr)
{
	double module = QR_SIDE / (qr->size + 2 * QR_QUIET);

	cairo_save(cr);
	cairo_translate(cr, CARD_W - QR_SIDE, BAND_H + 0.6 * MM);
	cairo_scale(cr, module, module);
	cairo_translate(cr, QR_QUIET, QR_QUIET);
	put_modules(cr, qr);
	cairo_restore(cr);
}

static cairo_status_t to_stream(void *to, const unsigned char *p,
				unsigned int n)
{
	return fwrite(p, 1, n, to) == n ? CAIRO_STATUS_SUCCESS
					: CAIRO_STATUS_WRITE_ERROR;
}

bool card_put(FILE *to, const struct sheet *sheet, const struct qr *qr)
{
	cairo_surface_t *pdf =
	    cairo_pdf_surface_create_for_stream(to_stream, to, CARD_W, CARD_H);
	cairo_t *cr = cairo_create(pdf);
	char made[WHEN_TEXT];
	bool ok;

	/* the date of issue, so that the same pass gives the same file */
	when_format(sheet->record->iat, made);
	cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_CREATE_DATE,
				       made);
	cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_TITLE,
				       "One-Asia Pass");
	put_band(cr);
	put_texts(cr, sheet);
	put_qr(cr, qr);
	cairo_show_page(cr);
	cairo_surface_finish(pdf);
	ok = cairo_status(cr) == CAIRO_STATUS_SUCCESS &&
	     cairo_surface_status(pdf) == CAIRO_STATUS_SUCCESS;
	cairo_destroy(cr);
	cairo_surface_destroy(pdf);
	return ok;
}
