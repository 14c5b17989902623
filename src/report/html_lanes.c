/*
 * A drawing as HTML: a row per lane, its label and a small SVG. Places are per cent of the SVG's width, so the same markup serves
 * a telephone, a wide screen, paper and any zoom (the script only makes the SVGs wider), and no lane depends on another: hiding
 * one leaves no hole. Every lane's SVG has a sentence that says what it shows, for those who do not see it.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "report/html.h"
#include "report/signs.h"

enum { BASE_COLUMNS = 105, WORD_ROWS = 3, BAR_HEIGHT = 12, ROW_HEIGHT = 15, TOP = 7, MARKS_DRAWN = 60 };

#define ANCHOR_RIGHT 0.7

/* --- words --- */

struct word {
	double x;        /* of its begin, 0 to 1 */
	size_t row, width;
	const char *class;
	str text;
};
struct words {
	VEC(struct word) v;
	size_t rows;
	struct arena arena;
};

static bool is_free(const struct words *w, size_t row, double from, double to)
{
	for (size_t i = 0; i < w->v.n; i++) {
		const struct word *o = &w->v.v[i];
		if (o->row == row && from < o->x + (double)(o->width + 2) / BASE_COLUMNS && o->x < to + 2.0 / BASE_COLUMNS)
			return false;
	}
	return true;
}

/* The first row with room; without one the word stands in the table of marks only. */
static void put_word(struct words *w, double x, size_t first_row, const char *class, str text)
{
	const size_t width = utf8_width(text);
	const double wide = (double)width / BASE_COLUMNS;
	x = x + wide > 1 ? (wide < 1 ? 1 - wide : 0) : x;
	for (size_t row = first_row; row <= WORD_ROWS; row++)
		if (is_free(w, row, x, x + wide)) {
			*vec_push(&w->v) = (struct word){x, row, width, class, arena_str(&w->arena, text)};
			w->rows = row > w->rows ? row : w->rows;
			return;
		}
}

static const char *class_of(enum ink ink)
{
	return ink == INK_RED ? "m-bad" : ink == INK_GREEN ? "m-good" : ink == INK_YELLOW ? "m-warn" : ink == INK_CYAN ? "m-info" : "m-plain";
}

static bool went_badly(const struct lane *l) { return l->call && (l->call->open || call_failed(&l->call->call)); }

static void call_words(const struct drawing *d, const struct lane *l, struct words *w)
{
	const struct picture_call *p = l->call;
	const double from = axis_at(&d->axis, p->from), to = axis_at(&d->axis, p->to);
	char beats[64], lasted[32];
	duration_format(p->call.duration >= 0 && !p->open ? p->call.duration : p->to - p->from, lasted);
	const str ending = arena_printf(&w->arena, p->open ? "%s for %s" : "%s after %s", drawing_ending(p->call.ending), lasted);
	const double wide = (double)utf8_width(ending) / BASE_COLUMNS, gap = 1.5 / BASE_COLUMNS;
	const char *class = p->open ? "x-open" : call_failed(&p->call) ? "x-bad" : "d";
	drawing_beats(&p->call, beats);
	if (*beats)
		put_word(w, from, 1, "d", str_z(beats));
	if (to + gap + wide <= 1)
		put_word(w, to + gap, 0, class, ending);
	else if (from - gap - wide >= 0)
		put_word(w, from - gap - wide, 0, class, ending);
	else
		put_word(w, to - wide > 0 ? to - wide : 0, 1, class, ending);
}

static double mark_at(const struct drawing *d, const struct picture_mark *m) { return axis_at(&d->axis, drawing_place(d, m)); }

static void mark_words(const struct drawing *d, const struct lane *l, struct words *w)
{
	for (size_t i = 0, k; i < l->mark_count; i = k) {
		const struct picture_mark *m = d->marks.v[l->first_mark + i];
		const double room = (double)(strlen(sign_of_mark(m->kind)->word) + 6) / BASE_COLUMNS;
		double reach = mark_at(d, m) + room;
		for (k = i + 1; k < l->mark_count; k++) {
			const struct picture_mark *next = d->marks.v[l->first_mark + k];
			if (next->kind != m->kind || mark_at(d, next) > reach)
				break;
			reach = mark_at(d, next) + room;
		}
		struct buf text = {0};
		sign_words(d, m, (unsigned)(k - i), &text);
		put_word(w, mark_at(d, m), 1, class_of(sign_of_mark(m->kind)->ink), buf_str(&text));
		buf_done(&text);
	}
}

/* --- SVG --- */

static void bar(struct html *h, const struct drawing *d, const struct lane *l, const struct bar *b)
{
	static const char *const classes[] = {
		[BAR_PERMISSION] = "b-perm", [BAR_RUN] = "b-run", [BAR_HANDLED] = "b-hand", [BAR_CONNECTED] = "b-up", [BAR_DOWN] = "b-down"};
	const double from = axis_at(&d->axis, b->from), to = axis_at(&d->axis, b->to);
	const bool bad = b->style == BAR_RUN && went_badly(l);
	const bool thin = l->kind == LANE_CONNECTION;
	if (b->style == BAR_PERMISSION && to - from < 0.002)
		return;
	buf_printf(h->out, "<rect class=\"%s\"", bad ? (l->call->open ? "b-open" : "b-bad") : classes[b->style]);
	html_percent(h, "x", from);
	html_percent(h, "width", to - from > 0.0025 ? to - from : 0.0025);
	buf_printf(h->out, " y=\"%d\" height=\"%d\"%s/>", thin ? TOP + 3 : TOP, thin ? BAR_HEIGHT - 6 : BAR_HEIGHT, b->style == BAR_DOWN ? "" : " rx=\"2\"");
	if (b->beyond)
		buf_printf(h->out, "<svg x=\"100%%\" y=\"%d\" overflow=\"visible\"><path class=\"%s\" d=\"M-9 0l9 6l-9 6z\"/></svg>", TOP,
			bad ? "m-warn" : "m-plain");
}

/* A shape per sort of mark, drawn around the origin of a nested SVG: only x is a per cent value. */
static void mark(struct html *h, const struct drawing *d, const struct picture_mark *m)
{
	static const char *const shapes[] = {
		[INK_RED] = "M-5-5l10 10M5-5l-10 10", [INK_GREEN] = "M-4 0a4 4 0 108 0a4 4 0 10-8 0", [INK_YELLOW] = "M0-6l6 6l-6 6l-6-6z",
		[INK_CYAN] = "M-3-3h6v6h-6z", [INK_PLAIN] = "M-1.5-6h3v12h-3z"};
	const enum ink ink = sign_of_mark(m->kind)->ink;
	html_raw(h, "<svg");
	html_percent(h, "x", mark_at(d, m));
	buf_printf(h->out, " y=\"%d\" overflow=\"visible\"><path class=\"%s\" d=\"%s\"/>"
			"<title>", TOP + BAR_HEIGHT / 2, ink == INK_RED ? "m-x" : class_of(ink),
		shapes[ink]);
	struct buf words = {0};
	sign_words(d, m, 1, &words);
	html_text(h, buf_str(&words));
	buf_done(&words);
	html_raw(h, "</title></svg>");
}

/* What the lane shows, in words. */
static void sentence(struct html *h, const struct drawing *d, const struct lane *l)
{
	html_text(h, l->label);
	if (l->more.n && !str_eq(l->more, l->label)) {
		html_raw(h, l->kind == LANE_CONNECTION ? ", transport " : " on ");
		html_text(h, l->more);
	}
	html_raw(h, ": ");
	if (l->call) {
		char text[64];
		axis_label(l->call->from > d->axis.from ? l->call->from - d->axis.from : 0, text);
		html_printf(h, "begins at %s, %s", text, drawing_ending(l->call->call.ending));
		duration_format(l->call->to - l->call->from, text);
		html_printf(h, " after %s", text);
		drawing_beats(&l->call->call, text);
		html_printf(h, "%s%s", *text ? ", " : "", text);
	} else if (l->kind == LANE_ANSWERED) {
		html_printf(h, "%llu answered calls", (unsigned long long)l->calls);
	}
	for (size_t i = 0; i < l->mark_count && i < 8; i++) {
		const struct picture_mark *m = d->marks.v[l->first_mark + i];
		struct buf words = {0};
		char text[32];
		axis_label(drawing_place(d, m) - d->axis.from, text);
		sign_words(d, m, 1, &words);
		if (m->time != INSTANT_NONE)
			buf_printf(&words, " at %s", text);
		html_raw(h, i || l->call ? "; " : "");
		html_text(h, buf_str(&words));
		buf_done(&words);
	}
	if (!l->call && !l->mark_count && l->kind == LANE_CONNECTION)
		html_raw(h, "connected");
}

static void lane_svg(struct html *h, const struct drawing *d, const struct lane *l)
{
	struct words w = {0};
	if (l->kind == LANE_CALL)
		call_words(d, l, &w);
	else
		mark_words(d, l, &w);
	buf_printf(h->out, "<svg role=\"img\" height=\"%zu\" aria-label=\"", (size_t)(2 * TOP + BAR_HEIGHT) + w.rows * ROW_HEIGHT);
	sentence(h, d, l);
	html_raw(h, "\">");
	for (size_t i = 0; i < l->bar_count; i++)
		bar(h, d, l, &d->bars.v[l->first_bar + i]);
	for (size_t i = 0; i < l->mark_count && i < MARKS_DRAWN; i++)
		mark(h, d, d->marks.v[l->first_mark + i]);
	for (size_t i = 0; i < w.v.n; i++) {
		const struct word *word = &w.v.v[i];
		const double end = word->x + (double)word->width / BASE_COLUMNS;
		html_raw(h, end > ANCHOR_RIGHT ? "<text text-anchor=\"end\"" : "<text");
		html_percent(h, "x", end > ANCHOR_RIGHT ? (end < 1 ? end : 1) : word->x); /* on narrow pages words grow to the left there */
		buf_printf(h->out, " y=\"%zu\" class=\"%s\">", word->row ? (size_t)(TOP + BAR_HEIGHT) + word->row * ROW_HEIGHT - 1 : (size_t)TOP + 10, word->class);
		html_text(h, word->text);
		html_raw(h, "</text>");
	}
	html_raw(h, "</svg>");
	vec_free(&w.v);
	arena_done(&w.arena);
}

static void lane(struct html *h, const struct drawing *d, const struct lane *l, bool several)
{
	static const char *const kinds[] = {[LANE_CALL] = "call", [LANE_ANSWERED] = "calls", [LANE_CLIENT] = "client", [LANE_CONNECTION] = "connection",
		[LANE_SERVER] = "server"};
	buf_printf(h->out, "<div class=\"lane%s\" data-kind=\"%s\"%s", l->affected ? " hit" : "", kinds[l->kind], went_badly(l) ? " data-bad=\"1\"" : "");
	if (several && l->server < h->facts->server_count) {
		html_raw(h, " data-server=\"");
		html_text(h, h->facts->servers[l->server].name);
		html_raw(h, "\"");
	}
	html_raw(h, "><div class=\"lb\">");
	if (l->kind == LANE_ANSWERED)
		html_printf(h, "%llu ", (unsigned long long)l->calls);
	html_name(h, l->label, 80);
	if (l->more.n && !str_eq(l->more, l->label)) {
		html_raw(h, "<small>");
		html_name(h, l->more, 60);
		html_raw(h, "</small>");
	}
	html_raw(h, "</div>");
	lane_svg(h, d, l);
	html_raw(h, "</div>\n");
}

static void axis(struct html *h, const struct drawing *d)
{
	struct axis_tick ticks[AXIS_TICKS];
	const size_t n = axis_ticks(&d->axis, 9, ticks);
	html_raw(h, "<div class=\"axis\"><div class=\"lb dim\">");
	html_raw(h, d->timed ? "time from " : "order");
	if (d->timed) {
		char clock[32];
		page_clock(d->axis.from, clock);
		html_text(h, str_z(clock + 11));
	}
	html_raw(h, "</div><svg height=\"30\" aria-hidden=\"true\">");
	for (size_t i = 0; i < n; i++) {
		char text[32];
		axis_label(ticks[i].offset, text);
		html_raw(h, "<line class=\"tick\" y1=\"20\" y2=\"30\"");
		html_percent(h, "x1", ticks[i].x);
		html_percent(h, "x2", ticks[i].x);
		html_raw(h, "/><text y=\"16\" class=\"d\"");
		html_percent(h, "x", ticks[i].x);
		if (ticks[i].x > 0.95)
			html_raw(h, " text-anchor=\"end\"");
		html_raw(h, ">");
		html_text(h, str_z(text));
		html_raw(h, "</text>");
	}
	for (size_t i = 0; i < d->axis.count; i++)
		if (d->axis.parts[i].folded) {
			html_raw(h, "<rect class=\"m-plain\" opacity=\".25\" y=\"20\" height=\"10\"");
			html_percent(h, "x", d->axis.parts[i].x0);
			html_percent(h, "width", d->axis.parts[i].x1 - d->axis.parts[i].x0);
			html_raw(h, "><title>idle time, folded</title></rect>");
		}
	html_raw(h, "</svg></div>\n");
}

static void controls(struct html *h)
{
	html_raw(h, "<div class=\"tools\" hidden><span>Zoom <button type=\"button\" data-zoom=\"0.5\" aria-label=\"Zoom out\">−</button> "
		"<button type=\"button\" data-zoom=\"2\" aria-label=\"Zoom in\">+</button> <button type=\"button\" data-zoom=\"0\">Reset</button> "
		"<output>1×</output></span><label>Server <select><option value=\"\">all</option></select></label>"
		"<label><input type=\"checkbox\"> only calls that failed or are open</label></div>\n");
}

static bool has_folds(const struct drawing *d)
{
	for (size_t i = 0; i < d->axis.count; i++)
		if (d->axis.parts[i].folded)
			return true;
	return false;
}

static void remarks(struct html *h, const struct drawing *d)
{
	if (has_folds(d))
		html_raw(h, " Grey stretches of the axis are idle time, folded.");
	if (!d->timed)
		html_raw(h, " The log has no times: the order is right, distances come from heartbeats only.");
	if (d->calls_left_out + d->marks_left_out)
		html_printf(h, " Not drawn: %llu calls, %llu marks.", (unsigned long long)d->calls_left_out, (unsigned long long)d->marks_left_out);
}

void html_lanes(struct html *h, const struct drawing *d, str caption, bool tools)
{
	html_raw(h, "<figure class=\"picture\">");
	if (tools)
		controls(h);
	html_raw(h, "<div class=\"wf\" tabindex=\"0\" role=\"region\" aria-label=\"");
	html_printf(h, "Timeline %u: ", ++h->regions);
	html_text(h, caption);
	html_raw(h, "\"><div>\n");
	axis(h, d);
	for (int side = SIDE_CLIENT; side < SIDE_COUNT; side++) {
		bool headed = false;
		for (size_t i = 0; i < d->lanes.n; i++) {
			if ((int)d->lanes.v[i].side != side)
				continue;
			if (!headed)
				buf_printf(h->out, "<div class=\"side\"><div class=\"lb\">%s</div></div>\n", side_name((enum side)side));
			headed = true;
			lane(h, d, &d->lanes.v[i], tools);
		}
	}
	html_raw(h, "</div></div><figcaption>");
	html_text(h, caption);
	html_raw(h, ".");
	remarks(h, d);
	html_raw(h, "</figcaption></figure>\n");
}

void html_marks(struct html *h, const struct drawing *d, size_t most)
{
	if (!d->listed.n)
		return;
	html_raw(h, "<details><summary>Marks</summary>");
	html_region(h, "Marks of the picture");
	html_raw(h, "<table><thead><tr><th class=\"n\">offset<th>side<th>what<th>line</thead><tbody>\n");
	for (size_t i = 0; i < d->listed.n && i < most; i++) {
		const struct picture_mark *m = d->listed.v[i];
		char offset[32] = "no clock";
		struct buf words = {0};
		if (m->time != INSTANT_NONE && d->timed)
			axis_label(m->time - d->axis.from, offset);
		sign_sentence(m, &words);
		html_tag(h, "tr><td class=n", "td", str_z(offset));
		html_tag(h, "td", "td", str_z(side_name(m->side)));
		html_tag(h, "td", "td", buf_str(&words));
		html_raw(h, "<td>");
		html_place(h, &m->where);
		html_raw(h, "</td></tr>\n");
		buf_done(&words);
	}
	html_raw(h, "</tbody></table></div>");
	if (d->listed.n > most)
		html_printf(h, "… and %zu more.", d->listed.n - most);
	html_raw(h, "</details>\n");
}
