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
#define HINT_Y (CARD_H - 8.2 * MM)

static const char *const class_labels[CLASS_COUNT][LANG_COUNT] = {
    [CLASS_ADULT] = {"Adult", "성인", "大人", "成人"},
    [CLASS_YOUTH] = {"Youth", "청소년", "青少年", "青少年"},
    [CLASS_CHILD] = {"Child", "어린이", "子ども", "儿童"},
    [CLASS_SENIOR] = {"Senior", "경로", "シニア", "长者"},
    [CLASS_DISABLED] = {"Disabled", "장애인", "障がい者", "残障人士"},
};

/* Sizes of text in points, and the least to which one is shrunk that would be
 * wider than the card has room for. */
struct size {
	double points, least;
	bool bold;
};
static const struct size size_title = {12, 12, true};
static const struct size size_city = {14, 6, true};
static const struct size size_name = {8.5, 5, false};
static const struct size size_class = {10.5, 6, true};
static const struct size size_small = {7, 5, false};
/* A hint has at most 24 letters: at 3 points they are all there. */
static const struct size size_hint = {10.5, 3, true};

/* Where the next word goes. Words stand on a line until it is full. */
struct pen {
	cairo_t *cr;
	double x, y, line; /* line: its height so far */
	double scale;	   /* of all sizes */
	bool measures;	   /* and draws nothing */
};

static PangoLayout *set_text(cairo_t *cr, enum language lang, const char *text)
{
	PangoLayout *layout = pango_cairo_create_layout(cr);
	PangoContext *context = pango_layout_get_context(layout);
	cairo_font_options_t *options;

	/* a unit of the page is a point, and no pixel to be rounded to */
	pango_cairo_context_set_resolution(context, 72);
	pango_context_set_round_glyph_positions(context, FALSE);
	options = cairo_font_options_create();
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(context, options);
	cairo_font_options_destroy(options);
	pango_context_set_language(
	    context, pango_language_from_string(language_tag(lang)));
	pango_layout_context_changed(layout);
	pango_layout_set_text(layout, text, -1);
	return layout;
}

static void set_size(PangoLayout *layout, enum language lang, double points,
		     bool bold)
{
	static const char *const families[LANG_COUNT] = {
	    [LANG_EN] = "Noto Sans CJK KR, sans-serif",
	    [LANG_KO] = "Noto Sans CJK KR, sans-serif",
	    [LANG_JA] = "Noto Sans CJK JP, sans-serif",
	    [LANG_ZH] = "Noto Sans CJK SC, sans-serif",
	};
	PangoFontDescription *font =
	    pango_font_description_from_string(families[lang]);

	pango_font_description_set_size(font, (int)(points * PANGO_SCALE));
	pango_font_description_set_weight(
	    font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(layout, font);
	pango_font_description_free(font);
}

static void measure(PangoLayout *layout, double *w, double *h)
{
	int width, height;

	pango_layout_get_size(layout, &width, &height);
	*w = (double)width / PANGO_SCALE;
	*h = (double)height / PANGO_SCALE;
}

/* Shrunk until it fits the width. What does not even in its least size, as no
 * name of a city does, ends in dots. */
static PangoLayout *lay_out(const struct pen *pen, const struct size *size,
			    enum language lang, const char *text, double *w,
			    double *h)
{
	PangoLayout *layout = set_text(pen->cr, lang, text);
	double points = size->points * pen->scale;

	set_size(layout, lang, points, size->bold);
	measure(layout, w, h);
	while (*w > TEXT_W && points > size->least) {
		points -= 0.25;
		set_size(layout, lang, points, size->bold);
		measure(layout, w, h);
	}
	if (*w > TEXT_W) {
		pango_layout_set_width(layout, (int)(TEXT_W * PANGO_SCALE));
		pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
		measure(layout, w, h);
	}
	return layout;
}

static void end_line(struct pen *pen)
{
	pen->x = MARGIN;
	pen->y += pen->line;
	pen->line = 0;
}

static void put_word(struct pen *pen, const struct size *size,
		     enum language lang, const char *text)
{
	double w, h;
	PangoLayout *layout = lay_out(pen, size, lang, text, &w, &h);

	if (pen->x > MARGIN && pen->x + w > MARGIN + TEXT_W)
		end_line(pen);
	if (!pen->measures) {
		cairo_move_to(pen->cr, pen->x, pen->y);
		pango_cairo_show_layout(pen->cr, layout);
	}
	g_object_unref(layout);
	pen->x += w + size->points * pen->scale * 0.7;
	if (h > pen->line)
		pen->line = h;
}

static void put_line(struct pen *pen, const struct size *size,
		     enum language lang, const char *text)
{
	put_word(pen, size, lang, text);
	end_line(pen);
}

static void put_city(struct pen *pen, const struct identity *identity)
{
	bool first = true;

	for (int lang = 0; lang < LANG_COUNT; lang++) {
		if (!identity->name[lang][0])
			continue;
		put_word(pen, first ? &size_city : &size_name,
			 (enum language)lang, identity->name[lang]);
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

	put_line(pen, &size_class, LANG_EN, labels[LANG_EN]);
	for (int lang = 0; lang < LANG_COUNT; lang++)
		if (lang != LANG_EN && sheet->identity->name[lang][0])
			put_word(pen, &size_small, (enum language)lang,
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
	put_line(pen, &size_small, LANG_EN, line);
}

/* Everything but the hint; returns where it ends. */
static double put_flow(cairo_t *cr, const struct sheet *sheet, double scale,
		       bool measures)
{
	struct pen pen = {cr, MARGIN, BAND_H + 1.5 * MM, 0, scale, measures};

	put_city(&pen, sheet->identity);
	pen.y += 1 * MM;
	put_class(&pen, sheet);
	pen.y += 1 * MM;
	if (sheet->record->nbf)
		put_time(&pen, "from", sheet->record->nbf);
	put_time(&pen, "until", sheet->record->exp);
	return pen.y;
}

/* At the foot of the card, whatever is above: it is what the door looks for. */
static void put_hint(cairo_t *cr, const char *hint)
{
	struct pen pen = {cr, MARGIN, HINT_Y, 0, 1, false};

	put_line(&pen, &size_hint, LANG_EN, hint);
}

static void put_texts(cairo_t *cr, const struct sheet *sheet)
{
	char hint[HINT_MAX + 1];
	double scale = 1;

	while (put_flow(cr, sheet, scale, true) > HINT_Y && scale > 0.4)
		scale -= 0.05;
	put_flow(cr, sheet, scale, false);
	if (sheet->hint.n && bytes_to_text(sheet->hint, hint, sizeof(hint)))
		put_hint(cr, hint);
}

static void put_band(cairo_t *cr)
{
	struct pen pen = {cr, MARGIN, 0.9 * MM, 0, 1, false};

	cairo_set_source_rgb(cr, 0.07, 0.26, 0.42);
	cairo_rectangle(cr, 0, 0, CARD_W, BAND_H);
	cairo_fill(cr);
	cairo_set_source_rgb(cr, 1, 1, 1);
	put_line(&pen, &size_title, LANG_EN, "One-Asia Pass");
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
	PangoLayout *layout = set_text(cr, lang, text);
	int unknown;

	set_size(layout, lang, size_small.points, false);
	unknown = pango_layout_get_unknown_glyphs_count(layout);
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

static cairo_t *draw_nowhere(cairo_surface_t **nowhere)
{
	*nowhere = cairo_pdf_surface_create(NULL, 1, 1);
	return cairo_create(*nowhere);
}

const char *card_unknown_text(const struct identity *identity)
{
	cairo_surface_t *nowhere;
	cairo_t *cr = draw_nowhere(&nowhere);
	const char *text = unknown_text(cr, identity);

	cairo_destroy(cr);
	cairo_surface_destroy(nowhere);
	return text;
}

bool card_can_show(struct bytes hint)
{
	char text[HINT_MAX + 1];
	cairo_surface_t *nowhere;
	cairo_t *cr = draw_nowhere(&nowhere);
	bool can = bytes_to_text(hint, text, sizeof(text)) &&
		   can_show(cr, LANG_EN, text);

	cairo_destroy(cr);
	cairo_surface_destroy(nowhere);
	return can;
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
