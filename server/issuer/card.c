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

/* Where the next word goes. Words stand on a line until it is full. */
struct pen {
	cairo_t *cr;
	double x, y, line; /* line: its height so far */
};

static PangoLayout *lay_out(cairo_t *cr, double points, bool bold,
			    enum language lang, const char *text)
{
	static const char *const families[LANG_COUNT] = {
	    [LANG_EN] = "Noto Sans CJK KR, sans-serif",
	    [LANG_KO] = "Noto Sans CJK KR, sans-serif",
	    [LANG_JA] = "Noto Sans CJK JP, sans-serif",
	    [LANG_ZH] = "Noto Sans CJK SC, sans-serif",
	};
	PangoLayout *layout = pango_cairo_create_layout(cr);
	PangoFontDescription *font =
	    pango_font_description_from_string(families[lang]);

	pango_context_set_language(
	    pango_layout_get_context(layout),
	    pango_language_from_string(language_tag(lang)));
	pango_layout_context_changed(layout);
	pango_font_description_set_size(font, (int)(points * PANGO_SCALE));
	pango_font_description_set_weight(
	    font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(layout, font);
	pango_layout_set_width(layout, (int)(TEXT_W * PANGO_SCALE));
	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	pango_layout_set_text(layout, text, -1);
	pango_font_description_free(font);
	return layout;
}

static void end_line(struct pen *pen)
{
	pen->x = MARGIN;
	pen->y += pen->line;
	pen->line = 0;
}

static void put_word(struct pen *pen, double points, bool bold,
		     enum language lang, const char *text)
{
	PangoLayout *layout = lay_out(pen->cr, points, bold, lang, text);
	int width, height;
	double w, h;

	pango_layout_get_size(layout, &width, &height);
	w = (double)width / PANGO_SCALE;
	h = (double)height / PANGO_SCALE;
	if (pen->x > MARGIN && pen->x + w > MARGIN + TEXT_W)
		end_line(pen);
	cairo_move_to(pen->cr, pen->x, pen->y);
	pango_cairo_show_layout(pen->cr, layout);
	g_object_unref(layout);
	pen->x += w + points * 0.7;
	if (h > pen->line)
		pen->line = h;
}

static void put_line(struct pen *pen, double points, bool bold,
		     enum language lang, const char *text)
{
	put_word(pen, points, bold, lang, text);
	end_line(pen);
}

static void put_city(struct pen *pen, const struct identity *identity)
{
	bool first = true;

	for (int lang = 0; lang < LANG_COUNT; lang++) {
		if (!identity->name[lang][0])
			continue;
		put_word(pen, first ? 12 : 7, first, (enum language)lang,
			 identity->name[lang]);
		if (first)
			end_line(pen);
		first = false;
	}
	end_line(pen);
}

/* In English, and in the city's languages. */
static void put_class(struct pen *pen, const struct sheet *sheet)
{
	const char *const *labels = class_labels[sheet->record->class];

	put_line(pen, 8, true, LANG_EN, labels[LANG_EN]);
	for (int lang = 0; lang < LANG_COUNT; lang++)
		if (lang != LANG_EN && sheet->identity->name[lang][0])
			put_word(pen, 5.5, false, (enum language)lang,
				 labels[lang]);
	end_line(pen);
}

/* To the minute: the end is the first second that is too late, so a date
 * alone would say one day too much. */
static void put_time(struct pen *pen, const char *what, uint64_t at)
{
	char when[WHEN_TEXT], line[40];

	when_format(at, when);
	snprintf(line, sizeof(line), "%s %.10s %.5s UTC", what, when,
		 when + 11);
	put_line(pen, 5.5, false, LANG_EN, line);
}

static void put_texts(cairo_t *cr, const struct sheet *sheet)
{
	struct pen pen = {cr, MARGIN, BAND_H + 2 * MM, 0};
	char hint[HINT_MAX + 1];

	put_city(&pen, sheet->identity);
	pen.y += 1.5 * MM;
	put_class(&pen, sheet);
	pen.y += 1.5 * MM;
	if (sheet->record->nbf)
		put_time(&pen, "from", sheet->record->nbf);
	put_time(&pen, "until", sheet->record->exp);
	if (sheet->hint.n && bytes_to_text(sheet->hint, hint, sizeof(hint))) {
		pen.y += 1 * MM;
		put_line(&pen, 8, true, LANG_EN, hint);
	}
}

static void put_band(cairo_t *cr)
{
	struct pen pen = {cr, MARGIN, 1.2 * MM, 0};

	cairo_set_source_rgb(cr, 0.07, 0.26, 0.42);
	cairo_rectangle(cr, 0, 0, CARD_W, BAND_H);
	cairo_fill(cr);
	cairo_set_source_rgb(cr, 1, 1, 1);
	put_line(&pen, 9, true, LANG_EN, "One-Asia Pass");
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

static bool can_show(cairo_t *cr, enum language lang, const char *text)
{
	PangoLayout *layout = lay_out(cr, 8, false, lang, text);
	int unknown = pango_layout_get_unknown_glyphs_count(layout);

	g_object_unref(layout);
	return unknown == 0;
}

static const char *unknown_text(cairo_t *cr, const struct identity *identity)
{
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		const char *name = identity->name[lang];

		if (!name[0])
			continue;
		if (!can_show(cr, (enum language)lang, name))
			return name;
		for (int class = 0; class < CLASS_COUNT; class++)
			if (!can_show(cr, (enum language)lang,
				      class_labels[class][lang]))
				return class_labels[class][lang];
	}
	return NULL;
}

const char *card_unknown_text(const struct identity *identity)
{
	cairo_surface_t *nowhere = cairo_pdf_surface_create(NULL, 1, 1);
	cairo_t *cr = cairo_create(nowhere);
	const char *text = unknown_text(cr, identity);

	cairo_destroy(cr);
	cairo_surface_destroy(nowhere);
	return text;
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
